"""The text of a caption file whose encoding nobody says. Pure.

UTF-8 proves itself. What is not UTF-8 is taken for an older encoding only where the outcome looks like writing: a wrong
guess would put nonsense under a lesson, a refusal says what to do.
"""

import codecs
import re

# Before UTF-32's the mark of UTF-16 (little-endian) would match.
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What editors of a language wrote before UTF-8. Chinese has two, see _older_encoding.
OLDER = {
    "ja": "cp932", "ko": "cp949", "ru": "cp1251", "uk": "cp1251", "bg": "cp1251", "sr": "cp1251", "el": "cp1253",
    "tr": "cp1254", "he": "cp1255", "ar": "cp1256", "vi": "cp1258", "th": "cp874", "pl": "cp1250", "cs": "cp1250",
    "sk": "cp1250", "hu": "cp1250", "ro": "cp1250", "hr": "cp1250", "sl": "cp1250", "lt": "cp1257", "lv": "cp1257",
}  # fmt: skip
PROBED_BYTES = 4000
# GB2312's signs and its first 3755 characters, which make up nearly all of any Chinese text. From _GB_ALONE on
# Korean (CP949) has next to nothing.
_COMMON_GB = re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]")
_GB_ALONE = 0xC9
_COMMON_BIG5 = re.compile(rb"[\xa1-\xa3\xa4-\xc6][\x40-\x7e\xa1-\xfe]")
_PAIR = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_HIGH = re.compile(rb"[\x80-\xff]+")
LEAST_COMMON, LEAST_ALONE = 0.9, 0.1
# Western text is ASCII with single accents in it; three in a row happen ("œuvré" has none), four do not.
LONGEST_ACCENTS = 3
MOST_ACCENTS = 0.5
_NO_WRITING = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ue000-\uf8ff]")


class UnknownEncodingError(ValueError):
    """The bytes are no text in an encoding that could be told."""


def decode_captions(data: bytes, *, language: str = "") -> str:
    """Return the text of a file: by its byte order mark, as UTF-8 or UTF-16, else in an older encoding.

    `language` is the BCP 47 tag of the captions and settles which; without it Chinese (GB18030) and western European
    (CP1252) texts are told apart by how their bytes lie. Raises UnknownEncodingError.
    """
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _decoded(data[len(mark) :], encoding)
    if wide := _wide_encoding(data):
        return _decoded(data, wide)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _decoded(data, _older_encoding(data, language))


def _decoded(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnknownEncodingError(f"not {encoding} at byte {error.start}") from error
    if encoding != "utf-8" and _NO_WRITING.search(text):
        raise UnknownEncodingError(f"not {encoding}: it would hold control characters")
    return text


def _wide_encoding(data: bytes) -> str | None:
    """Tell UTF-16 without a mark by the zero bytes of its times and line ends."""
    head = data[:PROBED_BYTES]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 5 < len(head) or min(even, odd) * 10 > max(even, odd):
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _older_encoding(data: bytes, language: str) -> str:
    main = language.lower().partition("-")[0]
    if main in OLDER:
        return OLDER[main]
    if _looks_like_gb(data):
        return "gb18030"
    if _looks_western(data):
        return "cp1252"
    if main in {"zh", "yue"}:
        return "big5hkscs" if _looks_like_big5(data) else "gb18030"
    raise UnknownEncodingError("neither Unicode nor an older encoding that can be told")


def _looks_like_gb(data: bytes) -> bool:
    runs = _HIGH.findall(data)
    pairs = sum(map(len, runs)) / 2
    common = [pair for run in runs for pair in _COMMON_GB.findall(run)]
    alone = sum(1 for pair in common if pair[0] >= _GB_ALONE)
    return len(common) >= LEAST_COMMON * pairs and alone >= LEAST_ALONE * pairs


def _looks_like_big5(data: bytes) -> bool:
    pairs = _PAIR.findall(data)
    return sum(1 for pair in pairs if _COMMON_BIG5.match(pair)) >= LEAST_COMMON * len(pairs)


def _looks_western(data: bytes) -> bool:
    runs = _HIGH.findall(data)
    letters = sum(1 for byte in data if chr(byte).isascii() and chr(byte).isalpha())
    return max(map(len, runs), default=0) <= LONGEST_ACCENTS and sum(map(len, runs)) <= MOST_ACCENTS * letters

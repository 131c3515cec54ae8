"""What we do with text that people write: one normal form, nothing invisible, sane length. Pure."""

import unicodedata
from typing import NamedTuple

import regex

# Zalgo: no script needs more marks than this on one base character.
MAX_MARKS = 4
INVISIBLE = regex.compile(
    r"[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}--[\u200c\u200d]]", regex.VERSION1
)  # joiners build words and emoji
SPACES = regex.compile(r"\s+")
MARKS = regex.compile(rf"(\p{{M}}{{{MAX_MARKS}}})\p{{M}}+")
GRAPHEME = regex.compile(r"\X")
# Letters, digits, signs; but not those that are drawn as nothing (Hangul fillers, the empty Braille cell).
SEEN = regex.compile(r"[[\p{L}\p{N}\p{P}\p{S}]--[\u115f\u1160\u3164\uffa0\u2800]]", regex.VERSION1)
# Nearly every text of an import: ASCII and Chinese with single spaces. It is clean, and each code point a character.
_PLAIN = r"[\x21-\x7e\u3001-\u3029\u4e00-\u9fff\uff01-\uff5e]+"
PLAIN = regex.compile(f"{_PLAIN}(?: {_PLAIN})*")


class CleanText(NamedTuple):
    """Text in normal form and its length as people count characters (grapheme clusters)."""

    text: str
    length: int


def clean_line(text: str) -> CleanText:
    """Return text as one line: NFC, no control, format, bidi or unassigned characters, single spaces, few marks.

    Text in which nothing can be seen becomes empty. Cleaning what is clean changes nothing.
    """
    return CleanText(text, len(text)) if PLAIN.fullmatch(text) else _cleaned(text)


def shortened(clean: CleanText, length: int) -> str:
    """Return the text, cut after so many characters as people count them."""
    return clean.text if clean.length <= length else "".join(GRAPHEME.findall(clean.text)[:length]).rstrip()


def clean_text(text: str) -> str:
    """Return text of several lines, each cleaned; line breaks as LF, at most one empty line in a row."""
    lines = [clean_line(line).text for line in text.splitlines()]
    return regex.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def length_of(text: str) -> int:
    """Return the length of clean text as people count characters."""
    return len(GRAPHEME.findall(text))


def _cleaned(text: str) -> CleanText:
    line = SPACES.sub(" ", INVISIBLE.sub("", SPACES.sub(" ", text))).strip()
    line = MARKS.sub(r"\1", unicodedata.normalize("NFC", line))
    return CleanText(line, length_of(line)) if SEEN.search(line) else CleanText("", 0)

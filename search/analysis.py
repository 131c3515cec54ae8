"""Text to tokens, the same for documents and queries and for every engine. Pure, total and bounded.

Chinese is cut into overlapping pairs of characters, which beat word dictionaries on short titles and forgive a missing
character. In titles, chapters and descriptions single characters are tokens too, so that a word of one character is
found; in captions, which are most of the text, it is found as the beginning of a pair where little else is. Traditional
script becomes simplified, accents go, English is stemmed lightly.
"""

import re
import unicodedata
from array import array
from functools import cache, lru_cache
from importlib.resources import files

import opencc
import Stemmer

MAX_CHARACTERS = 200_000
MAX_QUERY_CHARACTERS = 400
MAX_TITLE_CHARACTERS = 200
# Of what stands between spaces; of longer ones nothing is kept in memory.
MAX_REMEMBERED_CHARACTERS = 32
MAX_REMEMBERED = 100_000
# Nobody types longer words; engines have limits of their own (Elasticsearch cuts at 255), and must cut alike.
MAX_TOKEN_CHARACTERS = 100

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f\u3005\u3007\u3040-\u30ff\uac00-\ud7af"
_RUNS = re.compile(rf"[{_HAN}]+|[a-z0-9]+(?:[\^_'’.][a-z0-9]+)*|[^\W_{_HAN}]+")
_IS_HAN = re.compile(rf"[{_HAN}]")
_BETWEEN = re.compile(rf"([^{_HAN}]+)")
# What NFKC makes of the signs of nearly every Chinese sentence, which would send it on its slow way.
_WIDE = (("，", ","), ("！", "!"), ("？", "?"), ("：", ":"), ("；", ";"), ("（", "("), ("）", ")"))
_RAISED = re.compile("[⁰¹²³⁴-⁹ⁿ]+")  # x² is x^2, where NFKC would make x2 of it
_ACCENTED = re.compile("[\u00c0-\u024f\u1e00-\u1eff]")
_BLANK = frozenset(["Cc", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"])
_PARTS = re.compile(r"[\^_'.]")


@cache
def _simplify() -> "opencc.OpenCC":
    return opencc.OpenCC("t2s")


@cache
def _stemmer() -> "Stemmer.Stemmer":
    return Stemmer.Stemmer("english")


def normalize(text: str) -> str:
    """Return text in one form: NFKC, simplified script, lower case, Latin letters without accents."""
    return _normalized(text) if len(text) <= MAX_TITLE_CHARACTERS else _normalized.__wrapped__(text)


@lru_cache(maxsize=1000)  # a title is asked for its words, its sounds, its pairs ...
def _normalized(text: str) -> str:
    plain = text[:MAX_CHARACTERS]
    if not plain.isascii():
        for wide, narrow in _WIDE:
            plain = plain.replace(wide, narrow)
        if _RAISED.search(plain):
            plain = _RAISED.sub(r"^\g<0>", plain)
        plain = unicodedata.normalize("NFKC", plain.encode("utf-8", "replace").decode())
        if _ACCENTED.search(plain):
            plain = _ACCENTED.sub(_without_accent, plain)
        plain = str(_simplify().convert(plain))
    return plain.casefold()


def folded_title(text: str) -> str:
    """Return what of a title, or of a question that may be one, is compared character by character.

    Control, private and unknown characters are spaces afterwards, and the plain space is the only one.
    """
    plain = normalize(text[: MAX_TITLE_CHARACTERS * 2])
    plain = "".join(" " if unicodedata.category(char) in _BLANK else char for char in plain)
    return plain.strip()[:MAX_TITLE_CHARACTERS]


def runs(text: str) -> list[str]:
    """Return the runs of a normalized text: of Chinese (Japanese, Korean) characters, of Latin letters, of others."""
    return _RUNS.findall(text)


def is_han(run: str) -> bool:
    return run > "\u2fff" and _IS_HAN.match(run) is not None  # a comparison spares most Latin words the pattern


def index_tokens(text: str) -> list[str]:
    """Return the tokens a document is stored under, in order: Chinese characters and their pairs, stems of words."""
    tokens: list[str] = []
    for run in _RUNS.findall(normalize(text)):
        if is_han(run):
            tokens += map(str.__add__, run, run[1:])
            tokens += run
        else:
            tokens += _PIECES[run].split()
    return tokens


def caption_tokens(text: str) -> str:
    """Return the tokens of captions, a space between them, in an order of their own.

    They are those of index_tokens, but of single characters only the last of each run, which begins no pair. Captions
    are most of what there is, so pairs are cut all at once and not run by run.
    """
    plain = normalize(text)
    if plain.isascii():
        return _all_word_tokens(plain)
    parts = _BETWEEN.split(plain)  # Chinese and other by turns
    tokens = (_all_pairs([*filter(None, parts[0::2])]), _all_word_tokens(" ".join(parts[1::2])))
    return " ".join(filter(None, tokens))


def han_tokens(word: str) -> tuple[str, ...]:
    """Return what a document must hold to hold a Chinese word: all its pairs, or its only character."""
    return (word,) if len(word) == 1 else tuple(dict.fromkeys(map(str.__add__, word, word[1:])))


def word_tokens(run: str) -> list[str]:
    """Return the stem of a word; a formula such as x^2 stays whole and is also found by its parts."""
    run = run.replace("’", "'").removesuffix("'s")
    parts = [part for part in _PARTS.split(run) if part]
    tokens = [stem(run)] if parts == [run] else [run.replace("'", ""), *(stem(part) for part in parts)]
    return [token[:MAX_TOKEN_CHARACTERS] for token in tokens]


def _all_pairs(han: list[str]) -> str:
    """Return the pairs of characters of each run, and its last character, with a space between them."""
    characters = array("I", "\n{}\n".format("\n".join(han)).encode("utf-32-le"))
    pairs = array("I", b" \0\0\0" * (3 * len(characters) - 3))
    pairs[0::3], pairs[1::3] = characters[:-1], characters[1:]
    # Each run is between two line feeds, which its first and last character are paired with.
    return " ".join([run[2:] for run in pairs.tobytes().decode("utf-32-le").split("\n")[1::2]])


def _all_word_tokens(text: str) -> str:
    """Return the tokens of a normalized text without Chinese."""
    return " ".join(filter(None, map(_PIECES.__getitem__, text.split())))


class _Pieces(dict[str, str]):
    """The tokens of what stands between spaces, with a space between them."""

    def __missing__(self, piece: str) -> str:
        tokens = " ".join(token for run in _RUNS.findall(piece) for token in word_tokens(run))
        if len(piece) <= MAX_REMEMBERED_CHARACTERS:
            if len(self) >= MAX_REMEMBERED:
                self.clear()
            self[piece] = tokens
        return tokens


_PIECES = _Pieces()


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Return an English word's stem, the same for a family of words; those of other alphabets come back as they are."""
    if not word.isascii() or not word.isalpha():
        return word[:MAX_TOKEN_CHARACTERS]
    own = str(_stemmer().stemWord(word))
    return _families().get(own, own)[:MAX_TOKEN_CHARACTERS]


@cache
def _families() -> dict[str, str]:
    """Return the stem of the first word of a family, such as add and addition, for the stems of the others."""
    lines = files("search").joinpath("word_families.txt").read_text(encoding="utf-8").splitlines()
    families = [[str(_stemmer().stemWord(word)) for word in line.split()] for line in lines]
    return {other: first for first, *others in families for other in others if other != first}


def _without_accent(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFD", match[0])[0]

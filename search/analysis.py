"""Text to tokens, the same for documents and queries and for every engine. Pure, total and bounded.

Chinese is cut into overlapping pairs of characters, which beat word dictionaries on short titles and forgive a missing
character. In titles, chapters and descriptions single characters are tokens too, so that a word of one character is
found; in captions, which are most of the text, it is found as the beginning of a pair where little else is. Traditional
script becomes simplified, accents go, English is stemmed lightly.
"""

import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

import opencc
import Stemmer

MAX_CHARACTERS = 200_000
MAX_QUERY_CHARACTERS = 400
MAX_TITLE_CHARACTERS = 200
# Nobody types longer words; engines have limits of their own (Elasticsearch cuts at 255), and must cut alike.
MAX_TOKEN_CHARACTERS = 100

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f\u3005\u3007\u3040-\u30ff\uac00-\ud7af"
_RUNS = re.compile(rf"[{_HAN}]+|[a-z0-9]+(?:[\^_'’.][a-z0-9]+)*|[^\W_{_HAN}]+")
_IS_HAN = re.compile(rf"[{_HAN}]")
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
    plain = text[:MAX_CHARACTERS]
    if not plain.isascii():
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
    return _IS_HAN.match(run) is not None


def index_tokens(text: str, *, singles: bool = True) -> list[str]:
    """Return the tokens a document is stored under, in order: pairs of Chinese characters, stems of words.

    With `singles` each character is a token as well, else only the last of each run, which begins no pair.
    """
    tokens: list[str] = []
    for run in _RUNS.findall(normalize(text)):
        if run[0] > "\u2fff" and _IS_HAN.match(run):
            tokens += map(str.__add__, run, run[1:])
            tokens += run if singles else run[-1]
        elif run.isalnum():
            tokens.append(stem(run))
        else:
            tokens += word_tokens(run)
    return tokens


def han_tokens(word: str) -> tuple[str, ...]:
    """Return what a document must hold to hold a Chinese word: all its pairs, or its only character."""
    return (word,) if len(word) == 1 else tuple(dict.fromkeys(map(str.__add__, word, word[1:])))


def word_tokens(run: str) -> list[str]:
    """Return the stem of a word; a formula such as x^2 stays whole and is also found by its parts."""
    run = run.replace("’", "'").removesuffix("'s")
    parts = [part for part in _PARTS.split(run) if part]
    tokens = [stem(run)] if parts == [run] else [run.replace("'", ""), *(stem(part) for part in parts)]
    return [token[:MAX_TOKEN_CHARACTERS] for token in tokens]


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

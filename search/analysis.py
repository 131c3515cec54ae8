"""Text to tokens, the same for documents and queries and for every engine. Pure, total and bounded.

Chinese is cut into overlapping pairs of characters, which beat word dictionaries on short titles and forgive a missing
character; single characters are tokens too, so that a word of one character is found. Traditional script becomes
simplified. English is stemmed lightly. tests/search/test___main__.py holds the quality of the answers.
"""

import re
import unicodedata
from functools import cache, lru_cache

import opencc
import Stemmer

MAX_CHARACTERS = 200_000
MAX_QUERY_CHARACTERS = 400
MAX_TITLE_CHARACTERS = 200
# Nobody types longer words; engines have limits of their own (Elasticsearch cuts at 255), and must cut alike.
MAX_TOKEN_CHARACTERS = 100

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f\u3005\u3007\u3040-\u30ff\uac00-\ud7af"
# Words that say nothing about a lesson's subject; a question need not find them, a document keeps them.
STOP_WORDS = frozenset(
    [
        "a",
        "about",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "can",
        "do",
        "does",
        "for",
        "from",
        "how",
        "i",
        "in",
        "into",
        "is",
        "it",
        "its",
        "of",
        "on",
        "or",
        "our",
        "that",
        "the",
        "this",
        "to",
        "using",
        "was",
        "we",
        "what",
        "when",
        "where",
        "which",
        "who",
        "why",
        "will",
        "with",
        "within",
        "you",
        "your",
        "的",
        "了",
        "是",
        "吗",
        "呢",
        "和",
        "与",
    ]
)

_RUNS = re.compile(rf"[{_HAN}]+|[a-z0-9]+(?:[\^_'’.][a-z0-9]+)*|[^\W_{_HAN}]+")
_BLANK = frozenset(["Cc", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"])
_IS_HAN = re.compile(rf"[{_HAN}]")


@cache
def _simplify() -> "opencc.OpenCC":
    return opencc.OpenCC("t2s")


@cache
def _stemmer() -> "Stemmer.Stemmer":
    return Stemmer.Stemmer("english")


def normalize(text: str) -> str:
    """Return text in one form: NFKC, simplified script, lower case.

    Control, private and unknown characters are spaces afterwards, and the plain space is the only one.
    """
    plain = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS])
    plain = "".join(" " if unicodedata.category(char) in _BLANK else char for char in plain)
    return str(_simplify().convert(plain)).casefold()


def folded_title(text: str) -> str:
    """Return what of a title, or of a question that may be one, is compared character by character."""
    return normalize(text[: MAX_TITLE_CHARACTERS * 2]).strip()[:MAX_TITLE_CHARACTERS]


def index_tokens(text: str) -> list[str]:
    """Return the tokens a document is stored under, in order: pairs and single characters of Chinese, stems."""
    tokens: list[str] = []
    for run in _RUNS.findall(normalize(text)):
        if _IS_HAN.match(run):
            tokens += [run[i : i + 2] for i in range(len(run) - 1)]
            tokens += run
        else:
            tokens += _latin(run)
    return tokens


def query_terms(text: str) -> tuple[tuple[str, ...], ...]:
    """Return what a query asks for: one group of tokens per run of text, all of which are wanted.

    A Chinese run becomes its pairs (or its only character), another run its stem; doubles are dropped, and stop words
    too unless there is nothing else.
    """
    groups: dict[tuple[str, ...], None] = {}
    stop: dict[tuple[str, ...], None] = {}
    for run in _RUNS.findall(normalize(text[:MAX_QUERY_CHARACTERS])):
        if _IS_HAN.match(run):
            group = (run,) if len(run) == 1 else tuple(dict.fromkeys(run[i : i + 2] for i in range(len(run) - 1)))
        else:
            group = tuple(dict.fromkeys(_latin(run)))
        (stop if run in STOP_WORDS else groups)[group] = None
    return tuple(groups or stop)


def _latin(run: str) -> list[str]:
    """Return the stem of a word; a formula such as x^2 stays whole and is also found by its parts."""
    run = run.replace("’", "'").removesuffix("'s")
    parts = [part for part in re.split(r"[\^_'.]", run) if part]
    tokens = [stem(run)] if parts == [run] else [run.replace("'", ""), *(stem(part) for part in parts)]
    return [token[:MAX_TOKEN_CHARACTERS] for token in tokens]


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return an English word's stem; words of other alphabets come back as they are."""
    return str(_stemmer().stemWord(word)) if word.isascii() and word.isalpha() else word

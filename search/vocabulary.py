"""Words that mean the same to somebody who looks for lessons, within a language and across. Pure.

The seed is vocabulary.tsv: school vocabulary by subject. Whoever runs the search adds groups of their own or replaces
some; they are read with the question, so that no index has to be built anew.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from search.analysis import is_han, normalize, runs

MIN_PLURAL = 4
MAX_WORDS = 6  # of an English term; longer ones are found by their words alone
Key = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Groups of terms. A term that stands in several groups means all of them."""

    groups: tuple[tuple[str, ...], ...]
    _by_key: dict[Key, list[int]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for number, group in enumerate(self.groups):
            for term in group:
                if key := term_key(term):
                    self._by_key.setdefault(key, []).append(number)

    def same_as(self, key: Key) -> tuple[str, ...]:
        """Return the other terms of the groups of a term, given by its key."""
        found = (term for number in self._by_key.get(key, ()) for term in self.groups[number])
        return tuple(dict.fromkeys(term for term in found if term_key(term) != key))

    def knows(self, key: Key) -> bool:
        return key in self._by_key

    @property
    def terms(self) -> list[str]:
        return [term for group in self.groups for term in group]

    @property
    def chinese_terms(self) -> list[str]:
        return [key[0] for key in self._by_key if len(key) == 1 and is_han(key[0])]

    def with_groups(self, groups: Iterable[tuple[str, ...]]) -> "Vocabulary":
        """Return a vocabulary where these groups stand in place of those that share their first term."""
        added = {term_key(group[0]): group for group in groups if group}
        kept = [group for group in self.groups if term_key(group[0]) not in added]
        return Vocabulary((*kept, *(group for group in added.values() if len(group) > 1)))


def term_key(term: str) -> Key:
    """Return a term as it is compared: its words in lower case, plurals as singulars."""
    return tuple(singular(run) for run in runs(normalize(term)))


def singular(word: str) -> str:
    """Return an English plural without its ending; weaker than a stem, which makes one of animals and animation."""
    word = word.replace("’", "'").removesuffix("'s")
    if len(word) < MIN_PLURAL or not word.isascii() or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    return word[:-3] + "y" if word.endswith("ies") else word[:-1]


@cache
def seed_vocabulary() -> Vocabulary:
    """Return the vocabulary that comes with the library."""
    text = files("search").joinpath("vocabulary.tsv").read_text(encoding="utf-8")
    rows = (line.partition("\t")[2] for line in text.splitlines() if line and not line.startswith("#"))
    return Vocabulary(tuple(tuple(term.strip() for term in row.split(";")) for row in rows))

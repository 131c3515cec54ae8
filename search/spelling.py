"""Which words lessons have, which are of one family, and which of them somebody may have meant. Pure.

A word is mistyped only if no title and no term of the vocabulary has it. One error is forgiven in short words, two in
long ones; the first letter of an English word is taken to be right. English words are of one family where only their
endings differ, such as Korea and Korean: it takes the titles to say so, for a stemmer that went as far would take
many words for the same that are not.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files

from rapidfuzz import process
from rapidfuzz.distance import OSA, Prefix

from search.analysis import is_han, stem

MIN_LATIN, LONG_LATIN = 5, 8
MIN_HAN, MAX_HAN = 3, 10
MAX_RUN = 24
MAX_SIMILAR = 3
MIN_ROOT = 4
MAX_RELATIVES = 4
# Endings that make one English word of another; what they leave is at least half of it.
ENDINGS = frozenset(files("search").joinpath("word_endings.txt").read_text(encoding="utf-8").split()) | {""}


@dataclass(frozen=True, slots=True)
class Similar:
    """A term that a part of a run of Chinese characters comes close to."""

    start: int
    end: int
    term: str


@dataclass(frozen=True, eq=False)
class Lexicon:
    """The words of the titles with the number of lessons that have them, and the terms of a vocabulary."""

    counts: Mapping[str, int]
    terms: Iterable[str] = ()
    _latin: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list), repr=False, compare=False)
    _han: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list), repr=False, compare=False)
    _known: set[str] = field(default_factory=set, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._known.update(self.counts, self.terms)
        for word in self._known:
            if not is_han(word):
                self._latin[word[0]].append(word)
            elif MIN_HAN <= len(word) <= MAX_HAN:
                for character in set(word):
                    self._han[character].append(word)

    def beginning_with(self, text: str) -> list[str]:
        """Return words of titles that begin with a text, the most frequent first."""
        found = [word for word in self.counts if word.startswith(text)]
        return sorted(found, key=lambda word: (-self.counts[word], word))

    def similar_words(self, word: str) -> list[str]:
        """Return words of Latin letters that may be meant by one that is not known, the likeliest first."""
        if len(word) < MIN_LATIN or word in self._known or not word.isalpha() or word[0] not in self._latin:
            return []
        most = 2 if len(word) >= LONG_LATIN else 1
        found = process.extract(word, self._latin[word[0]], scorer=OSA.distance, score_cutoff=most, limit=None)
        found.sort(key=lambda row: (row[1], -self.counts.get(row[0], 0), row[0]))
        return [near for near, _distance, _index in found[:MAX_SIMILAR]]

    def relatives(self, word: str) -> list[str]:
        """Return words of titles that are of an English word's family, the nearest first; one for each stem."""
        least = max(MIN_ROOT, (len(word) + 1) // 2)
        if len(word) < least or word[0] not in self._latin:
            return []
        beginning = word[:least]
        roots = {
            other: root
            for other in self._latin[word[0]]
            if other.startswith(beginning) and other in self.counts and (root := _root(word, other))
        }
        nearest = sorted(roots, key=lambda other: (-roots[other], -self.counts[other], other))
        by_stem = {stem(other): other for other in reversed(nearest)}
        return [other for other in nearest if other == by_stem[stem(other)] and stem(other) != stem(word)][
            :MAX_RELATIVES
        ]

    def similar_terms(self, run: str) -> list[Similar]:
        """Return terms that differ by one character from a part of a run, apart from one another."""
        if len(run) < MIN_HAN - 1 or len(run) > MAX_RUN:
            return []
        shared: dict[str, int] = defaultdict(int)
        for character in dict.fromkeys(run):
            for term in self._han.get(character, ()):
                shared[term] += 1
        found = [
            near
            for term, count in shared.items()
            if count >= len(set(term)) - 1 and term not in run and (near := _nearest_part(run, term))
        ]
        found.sort(key=lambda near: (-len(near.term), -self.counts.get(near.term, 0), near.term))
        kept: list[Similar] = []
        for near in found:
            if all(near.end <= other.start or near.start >= other.end for other in kept):
                kept.append(near)
        return kept[:MAX_SIMILAR]


def _root(word: str, other: str) -> int:
    """Return the length of the longest root that two words share, both with an ending; 0 for none."""
    shared = Prefix.similarity(word, other)
    least = max(MIN_ROOT, (max(len(word), len(other)) + 1) // 2)
    return next(
        (length for length in range(shared, least - 1, -1) if word[length:] in ENDINGS and other[length:] in ENDINGS), 0
    )


def _nearest_part(run: str, term: str) -> Similar | None:
    """Return the part of a run that one error makes of a term: begun and ended as it, or wrong or missing there."""
    for length in (len(term), len(term) - 1, len(term) + 1):
        for start in range(len(run) - length + 1):
            part = run[start : start + length]
            if OSA.distance(part, term, score_cutoff=1) <= 1 and (part[0] == term[0] or part[-1] == term[-1]):
                return Similar(start, start + length, term)
    return None

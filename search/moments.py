"""The seconds of a lesson where a question's words are said or a chapter is named for them. Pure, for every engine."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate, pairwise

from search.analysis import is_han, normalize, word_tokens
from search.documents import MAX_MOMENTS, Document
from search.query import MOMENTS_PER_HIT, Expression
from search.results import Moment
from search.understanding import Concept

NAMED = 1.5  # a chapter that is named for a word is worth more than a caption that says it
PART = 0.1  # of a concept: one of its tokens
MIN_STEM = 4


def moments_of(document: Document, expression: Expression) -> tuple[Moment, ...]:
    """Return up to three moments in the order of time: those with the most concepts, the words of each marked.

    Those that hold only a part of a concept count where none holds a whole one.
    """
    lines = [(mark.start_ms, mark.title, NAMED) for mark in document.chapters[:MAX_MOMENTS]]
    lines += [(cue.start_ms, cue.text, 1.0) for cue in document.captions[:MAX_MOMENTS]]
    if not lines:
        return ()
    whole, parts = _held(normalize("\n".join(text.replace("\n", " ") for _start, text, _worth in lines)), expression)
    held = whole or parts
    best = sorted(held, key=lambda number: (-held[number] * lines[number][2], lines[number][0]))[:MOMENTS_PER_HIT]
    return tuple(
        Moment(start_ms, text, marks_of(text, expression))
        for start_ms, text, _worth in sorted(lines[number] for number in best)
    )


def marks_of(text: str, expression: Expression) -> tuple[tuple[int, int], ...]:
    """Return where a text as its creator wrote it holds words of a question: apart from one another, in order."""
    plain = normalize(text)
    if len(plain) == len(text):
        origin = list(range(len(text) + 1))
    else:  # a character became several, or several one
        pieces = [normalize(character) for character in text]
        plain = "".join(pieces)
        origin = [number for number, piece in enumerate(pieces) for _ in piece] + [len(text)]
    spans = sorted(span for concept in expression.concepts for span in _spans(plain, concept))
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        first, last = origin[start], origin[end - 1] + 1
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)


def _spans(text: str, concept: Concept) -> set[tuple[int, int]]:
    """Return where a normalized text has a concept: its words in whole, or else parts of them."""
    tokens = [alternative.tokens for alternative in concept.alternatives if not alternative.is_sound]
    whole = {span for together in tokens for word in _words(together) for span in _places(text, word)}
    return whole or {span for together in tokens for token in together for span in _places(text, token)}


def _words(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Return the Chinese word that these pairs of characters are of; other tokens are words by themselves."""
    if all(is_han(token) for token in tokens) and all(one[-1] == next_one[0] for one, next_one in pairwise(tokens)):
        return (tokens[0] + "".join(token[1:] for token in tokens[1:]),)
    return tokens


def _held(text: str, expression: Expression) -> tuple[dict[int, float], dict[int, float]]:
    """Return how much of the question each line of a text holds: in whole concepts, and in parts of them."""
    ends = [*accumulate(len(line) + 1 for line in text.split("\n"))]
    lines_of: dict[str, frozenset[int]] = {}

    def lines(token: str) -> frozenset[int]:
        if token not in lines_of:
            lines_of[token] = frozenset(bisect_right(ends, start) for start, _end in _places(text, token))
        return lines_of[token]

    whole: defaultdict[int, float] = defaultdict(float)
    parts: defaultdict[int, float] = defaultdict(float)
    for concept in expression.concepts:
        best: dict[int, float] = {}
        for alternative in concept.alternatives:
            if alternative.is_sound:
                continue
            for number in frozenset.intersection(*map(lines, alternative.tokens)):
                best[number] = max(best.get(number, 0.0), alternative.weight)
            for token in alternative.tokens:
                for number in lines(token):
                    parts[number] += PART * alternative.weight
        for number, weight in best.items():
            whole[number] += concept.weight * weight
    return whole, parts


def _places(text: str, token: str) -> Iterator[tuple[int, int]]:
    """Yield where a normalized text holds a token."""
    if is_han(token):
        start = text.find(token)
        while start >= 0:
            yield start, start + len(token)
            start = text.find(token, start + 1)
        return
    for match in _word_like(token).finditer(text):
        if token in word_tokens(match[0]):
            yield match.span()


@lru_cache(maxsize=1000)
def _word_like(token: str) -> re.Pattern[str]:
    """Return the pattern of words that may have a stem, whose last letter may differ: trigonometri, trigonometry."""
    beginning = token[:-1] if len(token) >= MIN_STEM else token
    return re.compile(rf"(?<![a-z0-9]){re.escape(beginning)}(?:[^\W_]|[\^_'’.](?=[^\W_]))*")

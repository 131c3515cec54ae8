"""The seconds of a lesson where a question's words are said or a chapter is named for them. Pure, for every engine."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate, pairwise

from search.analysis import is_han, normalize, word_tokens
from search.documents import MAX_MOMENTS, Timed
from search.query import MOMENTS_PER_HIT, Expression
from search.results import Moment
from search.understanding import Concept

NAMED = 1.5  # a chapter that is named for a word is worth more than a caption that says it
PART = 0.1  # of a concept: one of its tokens
MIN_STEM = 4
# One pattern for all tokens: to compile one for each takes longer than to look for it.
_WORD = re.compile(r"(?<![a-z0-9])(?:[^\W_]|[\^_'’.](?=[^\W_]))+")


def moments_of(timed: Timed, expression: Expression) -> tuple[Moment, ...]:
    """Return up to three moments in the order of time: those with the most concepts, the words of each marked.

    Those that hold only a part of a concept count where none holds a whole one.
    """
    chapters = timed.chapters[:MAX_MOMENTS]
    starts_ms = [*(mark.start_ms for mark in chapters), *timed.starts_ms[:MAX_MOMENTS]]
    texts = [*(mark.title for mark in chapters), *timed.texts[:MAX_MOMENTS]]
    if not texts:
        return ()
    whole, parts = _held(normalize("\n".join([text.replace("\n", " ") for text in texts])), expression)
    held = whole or parts

    def order(number: int) -> tuple[float, int]:
        return (-held[number] * (NAMED if number < len(chapters) else 1.0), starts_ms[number])

    best = sorted((starts_ms[number], texts[number]) for number in sorted(held, key=order)[:MOMENTS_PER_HIT])
    return tuple(Moment(start_ms, text, marks_of(text, expression)) for start_ms, text in best)


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


@lru_cache(maxsize=1000)
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
    beginning = token[:-1] if len(token) >= MIN_STEM else token  # the last letter may differ: trigonometri, -metry
    start = text.find(beginning)
    while start >= 0:
        word = _WORD.match(text, start)
        if word and token in word_tokens(word[0]):
            yield word.span()
        start = text.find(beginning, word.end() if word else start + 1)

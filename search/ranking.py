"""The order of the best answers: the same for every engine, and told factor by factor. Pure.

An engine scores texts (BM25) and gives its best candidates. Here each score is multiplied by bounded factors, in the
order of what matters: how much of the question a lesson holds and in which words, whether its title is the question or
holds it as typed, whether it lies where the other good answers lie, then what the learner prefers, how well a lesson is
liked and how new it is. None of the last can make a lesson come first that is not about the question.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from search.analysis import folded_title
from search.query import Expression, Query, Strictness
from search.understanding import Concept

FEW = 3
COVERAGE, STEEPNESS = 8.0, 4  # a lesson that holds all words is worth nine that hold few
JOINTS = 0.5
ELSEWHERE = 0.6  # of a word that is only in the captions
TITLE_IS_QUESTION, TITLE_HOLDS_QUESTION = 4.0, 0.6
NEIGHBOURS, NEIGHBOURHOOD = 30, 1.5
OWN_GRADE, NEXT_GRADE, OWN_LANGUAGE = 1.25, 1.1, 1.25
POPULARITY, FRESHNESS, FRESH_DAYS = 0.3, 0.1, 180
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lesson that an engine found, with its score and what the order rests on."""

    id: str
    base: float
    title: str
    terms: str
    grade: str = ""
    language: str = ""
    popularity: float = 0.0
    published_s: int = 0


@dataclass(frozen=True, slots=True)
class Ranked:
    id: str
    score: float
    why: dict[str, float]


def rank(
    candidates: Sequence[Candidate],
    query: Query,
    expression: Expression,
    *,
    text: str,
    grades: Mapping[str, int],
    now_s: float,
    complete: frozenset[str] = frozenset(),
) -> list[Ranked]:
    """Return the candidates, the best first; equal ones by id.

    `text` is the question without what became a filter, `grades` how many lessons of each grade match,
    `complete` those known to hold every concept, be it in the captions.
    """
    question = folded_title(text)
    wanted = [_Wanted.of(concept) for concept in expression.concepts]
    joints = [_padded(joint) for joint in expression.joints]
    is_all = expression.strictness is Strictness.ALL
    scored = []
    for candidate in candidates:
        coverage = _coverage(candidate.terms, wanted, elsewhere=is_all or candidate.id in complete)
        why = {
            "text": candidate.base,
            "words": 1 + COVERAGE * min(1.0, FEW / len(expression.concepts)) * coverage**STEEPNESS,
            "joints": 1 + JOINTS * _share(joints, candidate.terms),
            "title": _title(candidate.title, question),
            "preference": _preference(candidate, query),
            "popularity": 1 + POPULARITY * candidate.popularity,
            "freshness": 1 + FRESHNESS * _freshness(candidate.published_s, now_s),
        }
        scored.append((math.prod(why.values()), candidate, why))
    near = _neighbourhoods(scored, grades)
    ranked = []
    for score, candidate, why in scored:
        why["neighbourhood"] = 1 + NEIGHBOURHOOD * near.get(candidate.grade, 0.0)
        ranked.append(Ranked(candidate.id, score * why["neighbourhood"], why))
    ranked.sort(key=lambda one: (-one.score, one.id))
    return ranked


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A concept as it is looked for in a lesson's terms: each way to hold it with its weight, the best first."""

    weight: float
    ways: tuple[tuple[float, tuple[str, ...]], ...]

    @classmethod
    def of(cls, concept: Concept) -> "_Wanted":
        seen = (alternative for alternative in concept.alternatives if not alternative.is_sound)
        return cls(concept.weight, tuple((one.weight, tuple(map(_padded, one.tokens))) for one in seen))

    def held(self, terms: str) -> float:
        """Return the weight of the best way in which terms hold the concept, 0 for none."""
        return next((weight for weight, tokens in self.ways if all(token in terms for token in tokens)), 0.0)


def _padded(token: str) -> str:
    return f" {token} "


def _coverage(terms: str, wanted: Sequence[_Wanted], *, elsewhere: bool) -> float:
    """Return how much of the question's concepts a lesson holds, 0 to 1; those not in its terms are in its captions."""
    missing = ELSEWHERE if elsewhere else 0.0
    held = sum(concept.weight * max(missing, concept.held(terms)) for concept in wanted)
    return held / sum(concept.weight for concept in wanted)


def _share(padded: Sequence[str], terms: str) -> float:
    return sum(token in terms for token in padded) / len(padded) if padded else 0.0


def _title(title: str, question: str) -> float:
    if not question or question not in title:
        return 1.0
    return 1 + TITLE_HOLDS_QUESTION + (TITLE_IS_QUESTION if title == question else 0.0)


def _preference(candidate: Candidate, query: Query) -> float:
    factor = OWN_LANGUAGE if query.prefer_language and candidate.language == query.prefer_language else 1.0
    if query.prefer_grade and candidate.grade:
        if candidate.grade == query.prefer_grade:
            factor *= OWN_GRADE
        elif candidate.grade.isdecimal() and query.prefer_grade.isdecimal():
            factor *= NEXT_GRADE if abs(int(candidate.grade) - int(query.prefer_grade)) == 1 else 1.0
    return factor


def _freshness(published_s: int, now_s: float) -> float:
    return math.exp(-max(0.0, now_s - published_s) / (FRESH_DAYS * DAY_S)) if published_s else 0.0


def _neighbourhoods(
    scored: Sequence[tuple[float, Candidate, dict[str, float]]], grades: Mapping[str, int]
) -> dict[str, float]:
    """Return, by grade, how much of the best answers lies in it, 0 to 1.

    What a topic is taught in has more of the best answers than of all that match: a grade with few others counts more.
    """
    best = sorted(scored, key=lambda row: (-row[0], row[1].id))[:NEIGHBOURS]
    total = sum(grades.values())
    shares: defaultdict[str, float] = defaultdict(float)
    for score, candidate, _why in best:
        if candidate.grade:
            shares[candidate.grade] += score
    weighed = {grade: share * math.log(1 + total / max(1, grades.get(grade, 1))) for grade, share in shares.items()}
    most = max(weighed.values(), default=0.0)
    return {grade: weight / most for grade, weight in weighed.items()} if most else {}

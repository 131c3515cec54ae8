"""Ranked answers. Pure data, the same from every engine."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Moment:
    """A second of a lesson where words of the query are said or a chapter is named for them.

    `marks` are where in the text these words are: pairs of first and last character, the last not included.
    """

    start_ms: int
    text: str
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """`why` has the factors of the score by name, where a query asks for them."""

    id: str
    score: float
    moments: tuple[Moment, ...] = ()
    why: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Understood:
    """What was made of a query's text: filters taken from it and the rest, and its errors corrected ("" for none)."""

    text: str = ""
    subject: str = ""
    grade: str = ""
    corrected: str = ""


@dataclass(frozen=True, slots=True)
class Results:
    """One page of hits, best first; total and facets count everything that matches, not only this page.

    A facet's counts leave out the filter on that facet itself, so that its other values can be offered. Of the total,
    `complete` have all words of the query; the others some of them.
    """

    total: int
    hits: tuple[Hit, ...]
    facets: dict[str, dict[str, int]] = field(default_factory=dict)
    complete: int = 0
    understood: Understood = Understood()
    took_ms: float = 0.0

"""Ranked answers. Pure data, the same from every engine."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Moment:
    """A second of a lesson where words of the query are said or a chapter is named for them."""

    start_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    id: str
    score: float
    moments: tuple[Moment, ...] = ()


@dataclass(frozen=True, slots=True)
class Results:
    """One page of hits, best first; total and facets count everything that matches, not only this page.

    A facet's counts leave out the filter on that facet itself, so that its other values can be offered.
    """

    total: int
    hits: tuple[Hit, ...]
    facets: dict[str, dict[str, int]] = field(default_factory=dict)
    took_ms: float = 0.0

"""A question, the one boolean expression that every engine evaluates for it, and what counts how much. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from search.analysis import query_terms
from search.results import Results

MAX_LIMIT = 100
MAX_OFFSET = 10_000
# More terms than this are a passage, not a question; the rest adds time and no precision.
MAX_TERMS = 64
ENOUGH = 10  # with fewer lessons that hold all words, those that hold some of them follow
MOMENTS_PER_HIT = 3
WEIGHTS = {"title": 8.0, "chapters": 4.0, "description": 2.0, "study_guide": 1.5, "captions": 1.0}
# An exact title, then one that holds the question as it was typed, come before what only shares its words.
TITLE_IS_QUESTION = 30.0
TITLE_HOLDS_QUESTION = 6.0


class Query(BaseModel):
    """What is asked, by whom. An empty text browses: everything that the filters leave."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: str = ""
    subject: str | None = None
    grade: str | None = None
    language: str | None = None
    audience: tuple[str, ...] = ()
    limit: int = Field(default=10, ge=0, le=MAX_LIMIT)
    offset: int = Field(default=0, ge=0, le=MAX_OFFSET)


class Strictness(StrEnum):
    """How much of a question a document must hold: all of it, or any part when nothing holds all."""

    ALL = "all"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Expression:
    """Groups of tokens: ALL wants every token of every group somewhere in the document, ANY wants one.

    A moment, which is short, is wanted to hold one whole group.
    """

    groups: tuple[tuple[str, ...], ...]
    strictness: Strictness

    @property
    def tokens(self) -> tuple[str, ...]:
        """Return all tokens once, in the order of the question."""
        return tuple(dict.fromkeys(token for group in self.groups for token in group))


def expressions(text: str) -> tuple[Expression, ...]:
    """Return the expressions to try in turn until one matches enough; none for a text without words.

    They have at most MAX_TERMS tokens, counted in each group.
    """
    groups = _bounded(query_terms(text))
    if not groups:
        return ()
    strict = Expression(groups, Strictness.ALL)
    return (strict,) if len(strict.tokens) == 1 else (strict, Expression(groups, Strictness.ANY))


def best_results(query: Query, ask: Callable[[Expression | None], Results]) -> Results:
    """Ask for the strict expression, then for the looser one while there is not enough; None browses."""
    if not query.text.strip():
        return ask(None)
    results = Results(total=0, hits=(), facets={"subject": {}, "grade": {}})
    for expression in expressions(query.text):
        results = ask(expression)
        if results.total >= ENOUGH:
            break
    return results


def _bounded(groups: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    kept: list[tuple[str, ...]] = []
    room = MAX_TERMS
    for group in groups:
        if room > 0:
            kept.append(group[:room])
            room -= len(group)
    return tuple(kept)

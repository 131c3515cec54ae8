"""A question, and the one boolean expression that every engine evaluates for it. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from search.analysis import query_terms

MAX_LIMIT = 100
MAX_OFFSET = 10_000
# More terms than this are a passage, not a question; the rest adds time and no precision.
MAX_TERMS = 64


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
    """Groups of tokens: ALL wants every token of every group somewhere in the document, ANY wants one."""

    groups: tuple[tuple[str, ...], ...]
    strictness: Strictness

    @property
    def tokens(self) -> tuple[str, ...]:
        """Return all tokens once, in the order of the question."""
        return tuple(dict.fromkeys(token for group in self.groups for token in group))[:MAX_TERMS]


def expressions(text: str) -> tuple[Expression, ...]:
    """Return the expressions to try in turn until one matches something; none for a text without words."""
    groups = query_terms(text)
    if not groups:
        return ()
    strict = Expression(groups, Strictness.ALL)
    return (strict,) if len(strict.tokens) == 1 else (strict, Expression(groups, Strictness.ANY))

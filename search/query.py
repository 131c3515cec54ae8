"""A question, the one boolean expression that every engine evaluates for it, and what counts how much. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from search.analysis import is_han
from search.understanding import Alternative, Concept, Understanding

MAX_LIMIT = 100
MAX_OFFSET = 10_000
ENOUGH = 10  # with fewer lessons that hold all words, those that hold some of them follow
MANY_CONCEPTS = 6  # of a question, not of a passage, which nobody's lesson holds but for one word
MOMENTS_PER_HIT = 3
# Fields of texts that an engine matches and scores; `sounds` (pinyin of the title) is asked apart.
WEIGHTS = {"title": 8.0, "names": 4.0, "body": 2.0, "captions": 1.0, "sounds": 6.0}
TEXTS = ("title", "names", "body", "captions")
FACETS = ("subject", "grade", "language", "duration", "captions", "creator")
DURATIONS = {"short": (1, 300), "medium": (300, 1200), "long": (1200, 3600), "hours": (3600, None)}


# Half a character of UTF-16 can be neither stored nor sent; with a question mark for it, a name is nobody's.
Name = Annotated[str, AfterValidator(lambda name: name.encode("utf-8", "replace").decode())]


class Query(BaseModel):
    """What is asked, by whom. An empty text browses: everything that the filters leave.

    `literal` leaves words for a grade or subject in the text. `prefer_*` are the learner's own: they move lessons up
    and never leave one out. `facets` are those to be counted.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: str = ""
    subject: Name | None = None
    grade: Name | None = None
    language: Name | None = None
    duration: Name | None = None
    captions: Name | None = None
    creator: Name | None = None
    audience: tuple[Name, ...] = ()
    literal: bool = False
    prefer_grade: str = ""
    prefer_language: str = ""
    facets: tuple[str, ...] = ("subject", "grade")
    explain: bool = False
    limit: int = Field(default=10, ge=0, le=MAX_LIMIT)
    offset: int = Field(default=0, ge=0, le=MAX_OFFSET)

    @property
    def filters(self) -> dict[str, str]:
        """Return the values that facets are narrowed to, by facet."""
        return {name: value for name in FACETS if (value := getattr(self, name))}


class Strictness(StrEnum):
    """How much of a question a document must hold: all concepts, all but one, or any token of it."""

    ALL = "all"
    MOST = "most"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Expression:
    """Concepts, of each of which one alternative is wanted: all its tokens somewhere in the document's texts.

    ANY wants a single token of any alternative. `joints` are not wanted, but liked (ranking.py).
    """

    concepts: tuple[Concept, ...]
    strictness: Strictness
    joints: tuple[str, ...] = ()

    @property
    def wanted(self) -> tuple[Concept, ...]:
        """Return the concepts that a document must hold."""
        return tuple(concept for concept in self.concepts if concept.is_telling) or self.concepts

    @property
    def least(self) -> int:
        """Return how many of the wanted concepts a document must hold."""
        count = len(self.wanted)
        match self.strictness:
            case Strictness.ALL:
                return count
            case Strictness.MOST:
                return count - 1
            case Strictness.ANY:
                return 1

    @property
    def begun(self) -> tuple[str, ...]:
        """Return the single Chinese characters that ANY takes also as the beginning of a pair in captions."""
        own = (concept.alternatives[0].tokens for concept in self.wanted)
        return tuple(tokens[0] for tokens in own if len(tokens) == 1 and len(tokens[0]) == 1 and is_han(tokens[0]))

    @property
    def alternatives(self) -> tuple[Alternative, ...]:
        """Return all alternatives; those of ANY have one token each."""
        found: dict[tuple[tuple[str, ...], bool], Alternative] = {}
        for concept in self.wanted:
            for alternative in concept.alternatives:
                loose = self.strictness is Strictness.ANY and not alternative.is_sound
                parts = [(token,) for token in alternative.tokens] if loose else [alternative.tokens]
                for tokens in parts:
                    found.setdefault(
                        (tokens, alternative.is_sound), Alternative(tokens, alternative.weight, alternative.is_sound)
                    )
        return tuple(found.values())


def expressions(understanding: Understanding) -> Iterator[Expression]:
    """Yield the expressions to try in turn until one matches enough; none for a text without words."""
    concepts, joints = understanding.concepts, understanding.joints
    if not concepts:
        return
    yield Expression(concepts, Strictness.ALL, joints)
    wanted = Expression(concepts, Strictness.ALL).wanted
    if 2 < len(wanted) <= MANY_CONCEPTS:  # noqa: PLR2004 - all but one of two is any
        yield Expression(concepts, Strictness.MOST, joints)
    if len(wanted) > 1 or len(wanted[0].alternatives[0].tokens) > 1 or not wanted[0].is_telling:
        yield Expression(concepts, Strictness.ANY, joints)


def duration_of(seconds: int) -> str:
    """Return the facet value of a duration, "" where it is not known."""
    return next(
        (name for name, (least, below) in DURATIONS.items() if seconds >= least and (below is None or seconds < below)),
        "",
    )

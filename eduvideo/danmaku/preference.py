"""How somebody wants to see danmaku: the controls of the player, all optional."""

from typing import Annotated, Literal

from ninja import Schema
from pydantic import AfterValidator, Field, SerializerFunctionWrapHandler, model_serializer

from eduvideo.moderation.text import clean_line

FlyingMode = Literal["scroll", "reverse", "top", "bottom"]
Share = Annotated[float, Field(ge=0.1, le=1)]
Factor = Annotated[float, Field(ge=0.5, le=2)]
Density = Annotated[int, Field(ge=0, le=300, description="0: no limit")]
MOST_WORDS = 200


def _each_once(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _clean_words(words: list[str]) -> list[str]:
    """Return words as danmaku are cleaned, so that they can be found in them; what is empty then is left out."""
    return _each_once([text for word in words if (text := clean_line(word).text)])


class Preference(Schema):
    """What was chosen; what is missing is as the player has it. Keys that we do not know are dropped."""

    on: bool | None = None
    opacity: Share | None = None
    area: Share | None = None
    size: Factor | None = None
    speed: Factor | None = None
    max_on_screen: Density | None = None
    max_per_10s: Density | None = None
    hidden_modes: Annotated[list[FlyingMode], Field(max_length=8), AfterValidator(_each_once)] | None = None
    only_learning: bool | None = None
    block_words: (
        Annotated[
            list[Annotated[str, Field(max_length=40)]], Field(max_length=MOST_WORDS), AfterValidator(_clean_words)
        ]
        | None
    ) = None
    offset_ms: Annotated[int, Field(ge=-60_000, le=60_000)] | None = None
    avoid_overlap: bool | None = None

    @model_serializer(mode="wrap")
    def _chosen(self, serialize: SerializerFunctionWrapHandler):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a type here would hide the fields from the API's document
        return {name: value for name, value in serialize(self).items() if value is not None}

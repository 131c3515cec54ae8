"""A playlist as pages show it: sections with numbered items, and what comes before and after one of them. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from eduvideo.catalog.models import PlaylistItem, Video


@dataclass(frozen=True, slots=True)
class OutlineItem:
    """An item with its number from 1 over all sections; `video` is None where the viewer may not know what it is."""

    number: int
    public_id: str
    video: Video | None
    is_shown: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class OutlineSection:
    """A section with at least one item; `number` counts all sections of the playlist from 0."""

    number: int
    title: str
    description: str
    items: tuple[OutlineItem, ...]

    @property
    def duration_ms(self) -> int:
        """Return how long it takes, of what everyone may see."""
        return _duration_ms(self.items)


@dataclass(frozen=True, slots=True)
class Outline:
    """A playlist's sections in order. `count` and `duration_ms` are of what everyone may see."""

    sections: tuple[OutlineSection, ...]
    count: int
    duration_ms: int
    previous: OutlineItem | None
    current: OutlineItem | None
    next: OutlineItem | None

    @property
    def items(self) -> tuple[OutlineItem, ...]:
        return tuple(item for section in self.sections for item in section.items)


def outline_of(items: Iterable[tuple[PlaylistItem, bool]], *, current: str | None = None) -> Outline:
    """Return the outline of items in order, each with whether the viewer may know what it is.

    `current` is the public id of the video that is being watched. No query, with the relations of ITEM_RELATIONS.
    """
    rows = [
        (row, OutlineItem(number, row.video.public_id, row.video if is_known else None, row.is_shown,  # type: ignore[attr-defined]  # queries.all_items adds it
                          row.video.public_id == current))
        for number, (row, is_known) in enumerate(items, 1)
    ]  # fmt: skip
    sections = tuple(
        OutlineSection(row.position, row.title, row.description, tuple(item for _row, item in part))
        for row, part in groupby(rows, key=lambda pair: pair[0].section)
    )
    shown = [item for _row, item in rows if item.is_shown]
    at = next((place for place, (_row, item) in enumerate(rows) if item.is_current), None)
    return Outline(
        sections=sections,
        count=len(shown),
        duration_ms=_duration_ms(shown),
        previous=_neighbor([item for _row, item in rows], at, -1),
        current=None if at is None else rows[at][1],
        next=_neighbor([item for _row, item in rows], at, +1),
    )


def _duration_ms(items: Iterable[OutlineItem]) -> int:
    return sum((item.video.asset.duration_ms or 0) for item in items if item.is_shown and item.video)


def _neighbor(items: Sequence[OutlineItem], at: int | None, step: int) -> OutlineItem | None:
    """Return the item beside a place, passing over those that the viewer may not know."""
    if at is None:
        return None
    row = items[:at][::-1] if step < 0 else items[at + 1 :]
    return next((item for item in row if item.video), None)

"""The order of a playlist: sections with the public ids of their videos. Pure; every step returns a new arrangement.

No step loses or doubles a video. Sections are counted from 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from eduvideo.core.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class ArrangedSection:
    """A section's title and description, which may be empty, and its videos in order."""

    title: str
    videos: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class WantedSection:
    """A section as somebody asks for it; without a description nothing is said of it."""

    title: str
    videos: tuple[str, ...] = ()
    description: str | None = None


Arrangement = tuple[ArrangedSection, ...]
EMPTY: Arrangement = (ArrangedSection(""),)


def video_ids(order: Arrangement) -> tuple[str, ...]:
    """Return all videos in the order in which they are watched."""
    return tuple(video for section in order for video in section.videos)


def rearranged(order: Arrangement, wanted: Sequence[WantedSection]) -> Arrangement:
    """Return another whole order, in which a section without a description keeps that of the one of its title.

    Where several have the same title, the first takes after the first.
    """
    known: dict[str, list[str]] = {}
    for section in order:
        known.setdefault(section.title, []).append(section.description)
    made: list[ArrangedSection] = []
    for one in wanted:
        before = known.get(one.title, [])
        description = before.pop(0) if before else ""
        made.append(ArrangedSection(one.title, one.videos, description if one.description is None else one.description))
    return tuple(made)


def with_videos(order: Arrangement, videos: Sequence[str], *, section: int | None = None) -> Arrangement:
    """Put videos at the end of a section, of the last one by default."""
    at = len(order) - 1 if section is None else _checked(order, section)
    return _changed(order, at, videos=(*order[at].videos, *videos))


def without_video(order: Arrangement, video: str) -> Arrangement:
    """Take a video out; raises InvalidInputError when it is not there."""
    at = _section_of(order, video)
    return _changed(order, at, videos=tuple(other for other in order[at].videos if other != video))


def moved_up(order: Arrangement, video: str) -> Arrangement:
    """Move a video one place up; from the top of a section it goes to the end of the one before."""
    at = _section_of(order, video)
    videos = list(order[at].videos)
    place = videos.index(video)
    if place:
        videos[place - 1 : place + 1] = [video, videos[place - 1]]
        return _changed(order, at, videos=tuple(videos))
    return with_videos(without_video(order, video), [video], section=at - 1) if at else order


def moved_down(order: Arrangement, video: str) -> Arrangement:
    """Move a video one place down; from the end of a section it goes to the top of the next one."""
    return _reversed(moved_up(_reversed(order), video))


def moved_to(order: Arrangement, videos: Sequence[str], *, section: int) -> Arrangement:
    """Move videos to the end of a section, in the order in which they were."""
    _checked(order, section)
    moving = [video for video in video_ids(order) if video in videos]
    for video in (*moving, *(video for video in videos if video not in moving)):
        order = without_video(order, video)
    return with_videos(order, moving, section=section)


def with_section(order: Arrangement, title: str) -> Arrangement:
    """Add a section at the end."""
    return (*order, ArrangedSection(title))


def without_section(order: Arrangement, section: int) -> Arrangement:
    """Take a section away; its videos join the section before, or the next one. The only one just loses its texts."""
    at = _checked(order, section)
    if len(order) == 1:
        return (ArrangedSection("", order[0].videos),)
    rest = (*order[:at], *order[at + 1 :])
    if at:
        return _changed(rest, at - 1, videos=(*rest[at - 1].videos, *order[at].videos))
    return _changed(rest, 0, videos=(*order[0].videos, *rest[0].videos))


def retold(order: Arrangement, section: int, *, title: str, description: str) -> Arrangement:
    """Give a section other texts."""
    return _changed(order, _checked(order, section), title=title, description=description)


def section_moved_up(order: Arrangement, section: int) -> Arrangement:
    """Move a whole section one place up; the first one stays."""
    at = _checked(order, section)
    return (*order[: at - 1], order[at], order[at - 1], *order[at + 1 :]) if at else order


def section_moved_down(order: Arrangement, section: int) -> Arrangement:
    """Move a whole section one place down; the last one stays."""
    at = _checked(order, section)
    return section_moved_up(order, at + 1) if at + 1 < len(order) else order


def _section_of(order: Arrangement, video: str) -> int:
    for at, section in enumerate(order):
        if video in section.videos:
            return at
    raise InvalidInputError.of("video", _("This lesson is not in the playlist (any more)."))


def _checked(order: Arrangement, section: int) -> int:
    if not 0 <= section < len(order):
        raise InvalidInputError.of("section", _("There is no such section; the first one is 0."))
    return section


def _changed(order: Arrangement, at: int, **changes: str | tuple[str, ...]) -> Arrangement:
    return (*order[:at], replace(order[at], **changes), *order[at + 1 :])  # type: ignore[arg-type]  # its own fields


def _reversed(order: Arrangement) -> Arrangement:
    return tuple(replace(section, videos=section.videos[::-1]) for section in reversed(order))

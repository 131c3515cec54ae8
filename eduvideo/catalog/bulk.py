"""One change of many lessons: each with its own permission, in a transaction of its own, with an outcome of its own."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial

from django.core.exceptions import ObjectDoesNotExist
from django.utils.translation import gettext as _

from eduvideo.accounts.models import User
from eduvideo.catalog import access, arrangement, playlists, scheduling, services
from eduvideo.catalog.access import Action
from eduvideo.catalog.models import Video, VideoState
from eduvideo.catalog.queries import arrangement_of
from eduvideo.catalog.services import VideoChanges
from eduvideo.core.errors import ConflictError, DomainError, NotFoundError, UnavailableError


class Step(StrEnum):
    """What is done to each lesson. The fields are named as in VideoChanges."""

    PUBLISH = "publish"
    UNPUBLISH = "unpublish"
    SCHEDULE = "schedule"
    VISIBILITY = "visibility"
    SUBJECT = "subject"
    GRADE = "grade"
    LANGUAGE = "language"
    ORGANIZATION = "organization"
    PLAYLIST = "playlist"
    DELETE = "delete"


FIELDS = (Step.VISIBILITY, Step.SUBJECT, Step.GRADE, Step.LANGUAGE, Step.ORGANIZATION)


@dataclass(frozen=True, slots=True)
class BulkChange:
    """A step and what it needs: an id, a value of the field, a time (ISO 8601 with its zone), or nothing."""

    step: Step
    value: str = ""


@dataclass(slots=True)
class Tally:
    """What became of the lessons: how many were changed, how many were so already, and why others could not be."""

    changed: int = 0
    same: int = 0
    problems: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # titles by reason

    def note(self, *, has_changed: bool) -> None:
        self.changed += has_changed
        self.same += not has_changed


def change_lessons(ids: Sequence[str], change: BulkChange, *, by: User) -> Tally:
    """Change lessons (public ids) one after another; what one of them may not be, or is not, stops no other.

    Doing it again finds what was changed to be so already. Raises UnavailableError when a part is away; what was
    changed before stays changed.
    """
    if change.step is Step.PLAYLIST:
        return _add_to_playlist(ids, change.value, by=by)
    tally = Tally()
    for public_id in ids:
        title = public_id
        try:
            video = access.get_video_for(by, public_id, to=ACTIONS.get(change.step, Action.EDIT))
            title = video.title
            tally.note(has_changed=_has_changed(video, change, by=by))
        except UnavailableError:
            raise
        except ObjectDoesNotExist:  # deleted by another request since it was looked at
            tally.problems[NotFoundError().detail].append(title)
        except DomainError as error:
            tally.problems[error.detail].append(title)
    return tally


def _has_changed(video: Video, change: BulkChange, *, by: User) -> bool:
    if change.step in FIELDS:
        return _set_field(video, change, by=by)
    return DOING[change.step](video, change.value, by)


def _publish(video: Video, _value: str, by: User) -> bool:
    if video.state == VideoState.PUBLISHED or video.publish_requested_at:
        return False
    services.publish_video(video, by=by)
    return True


def _unpublish(video: Video, _value: str, by: User) -> bool:
    if video.state == VideoState.WITHDRAWN and not by.is_staff:
        raise ConflictError(_("This lesson was withdrawn by the staff."))
    if video.state == VideoState.DRAFT and not video.publish_requested_at and not video.publish_at:
        return False
    services.unpublish_video(video, by=by)
    return True


def _schedule(video: Video, value: str, by: User) -> bool:
    at = datetime.fromisoformat(value)
    if video.publish_at == at:
        return False
    scheduling.schedule_video(video, by=by, at=at)
    return True


def _delete(video: Video, _value: str, by: User) -> bool:
    services.delete_video(video, by=by)
    return True


def _set_field(video: Video, change: BulkChange, *, by: User) -> bool:
    organization = video.organization.public_id if video.organization else ""
    before = organization if change.step is Step.ORGANIZATION else getattr(video, change.step.value)
    if before == change.value:
        return False
    services.update_video(video, by=by, changes=VideoChanges(**{change.step.value: change.value}))
    return True


def _add_to_playlist(ids: Sequence[str], playlist_id: str, *, by: User) -> Tally:
    """Add lessons at the end, all in one change of the order; as many as there is room for."""
    tally = Tally()
    titles: dict[str, str] = {}
    try:
        playlist = access.get_playlist_for(by, playlist_id, to=Action.EDIT)
    except DomainError as error:
        tally.problems[error.detail] += ids
        return tally
    there = set(arrangement.video_ids(arrangement_of(playlist)))
    for public_id in ids:
        try:
            titles[public_id] = access.get_video_for(by, public_id, to=Action.EDIT).title
        except DomainError as error:
            tally.problems[error.detail].append(public_id)
    new = [public_id for public_id in titles if public_id not in there]
    tally.same = len(titles) - len(new)
    room = max(0, playlists.MAX_VIDEOS - len(there))
    if new[room:]:
        full = _("A playlist holds at most %d lessons.") % playlists.MAX_VIDEOS
        tally.problems[full] += [titles[public_id] for public_id in new[room:]]
    if added := new[:room]:
        try:
            playlists.arrange_playlist(playlist, by=by, change=partial(arrangement.with_videos, videos=added))
            tally.changed = len(added)
        except DomainError as error:  # somebody has changed it in the meantime
            tally.problems[error.detail] += [titles[public_id] for public_id in added]
    return tally


ACTIONS: Mapping[Step, Action] = {
    Step.PUBLISH: Action.PUBLISH,
    Step.UNPUBLISH: Action.PUBLISH,
    Step.SCHEDULE: Action.PUBLISH,
    Step.DELETE: Action.DELETE,
}
DOING: Mapping[Step, Callable[[Video, str, User], bool]] = {
    Step.PUBLISH: _publish,
    Step.UNPUBLISH: _unpublish,
    Step.SCHEDULE: _schedule,
    Step.DELETE: _delete,
}

"""Publishing at a time: said by the creator, done once by a task that looks every few seconds."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from eduvideo.accounts.models import User
from eduvideo.catalog import services
from eduvideo.catalog.models import Video, VideoState
from eduvideo.core import clock
from eduvideo.core.errors import ConflictError, InvalidInputError

logger = logging.getLogger(__name__)

LATEST = timedelta(days=2 * 366)
AT_ONCE = 200


@transaction.atomic
def schedule_video(video: Video, *, by: User, at: datetime) -> Video:
    """Have a draft published at a time (aware); one that has passed means now.

    It takes the place of an earlier time, and of a wish to publish as soon as it can be played. Raises ConflictError
    for what is no draft, InvalidInputError for a time more than two years ahead.
    """
    now = clock.now()
    if at <= now:
        return services.publish_video(video, by=by)
    if at > now + LATEST:
        raise InvalidInputError.of("publish_at", _("Choose a time within the next two years."))
    draft = Video.objects.filter(pk=video.pk, state=VideoState.DRAFT)
    changed = draft.update(publish_at=at, publish_requested_at=None, updated_at=now)
    video.refresh_from_db(fields=["state", "publish_at", "publish_requested_at", "published_at", "updated_at"])
    if not changed and video.state == VideoState.WITHDRAWN:
        raise ConflictError(_("This lesson was withdrawn by the staff and cannot be published."))
    if not changed:
        raise ConflictError(_("This lesson is published already. Unpublish it first to choose a time."))
    return video


def cancel_schedule(video: Video, *, by: User) -> Video:  # noqa: ARG001 - the audit log will name them
    """Leave a video a draft without a time; nothing changes where there was none, or where it has come."""
    if Video.objects.filter(pk=video.pk, publish_at__isnull=False).update(publish_at=None, updated_at=clock.now()):
        video.refresh_from_db(fields=["publish_at", "updated_at"])
    return video


def publish_due() -> int:
    """Publish what is due, and return of how many lessons the time had come.

    What cannot be played yet is published when it can, as if its creator had just asked for it. Each lesson is a
    transaction of its own that begins by taking its time away, so that it is published once however many tasks run and
    wherever one of them ends; a lesson that fails is tried again and holds up no other. One whose owner's account was
    deactivated meanwhile stays a draft, without a time.
    """
    due = Video.objects.filter(publish_at__lte=clock.now()).order_by("publish_at", "pk")
    return sum(_publish_if_due(pk) for pk in due.values_list("pk", flat=True)[:AT_ONCE])


def _publish_if_due(pk: int) -> bool:
    try:
        with transaction.atomic():
            now = clock.now()
            due = Video.objects.filter(pk=pk, state=VideoState.DRAFT, publish_at__lte=now)
            if not due.update(publish_at=None, publish_requested_at=now):
                return False  # another task was first, or the creator has thought better of it
            video = Video.objects.select_related("asset", "owner").get(pk=pk)
            if not services.drop_publish_request(video.asset):
                services.publish_video(video, by=video.owner)
    except Exception:
        logger.exception("Lesson %d could not be published at its time; the next look tries again", pk)
        return False
    return True

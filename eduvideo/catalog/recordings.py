"""The recordings of lessons: begun, used again, replaced, recognized, and let go when the policy says so."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from eduvideo.accounts.models import Organization, User
from eduvideo.catalog.models import Video, VideoState
from eduvideo.core import clock
from eduvideo.core.errors import ForbiddenError
from eduvideo.media import sources
from eduvideo.media.models import AssetState
from eduvideo.uploads import services as uploads
from eduvideo.uploads.access import get_upload_for
from eduvideo.uploads.models import Upload
from eduvideo.uploads.queries import same_sources

MAX_SAME = 20


@dataclass(frozen=True, slots=True)
class NewRecording:
    """A file that is to be sent; or `same_as`, an upload (public id) whose recording is used again."""

    filename: str = ""
    size_bytes: int | None = None
    fingerprint: str = ""
    same_as: str = ""


@dataclass(frozen=True, slots=True)
class SameSource:
    """A lesson and the upload by which it got, or is getting, the file in question."""

    video: Video
    upload: Upload


def begin_upload(recording: NewRecording, *, owner: User, organization: Organization | None) -> Upload:
    """Begin the upload of a recording, or complete it at once where it is used again.

    Raises NotFoundError for somebody else's upload, else as uploads.create_upload and reuse_source.
    """
    if recording.same_as:
        return uploads.reuse_source(get_upload_for(owner, recording.same_as), organization=organization)
    return uploads.create_upload(
        owner=owner,
        filename=recording.filename,
        size_bytes=recording.size_bytes,
        fingerprint=recording.fingerprint,
        organization=organization,
    )


@transaction.atomic
def replace_recording(video: Video, *, by: User, recording: NewRecording) -> Upload:
    """Begin another recording for a video; what there is plays until it is ready.

    Raises ForbiddenError for others than the owner, whose upload it is, ConflictError while another one is under way.
    """
    if by.pk != video.owner_id:
        raise ForbiddenError(_("Only the creator of this lesson may replace its recording."))
    upload = begin_upload(recording, owner=by, organization=video.organization)
    sources.expect_recording(video.asset, upload)
    return upload


def sources_like(owner: User, *, size_bytes: int, fingerprint: str) -> list[SameSource]:
    """Return one's lessons that have, or are getting, the same file; the newest upload first. Two queries."""
    found = list(same_sources(owner, size_bytes=size_bytes, fingerprint=fingerprint)[:MAX_SAME])
    is_theirs = Q(asset__upload__in=found) | Q(asset__replacement__in=found)
    videos: dict[int, Video] = {}
    for video in Video.objects.filter(is_theirs).select_related("asset"):
        videos |= {pk: video for pk in (video.asset.upload_id, video.asset.replacement_id) if pk is not None}
    return [SameSource(videos[upload.pk], upload) for upload in found if upload.pk in videos and not upload.is_gone]


def delete_published_sources() -> int:
    """Let go of the files of published lessons that are kept no longer than the setting says; return how many."""
    days = settings.EDUVIDEO.source_kept_days
    if days is None:
        return 0
    since = clock.now() - timedelta(days=days)
    over = Video.objects.filter(
        state=VideoState.PUBLISHED,
        published_at__lte=since,
        asset__state=AssetState.READY,
        asset__current_job__finished_at__lte=since,
    ).exclude(asset__source_key="")
    return sum(sources.delete_source(video.asset) for video in over.select_related("asset").iterator())

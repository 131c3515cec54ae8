"""Collection of what nobody needs any more: outputs of given-up attempts, orphans, ended sessions."""

from datetime import timedelta

from eduvideo.core import clock
from eduvideo.core.objects import open_objects
from eduvideo.media.models import Asset, CaptionTrack, JobState, PlaybackSession, TranscodeJob

KEPT = timedelta(days=1)
ATTEMPT_DEPTH = 4  # assets/<asset>/<job>/<token>


def collect_stale_media() -> int:
    """Remove outputs that no player may read and that are a day old; return how many objects went.

    A viewer may still be on the attempt before, hence the day.
    """
    store = open_objects()
    PlaybackSession.objects.filter(expires_at__lt=clock.now()).delete()
    used = _used_prefixes()
    captions = set(CaptionTrack.objects.values_list("object_key", flat=True))
    limit = (clock.now() - KEPT).timestamp()
    stale = [
        info.key
        for info in store.list("assets/")
        if info.modified_s < limit and info.key not in captions and _attempt(info.key) not in used
    ]
    store.delete_many(stale)
    return len(stale)


def _used_prefixes() -> set[str]:
    """Return assets/<asset>/<job>/<token> of everything that is played or still being made."""
    used: set[str] = set()
    current = set(Asset.objects.exclude(current_job=None).values_list("current_job_id", flat=True))
    for job in TranscodeJob.objects.select_related("asset").iterator():
        if job.pk in current and job.playable_token:
            used.add(job.output_prefix(job.playable_token).rstrip("/"))
        if job.state in {JobState.QUEUED, JobState.RUNNING}:
            used.add(job.output_prefix(job.token).rstrip("/"))
    return used


def _attempt(key: str) -> str:
    return "/".join(key.split("/")[:ATTEMPT_DEPTH])

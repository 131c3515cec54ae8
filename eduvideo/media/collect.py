"""Collection of what nobody needs any more: outputs of given-up attempts, orphans, ended sessions."""

from collections import defaultdict
from datetime import datetime, timedelta

from django.db.models import F

from eduvideo.core import clock
from eduvideo.core.objects import open_objects
from eduvideo.media.keeping import ELSEWHERE, kept_outputs
from eduvideo.media.models import Asset, CaptionTrack, PlaybackSession, Rendition, TranscodeJob

KEPT = timedelta(days=1)
ATTEMPT_DEPTH = 4  # assets/<asset>/<job>/<token>


def collect_stale_media() -> int:
    """Remove outputs that no player may read and that are a day old; return how many objects went.

    A viewer may still be on the attempt before, hence the day.
    """
    store = open_objects()
    since = clock.now() - KEPT
    PlaybackSession.objects.filter(expires_at__lt=clock.now()).delete()
    attempts, replaced = _kept_prefixes(since)
    captions = set(CaptionTrack.objects.values_list("object_key", flat=True))
    stale = [
        info.key
        for info in store.list("assets/")
        if info.modified_s < since.timestamp()
        and info.key not in captions
        and (_folder(info.key, ATTEMPT_DEPTH) not in attempts or _folder(info.key, ATTEMPT_DEPTH + 1) in replaced)
    ]
    store.delete_many(stale)
    return len(stale)


def _kept_prefixes(since: datetime) -> tuple[set[str], set[str]]:
    """Return the attempts that are needed, and folders of renditions in them that are not."""
    by_asset: dict[int, list[TranscodeJob]] = defaultdict(list)
    for job in TranscodeJob.objects.select_related("asset").order_by("id").iterator():
        by_asset[job.asset_id].append(job)
    moved: dict[int, dict[str, str]] = defaultdict(dict)
    for job_id, name, playlist in _moved_renditions():
        moved[job_id][name] = playlist
    attempts: set[str] = set()
    replaced: set[str] = set()
    for asset in Asset.objects.select_related("current_job").iterator():
        current = asset.current_job
        of_current = moved[current.pk] if current else {}
        kept = kept_outputs(by_asset[asset.pk], current=current, moved=of_current, since=since)
        attempts |= kept.attempts
        replaced |= kept.replaced
    return attempts, replaced


def _moved_renditions() -> list[tuple[int, str, str]]:
    """Return (job, name, playlist) of every rendition that was made anew by another job and is in place."""
    rows = Rendition.objects.filter(playlist__startswith=ELSEWHERE, job__playable_token=F("token"))
    return list(rows.values_list("job_id", "name", "playlist"))


def _folder(key: str, depth: int) -> str:
    return "/".join(key.split("/")[:depth]) + "/"

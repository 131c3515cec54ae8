"""Collection of what nobody needs any more: outputs of given-up attempts, orphans, ended sessions."""

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import F

from eduvideo.core import clock
from eduvideo.core.objects import open_objects
from eduvideo.media.keeping import ELSEWHERE, kept_outputs
from eduvideo.media.models import Asset, CaptionTrack, PlaybackSession, Rendition, TranscodeJob
from eduvideo.media.purging import purge_objects

KEPT = timedelta(days=1)
ATTEMPT_DEPTH = 4  # assets/<asset>/<job>/<token>, and assets/<asset>/posters/<id>


def collect_stale_media() -> int:
    """Remove outputs that no player may read; return how many objects went.

    They go a day later, as a viewer may still be on the attempt before. What belongs to no asset goes at once: a worker
    may have written on for a second after the deletion.
    """
    store = open_objects()
    since = clock.now() - KEPT
    PlaybackSession.objects.filter(expires_at__lt=clock.now()).delete()
    attempts, replaced = _kept_prefixes(since)
    captions = set(CaptionTrack.objects.values_list("object_key", flat=True))
    posters = set(Asset.objects.exclude(poster_prefix="").values_list("poster_prefix", flat=True))
    known = set(Asset.objects.values_list("public_id", flat=True))
    stale, stray = [], []
    for info in store.list("assets/"):
        if _asset(info.key) not in known:
            stray.append(info.key)
        elif (
            info.modified_s < since.timestamp()
            and info.key not in captions
            and _folder(info.key, 3) != f"assets/{_asset(info.key)}/figures/"  # of study guides: they go with the asset
            and _folder(info.key, ATTEMPT_DEPTH) not in posters
            and (_folder(info.key, ATTEMPT_DEPTH) not in attempts or _is_replaced(info.key, replaced))
        ):
            stale.append(info.key)
    born = _assets_among(stray)  # while we looked
    gone = [*stale, *(key for key in stray if _asset(key) not in born)]
    purge_objects(gone)  # first: nobody would know their names afterwards
    store.delete_many(gone)
    return len(gone)


def _asset(key: str) -> str:
    return key.split("/")[1]


def _assets_among(keys: list[str]) -> set[str]:
    named = {_asset(key) for key in keys}
    return set(Asset.objects.filter(public_id__in=named).values_list("public_id", flat=True)) if named else set()


def _kept_prefixes(since: datetime) -> tuple[set[str], set[str]]:
    """Return the attempts that are needed, and folders of renditions in them that are not."""
    moved = _moved_renditions()
    attempts: set[str] = set()
    replaced: set[str] = set()
    rows = TranscodeJob.objects.select_related("asset__current_job").order_by("asset_id", "id")
    for _, group in groupby(rows.iterator(), key=lambda job: job.asset_id):
        jobs = list(group)
        current = jobs[0].asset.current_job
        of_current = moved[current.pk] if current else {}
        kept = kept_outputs(jobs, current=current, moved=of_current, since=since)
        attempts |= kept.attempts
        replaced |= kept.replaced
    return attempts, replaced


def _moved_renditions() -> dict[int, dict[str, str]]:
    """Return by job and name the playlists of renditions that were made anew by other jobs and are in place."""
    moved: dict[int, dict[str, str]] = defaultdict(dict)
    rows = Rendition.objects.filter(playlist__startswith=ELSEWHERE, job__playable_token=F("token"))
    for job_id, name, playlist in rows.values_list("job_id", "name", "playlist"):
        moved[job_id][name] = playlist
    return moved


def _folder(key: str, depth: int) -> str:
    return "/".join(key.split("/")[:depth]) + "/"


def _is_replaced(key: str, folders: set[str]) -> bool:
    """Tell whether there is newer media; playlists stay, by which a rendition is cut that is made anew once more."""
    return _folder(key, ATTEMPT_DEPTH + 1) in folders and not key.endswith(".m3u8")

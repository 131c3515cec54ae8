"""Comparison of the object store with the database: what nobody owns, and what owners miss."""

from collections.abc import Collection
from dataclasses import dataclass
from posixpath import normpath

from django.db.models import Q

from eduvideo.core import clock
from eduvideo.core.objects import open_objects
from eduvideo.media.models import POSTER_NAME, THUMBNAIL_NAME, Asset, CaptionTrack, TranscodeJob
from eduvideo.media.splitting import GROWING
from eduvideo.uploads.models import Upload, UploadState
from eduvideo.uploads.multipart import stray_multiparts
from eduvideo.uploads.partial import FOLDER
from eduvideo.uploads.services import stray_partials

PROBE = "health/"  # written by the store's own check


@dataclass(frozen=True, slots=True)
class Audit:
    """What no row accounts for, and keys that rows name but the store does not have.

    Unowned are keys of objects, `.uploads/<id>` of partial files and `<key>?uploadId=<id>` of transfers in parts.
    """

    unowned: tuple[str, ...]
    missing: tuple[str, ...]


def compare_storage(*, figures: Collection[str] | None = None) -> Audit:
    """Compare every object with the rows; what only awaits collection (superseded, younger than a day) is owned.

    `figures` are the keys of all pictures of study guides, of which media knows nothing; without them any of an asset
    that is there is taken for one. On a platform at work an upload or an encode of this very moment may show: ask anew.
    """
    keys = {info.key for info in open_objects().list("") if not info.key.startswith(PROBE)}
    is_named = Q(assets__isnull=False) | Q(replaces__isnull=False) | Q(kept_for__isnull=False)
    complete = Upload.objects.filter(is_named, state=UploadState.COMPLETED).exclude(object_key="")
    sources = set(complete.values_list("object_key", flat=True))
    arriving = {upload.source_key for upload in Upload.objects.filter(state=UploadState.STARTED)}
    tokens = {
        (asset, job): token
        for asset, job, token in TranscodeJob.objects.values_list("asset__public_id", "public_id", "token")
    }
    assets = set(Asset.objects.values_list("public_id", flat=True))

    def is_owned(key: str) -> bool:
        match key.split("/"):
            case ["sources", *_]:
                return key in sources or key in arriving
            case ["assets", _asset, "figures", _] if figures is not None:
                return key in figures
            case ["assets", asset, "captions" | "figures", _] | ["assets", asset, "posters", _, _]:
                return asset in assets
            case ["assets", asset, job, token, _, *_]:
                return token.isdecimal() and int(token) <= tokens.get((asset, job), -1)
        return False

    captions = set(CaptionTrack.objects.values_list("object_key", flat=True))
    needed = sources | _sources_of_assets() | _played() | captions | _chosen_posters() | set(figures or ())
    unowned = [key for key in keys if not is_owned(key)]
    return Audit(unowned=tuple(sorted([*unowned, *_stray_transfers()])), missing=tuple(sorted(needed - keys)))


def _stray_transfers() -> list[str]:
    partials = [f"{FOLDER}/{upload_id}" for upload_id in stray_partials()]
    multiparts = stray_multiparts(begun_before=clock.now())
    return [*partials, *(f"{item.key}?uploadId={item.multipart_id}" for item in multiparts)]


def _sources_of_assets() -> set[str]:
    return set(Asset.objects.exclude(source_key="").values_list("source_key", flat=True))


def _chosen_posters() -> set[str]:
    prefixes = Asset.objects.exclude(poster_prefix="").values_list("poster_prefix", flat=True)
    return {prefix + name for prefix in prefixes for name in (POSTER_NAME, THUMBNAIL_NAME)}


def _played() -> set[str]:
    """Return what a player asks for first: the playlists and stills of every attempt that is played.

    The growing playlists of a split job are composed of objects of its parts, which come and go with every try.
    """
    current = Asset.objects.exclude(current_job=None).values("current_job")
    needed: set[str] = set()
    for job in TranscodeJob.objects.filter(pk__in=current).select_related("asset").prefetch_related("renditions"):
        if job.playable_token is None:
            continue
        prefix = job.output_prefix(job.playable_token)
        playlists = [row.playlist for row in job.renditions.all() if row.token == job.playable_token]
        if job.playable_token == job.split_token:
            playlists = [playlist for playlist in playlists if not playlist.endswith(f"/{GROWING}")]
        offered = [item[size] for item in job.poster_candidates for size in ("poster", "thumbnail")]
        names = (job.poster, job.thumbnail, job.storyboard, *offered, *playlists)
        needed |= {normpath(prefix + name) for name in names if name}  # what was made anew is beside it: ../../
    return needed

"""Playlists that are no objects.

The multivariant playlist of an attempt is composed from its rows, so that captions may change without a new encode; the
growing ones of a split job from those of its parts, which are objects.
"""

import re
import time
from collections import OrderedDict
from threading import Lock

from django.db.models import Q

from eduvideo.core.errors import NotFoundError
from eduvideo.core.objects import ObjectStore, ObjectStoreError, open_objects
from eduvideo.media.growing import Part, PartPlaylist, growing_playlist, read_part
from eduvideo.media.models import CaptionTrack, JobState, Rendition, TranscodeJob
from eduvideo.media.renditions import info_of
from eduvideo.media.splitting import GROWING
from transcoding.messages import CaptionInfo
from transcoding.playlist import caption_playlist, language_name, multivariant

_TOKEN = re.compile("[0-9]{1,9}")
MAX_REMEMBERED = 512
# Less than players wait before they ask again (RFC 8216bis, section 6.3.4: half of a target duration of 2 s and more),
# so that nobody sees less than before where another process answers.
FRESH_S = 0.5


def multivariant_playlist(key: str) -> str:
    """Return the playlist of assets/<asset>/<job>/<token>/master.m3u8; raises NotFoundError unless it can be played."""
    parts = key.split("/")
    if len(parts) != 5 or not _TOKEN.fullmatch(parts[3]):  # noqa: PLR2004 - the key's shape above
        raise NotFoundError
    _, asset, job_id, token, _ = parts
    # Whoever opened a page while a split job grew may press play after its join.
    is_played = Q(playable_token=int(token)) | Q(playable_token__isnull=False, split_token=int(token))
    job = TranscodeJob.objects.filter(is_played, public_id=job_id, asset__public_id=asset).first()
    if job is None:
        raise NotFoundError
    rows = Rendition.objects.filter(job=job, token=int(token)).exclude(playlist="").order_by("-height_px", "name")
    captions = CaptionTrack.objects.filter(asset_id=job.asset_id).order_by("language")
    return multivariant([info_of(row) for row in rows], captions=[_caption(track) for track in captions])


def split_playlist(key: str) -> str | None:
    """Return assets/<asset>/<job>/<token>/<rendition>/growing.m3u8 of a split job; None where it is an object.

    Two queries, for all who ask within half a second; reads of the store only for parts that are not complete or not
    remembered. Raises NotFoundError while there is nothing to play, ObjectStoreError while the store is away.
    """
    now = time.monotonic()
    with _lock:
        until, text = _recent.get(key, (0.0, None))
    if until > now:
        return text
    text = _composed(key)
    with _lock:
        if len(_recent) > MAX_REMEMBERED:
            _recent.clear()
        _recent[key] = now + FRESH_S, text
    return text


def _composed(key: str) -> str | None:
    steps = key.split("/")
    if len(steps) != 6 or not _TOKEN.fullmatch(steps[3]):  # noqa: PLR2004 - the key's shape above
        return None
    _, asset, job_id, token, name, _ = steps
    job = TranscodeJob.objects.filter(public_id=job_id, asset__public_id=asset, split_token=int(token)).first()
    if job is None:
        return None
    rows = job.parts.order_by("part").values_list("public_id", "token", "state", "makes")
    making = [(part_id, last_token, state) for part_id, last_token, state, makes in rows if name in makes]
    if not making:  # made by the run that split
        return None
    parts: list[Part] = []
    for part_id, last_token, state in making:
        is_complete = state == JobState.SUCCEEDED
        tries = _tries(f"assets/{asset}/{part_id}", name, tokens=last_token, is_complete=is_complete)
        parts.append(Part(tries, is_complete=is_complete))
        if not is_complete:  # what follows is not listed yet
            break
    text = growing_playlist(parts, key=key)
    if text is None:
        raise NotFoundError
    return text


_recent: dict[str, tuple[float, str | None]] = {}
_complete: OrderedDict[str, tuple[PartPlaylist, ...]] = OrderedDict()
_lock = Lock()


def forget() -> None:
    """Forget every remembered playlist."""
    with _lock:
        _complete.clear()
        _recent.clear()


def _tries(folder: str, name: str, *, tokens: int, is_complete: bool) -> tuple[PartPlaylist, ...]:
    """Return what the tries of a part list; those of a part that has ended well never change and are remembered."""
    place = f"{folder}/{tokens}/{name}"
    with _lock:
        if is_complete and place in _complete:
            _complete.move_to_end(place)
            return _complete[place]
    store = open_objects()
    found = [_read(store, f"{folder}/{token}/{name}/{GROWING}") for token in range(1, tokens + 1)]
    tries = tuple(one for one in found if one is not None)
    if is_complete:
        with _lock:
            _complete[place] = tries
            if len(_complete) > MAX_REMEMBERED:
                _complete.popitem(last=False)
    return tries


def _read(store: ObjectStore, key: str) -> PartPlaylist | None:
    try:
        return read_part(store.read(key).decode(), key=key)
    except ObjectStoreError as error:
        if error.missing:
            return None
        raise


def caption_segment_playlist(key: str) -> str:
    """Return the media playlist of a caption object: assets/<asset>/captions/<name>.vtt.m3u8 holds <name>.vtt whole."""
    file = key.removesuffix(".m3u8")
    track = CaptionTrack.objects.select_related("asset").filter(object_key=file).first()
    if track is None or track.asset.duration_ms is None:
        raise NotFoundError
    return caption_playlist(file.rpartition("/")[2], duration_ms=track.asset.duration_ms)


def _caption(track: CaptionTrack) -> CaptionInfo:
    """Return a track as the playlist at assets/<asset>/<job>/<token>/ refers to it."""
    path = f"../../captions/{track.object_key.rpartition('/')[2]}"
    label = track.label or language_name(track.language)
    return CaptionInfo(name=label, language=track.language, label=label, path=path, playlist=f"{path}.m3u8")

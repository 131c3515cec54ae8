"""Writes of captions: a whole text, single cues, removal.

Every write is a new revision under a new key (DESIGN, rule 1), and the key's last part names it for ever: the version.
A write that says which versions it `replaces` is refused where another is there, so that no edit undoes one that its
author has not seen. NOTHING among them stands for no captions of that language, ANY for whichever.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from eduvideo.core import clock
from eduvideo.core.errors import ConflictError, InvalidInputError, NotFoundError, PreconditionFailedError
from eduvideo.core.events import emit
from eduvideo.core.ids import new_secret
from eduvideo.core.objects import ObjectStoreError, open_objects
from eduvideo.media.captions import MAX_CUES, CaptionSyntaxError, Cue, parse_captions, shown_text, webvtt
from eduvideo.media.events import CaptionsChanged
from eduvideo.media.models import Asset, CaptionTrack, TranscodeJob

logger = logging.getLogger(__name__)

NOTHING, ANY = "", "*"
TRIES = 5


@dataclass(frozen=True, slots=True)
class CueChange:
    """What to do with one cue. `number` is its place in the version that is changed, from 0; None adds a cue.

    What is None stays; an empty text removes the cue.
    """

    number: int | None
    start_ms: int | None = None
    end_ms: int | None = None
    text: str | None = None


def version_of(track: CaptionTrack) -> str:
    """Return the name of a track's revision; no other revision ever has it, not even after a removal."""
    return track.object_key.rpartition("/")[2].removesuffix(".vtt")


def cues_of_track(track: CaptionTrack) -> tuple[Cue, ...]:
    """Return a track's cues in the order of time."""
    return tuple(Cue(start_ms, end_ms, text) for start_ms, end_ms, text in track.cues)


def captions_of(asset: Asset, *, language: str) -> CaptionTrack:
    """Return an asset's captions of one language; raises NotFoundError when there are none. One query."""
    track = asset.caption_tracks.select_related("asset").filter(language=language).first()
    if track is None:
        raise NotFoundError
    return track


def put_captions(
    asset: Asset, *, language: str, text: str, label: str = "", replaces: Collection[str] | None = None
) -> CaptionTrack:
    """Set an asset's captions of one language from WebVTT or SRT.

    Raises InvalidInputError with the line where the text cannot be read, PreconditionFailedError by `replaces`.
    """
    cues = _parsed(text)
    for _try in range(TRIES):
        there = asset.caption_tracks.filter(language=language).first()
        _check(there, replaces)
        if track := _saved(asset, there, language=language, cues=cues, label=label):
            return track
    raise ConflictError


def edit_cues(asset: Asset, *, language: str, changes: Sequence[CueChange], replaces: Collection[str]) -> CaptionTrack:
    """Change single cues of a track and leave the others as they are.

    Raises NotFoundError without such a track, InvalidInputError for a cue that is not there or would show nothing,
    PreconditionFailedError by `replaces`.
    """
    for _try in range(TRIES):
        there = captions_of(asset, language=language)
        _check(there, replaces)
        cues = changed_cues(cues_of_track(there), changes)
        if track := _saved(asset, there, language=language, cues=cues, label=there.label):
            return track
    raise ConflictError


def delete_captions(asset: Asset, *, language: str, replaces: Collection[str] | None = None) -> None:
    """Remove an asset's captions of one language; raises NotFoundError, or PreconditionFailedError by `replaces`."""
    for _try in range(TRIES):
        there = captions_of(asset, language=language)
        _check(there, replaces)
        with transaction.atomic():
            if CaptionTrack.objects.filter(pk=there.pk, object_key=there.object_key).delete()[0]:
                emit(CaptionsChanged(asset_id=asset.pk))
                return
    raise ConflictError


def take_found_captions(
    job: TranscodeJob, *, token: int, path: str, language: str, label: str, is_automatic: bool = False
) -> None:
    """Keep captions that a worker found inside a source, unless the asset has some in that language already.

    Automatic ones, which it heard, give way to those of any variant of the language: a creator's zh-Hans to a heard zh.
    Damaged ones are left out. Raises ObjectStoreError while the store is away.
    """
    asset = job.asset
    # Parts tell of theirs before the recording before has gone.
    over = captions_before(job) if asset.former_upload_id else CaptionTrack.objects.none()
    there = asset.caption_tracks.exclude(pk__in=over).values_list("language", flat=True)
    if language in there or (is_automatic and _main(language) in map(_main, there)):
        return
    try:
        cues = _parsed(open_objects().read(f"{job.output_prefix(token)}{path}").decode("utf-8", "replace"))
    except (ObjectStoreError, InvalidInputError) as error:
        if isinstance(error, ObjectStoreError) and not error.missing:
            raise
        logger.warning("Captions %s of job %s are left out: %s", path, job, error)
        return
    before = over.filter(language=language).first()
    _saved(asset, before, language=language, cues=cues, label=label, is_of_recording=True)


def captions_before(job: TranscodeJob) -> QuerySet[CaptionTrack]:
    """Return what was found or heard in a recording before a transcode of another one was queued."""
    queued_at = (job.parent or job).created_at
    return CaptionTrack.objects.filter(asset=job.asset_id, is_of_recording=True, updated_at__lt=queued_at)


def changed_cues(cues: Sequence[Cue], changes: Sequence[CueChange]) -> tuple[Cue, ...]:
    """Return the cues after all changes, in the order of time. Pure; raises InvalidInputError."""
    kept: dict[int, Cue] = dict(enumerate(cues))
    added: list[Cue] = []
    for change in changes:
        before = Cue(-1, -1, "") if change.number is None else kept.pop(change.number, None)
        if before is None:
            raise _wrong(_("There is no caption with the number %d, or it is changed twice.") % change.number)
        told = {name: value for name in ("start_ms", "end_ms") if (value := getattr(change, name)) is not None}
        after = replace(before, **told, text=_words(before.text if change.text is None else change.text))
        if not after.text and change.number is not None:
            continue
        if not (after.text and 0 <= after.start_ms < after.end_ms):
            raise _wrong(_("A caption needs a text, a start, and an end that is later."))
        added.append(after)
    result = sorted([*kept.values(), *added], key=lambda cue: (cue.start_ms, cue.end_ms))
    if not result:
        raise _wrong(_("No caption would be left. Remove the captions of this language instead."))
    if len(result) > MAX_CUES:
        raise _wrong(_("These are too many captions."))
    return tuple(result)


def _main(language: str) -> str:
    return language.lower().partition("-")[0]


def _wrong(message: str) -> InvalidInputError:
    return InvalidInputError.of("changes", message)


def _words(text: str) -> str:
    try:
        return shown_text(text)
    except CaptionSyntaxError as error:
        raise _wrong(str(error)) from error


def _parsed(text: str) -> tuple[Cue, ...]:
    try:
        cues = parse_captions(text)
    except CaptionSyntaxError as error:
        raise InvalidInputError.of(
            "text", _("Line %(line)d: %(what)s") % {"line": error.line, "what": error}
        ) from error
    if not cues:
        raise InvalidInputError.of("text", _("There is no caption in this text."))
    return cues


def _check(there: CaptionTrack | None, replaces: Collection[str] | None) -> None:
    """Refuse a write that does not name what is there."""
    named = {version_of(there), ANY} if there else {NOTHING}
    if replaces is not None and named.isdisjoint(replaces):
        raise PreconditionFailedError(
            _("These captions were changed since you read them. Load them again and repeat your change.")
        )


def _saved(
    asset: Asset,
    there: CaptionTrack | None,
    *,
    language: str,
    cues: Sequence[Cue],
    label: str,
    is_of_recording: bool = False,
) -> CaptionTrack | None:
    """Write the object, then the row in the place of what was there; None when that has changed since.

    The object comes first and outside of any transaction, as a store may take seconds. Old objects are collected.
    """
    revision = there.revision + 1 if there else 1
    key = f"assets/{asset.public_id}/captions/{language}-r{revision}-{new_secret()[:8]}.vtt"
    open_objects().write(key, webvtt(cues).encode(), content_type="text/vtt")
    told = {
        "revision": revision, "object_key": key, "label": label, "is_of_recording": is_of_recording,
        "cues": [[cue.start_ms, cue.end_ms, cue.text] for cue in cues],
    }  # fmt: skip
    with transaction.atomic():
        if _write_row(asset, there, language=language, told=told):
            emit(CaptionsChanged(asset_id=asset.pk))
            return CaptionTrack.objects.get(asset=asset, language=language)
    open_objects().delete_many([key])
    return None


def _write_row(asset: Asset, there: CaptionTrack | None, *, language: str, told: dict[str, object]) -> bool:
    if there is None:
        return CaptionTrack.objects.get_or_create(asset=asset, language=language, defaults=told)[1]
    same = CaptionTrack.objects.filter(pk=there.pk, object_key=there.object_key)
    return bool(same.update(**told, updated_at=clock.now()))

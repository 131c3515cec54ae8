"""The poster that a creator chose: one of the pictures that the transcode offers, or one of their own.

A choice is copied to a place of its own, which nothing ever changes: it stays when the recording is encoded anew, and
a cache that has the one before is not wrong (DESIGN, rule 1). Without a choice the transcode's own poster shows.
"""

from dataclasses import dataclass
from enum import StrEnum
from posixpath import normpath

from django.utils.translation import gettext as _

from eduvideo.core.errors import InvalidInputError, NotFoundError, QuotaExceededError
from eduvideo.core.ids import new_public_id
from eduvideo.core.objects import ObjectStoreError, open_objects
from eduvideo.media.candidates import Offer, offer_of
from eduvideo.media.models import POSTER_NAME, THUMBNAIL_NAME, Asset, PlaybackSession
from eduvideo.media.pictures import MAX_PICTURE_BYTES, Pictures, UnusablePictureError, poster_pictures
from eduvideo.media.queries import Still, candidates_of, stills_of


class PosterOrigin(StrEnum):
    AUTOMATIC = "automatic"
    CANDIDATE = "candidate"
    UPLOADED = "uploaded"


@dataclass(frozen=True, slots=True)
class Poster:
    """The poster that shows and the pictures that may be chosen in its place.

    `at_ms` is the moment of one that was chosen among them; `offer` says how it is with the pictures.
    """

    origin: PosterOrigin
    at_ms: int | None
    still: Still
    candidates: tuple[tuple[int, Still], ...]
    offer: Offer


def poster_of(asset: Asset, *, session: PlaybackSession | None) -> Poster:
    """Return what shows and what there is to choose from; `current_job` was selected. One query without pictures."""
    origin = PosterOrigin.AUTOMATIC
    if asset.poster_prefix:
        origin = PosterOrigin.UPLOADED if asset.poster_at_ms is None else PosterOrigin.CANDIDATE
    return Poster(
        origin=origin,
        at_ms=asset.poster_at_ms,
        still=stills_of(asset, session=session),
        candidates=candidates_of(asset, session=session),
        offer=offer_of(asset),
    )


def choose_poster(asset: Asset, *, at_ms: int) -> None:
    """Show the offered picture of a moment; raises InvalidInputError where none of it is offered."""
    job, prefix = asset.current_job, asset.played_prefix
    chosen = next((item for item in (job.poster_candidates if job else []) if item["at_ms"] == at_ms), None)
    if chosen is None:
        raise InvalidInputError.of("at_ms", _("There is no picture of this moment any more. Load the page again."))
    store = open_objects()
    try:
        poster, thumbnail = (store.read(normpath(f"{prefix}{chosen[size]}")) for size in ("poster", "thumbnail"))
        pictures = Pictures(poster, thumbnail)
    except ObjectStoreError as error:
        if not error.missing:
            raise
        raise NotFoundError from error
    _keep(asset, pictures, at_ms=at_ms)


def upload_poster(asset: Asset, *, data: bytes) -> None:
    """Show a JPEG, PNG or WebP picture; raises InvalidInputError, or QuotaExceededError for more than 5 MB."""
    if len(data) > MAX_PICTURE_BYTES:
        raise QuotaExceededError(_("A picture may have 5 MB at most."))
    try:
        pictures = poster_pictures(data)
    except UnusablePictureError as error:
        raise InvalidInputError.of("file", str(error)) from error
    _keep(asset, pictures, at_ms=None)


def reset_poster(asset: Asset) -> None:
    """Show the transcode's own poster again."""
    _point(asset, prefix="", at_ms=None)


def _keep(asset: Asset, pictures: Pictures, *, at_ms: int | None) -> None:
    """Write the objects, then point to them; those before are collected a day later."""
    prefix = f"assets/{asset.public_id}/posters/{new_public_id()}/"
    store = open_objects()
    store.write(prefix + POSTER_NAME, pictures.poster, content_type="image/jpeg")
    store.write(prefix + THUMBNAIL_NAME, pictures.thumbnail, content_type="image/jpeg")
    _point(asset, prefix=prefix, at_ms=at_ms)


def _point(asset: Asset, *, prefix: str, at_ms: int | None) -> None:
    if asset.poster_prefix:
        _make_new(asset.poster_prefix)
    Asset.objects.filter(pk=asset.pk).update(poster_prefix=prefix, poster_at_ms=at_ms)
    asset.poster_prefix, asset.poster_at_ms = prefix, at_ms


def _make_new(prefix: str) -> None:
    """Write the objects of a poster once more as they are: pages that show it are open, and collecting goes by age."""
    store = open_objects()
    for key in (prefix + POSTER_NAME, prefix + THUMBNAIL_NAME):
        try:
            store.write(key, store.read(key), content_type="image/jpeg")
        except ObjectStoreError as error:
            if not error.missing:
                raise

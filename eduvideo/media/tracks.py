"""An asset's captions without their cues, as a column of what another app reads."""

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import OuterRef

from eduvideo.core.json_rows import json_rows
from eduvideo.media.models import CaptionTrack

_FIELDS = ("id", "language", "label", "object_key")  # in the order of the table, as from_db asks


def caption_columns(asset: str) -> dict[str, Any]:  # Any: expressions have no common public type
    """Return expressions for `captions_in` over a table whose relation `asset` leads to one."""
    return {"asset_captions": json_rows(CaptionTrack.objects.filter(asset=OuterRef(asset)), *_FIELDS)}


def captions_in(row: Mapping[str, Any]) -> list[CaptionTrack]:  # Any: values of the columns
    """Return an asset's captions in the order of their languages, from a row with `caption_columns`.

    Their other fields are deferred.
    """
    found = sorted(row["asset_captions"], key=itemgetter(_FIELDS.index("language")))
    return [CaptionTrack.from_db(DEFAULT_DB_ALIAS, _FIELDS, track) for track in found]


def cues_at(track_pk: int, *, object_key: str) -> list[tuple[int, int, str]]:
    """Return the cues of one revision of a track, [] once it is another's. One query."""
    found = CaptionTrack.objects.filter(pk=track_pk, object_key=object_key).values_list("cues", flat=True).first()
    return [(start_ms, end_ms, text) for start_ms, end_ms, text in found or ()]

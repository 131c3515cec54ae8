"""Reads of embedding."""

from collections.abc import Sequence

from eduvideo.catalog.models import Playlist
from eduvideo.embedding.frames import Size
from eduvideo.embedding.models import AllowList
from eduvideo.media.models import Asset, Rendition

CHOSEN_POSTER = Size(1280, 720)  # of every poster that a creator chose, see media/pictures.py


def allowed_domains(playlist: Playlist) -> Sequence[str]:
    """Return the sites that may frame a playlist; none means every site. One query."""
    found = AllowList.objects.filter(playlist=playlist).values_list("domains", flat=True).first()
    return tuple(found or ())


def picture_size(asset: Asset) -> Size | None:
    """Return the size of an asset's largest picture, or None for a sound recording. At most one query."""
    if asset.poster_prefix:
        return CHOSEN_POSTER
    rows = Rendition.objects.filter(job=asset.current_job_id, kind="video", width_px__gt=0, height_px__gt=0)
    largest = rows.order_by("-height_px").values_list("width_px", "height_px").first()
    return Size(largest[0] or 0, largest[1] or 0) if largest else None

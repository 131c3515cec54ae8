"""Pictures of study guides: what editors upload is encoded anew, kept with the lesson and shown with its permission."""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from eduvideo.catalog.models import Video
from eduvideo.core import clock
from eduvideo.core.errors import ConflictError, InvalidInputError, QuotaExceededError
from eduvideo.core.objects import open_objects
from eduvideo.media.pictures import MAX_PICTURE_BYTES, UnusablePictureError, figure_picture
from eduvideo.study.models import Figure

MOST_FIGURES = 100
KEPT = timedelta(days=1)


def add_figure(video: Video, *, data: bytes) -> Figure:
    """Keep a JPEG, PNG or WebP picture of at most 5 MB; raises InvalidInputError, QuotaExceededError, ConflictError."""
    if len(data) > MAX_PICTURE_BYTES:
        raise QuotaExceededError(_("A picture may have 5 MB at most."))
    if video.figures.count() >= MOST_FIGURES:
        raise ConflictError(_("A study guide may have at most %d pictures; delete one first.") % MOST_FIGURES)
    try:
        picture = figure_picture(data)
    except UnusablePictureError as error:
        raise InvalidInputError.of("file", str(error)) from error
    figure = Figure(video=video, width_px=picture.width_px, height_px=picture.height_px)
    open_objects().write(figure.object_key, picture.webp, content_type="image/webp")  # before somebody can ask for it
    figure.save()
    return figure


def figure_keys() -> frozenset[str]:
    """Return the keys of the objects that all figures have. One query."""
    return frozenset(figure.object_key for figure in Figure.objects.select_related("video__asset").iterator())


def collect_stray_figures() -> int:
    """Remove pictures that no row knows, and return how many: an upload or a deletion that ended half way left them.

    They go a day later: an upload of this moment writes its row after the object.
    """
    store, since = open_objects(), clock.now() - KEPT
    old = {info.key for info in store.list("assets/") if _is_figure(info.key) and info.modified_s < since.timestamp()}
    stray = old - figure_keys()
    store.delete_many(stray)
    return len(stray)


def _is_figure(key: str) -> bool:
    match key.split("/"):
        case ["assets", _asset, "figures", _name]:
            return True
    return False


@transaction.atomic
def remove_figure(figure: Figure) -> None:
    """Take a figure off for good; a guide that still shows it has a gap there."""
    key = figure.object_key
    figure.delete()
    transaction.on_commit(lambda: open_objects().delete(key))

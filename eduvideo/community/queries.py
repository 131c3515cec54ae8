"""Reads of how lessons are received."""

from eduvideo.catalog.models import Video
from eduvideo.catalog.queries import listed_videos
from eduvideo.community.models import PopularVideo

SPARE = 4  # times as many as are wanted are looked at, should some have been hidden since


def popular_videos(*, grade: str = "", limit: int) -> list[Video]:
    """Return the most watched videos of the last weeks that anyone may find, of one grade or of all. One query."""
    rows = PopularVideo.objects.filter(grade=grade) if grade else PopularVideo.objects.all()
    # Chosen before they are joined: SQLite would begin with all videos.
    first = rows.order_by("-views", "-video").values("video")[: limit * SPARE]
    return list(listed_videos().filter(pk__in=first).order_by("-popularity__views", "-pk")[:limit])

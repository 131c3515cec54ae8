"""Reads of how lessons are received."""

from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.catalog.queries import CARD_RELATIONS
from eduvideo.community.models import PopularVideo


def popular_videos(*, grade: str = "", limit: int) -> list[Video]:
    """Return the most watched videos of the last weeks that anyone may find, of one grade or of all. One query."""
    rows = PopularVideo.objects.filter(video__state=VideoState.PUBLISHED, video__visibility=Visibility.PUBLIC)
    found = rows.filter(grade=grade) if grade else rows
    cards = found.select_related(*(f"video__{name}" for name in CARD_RELATIONS)).order_by("-views", "-video")
    return [row.video for row in cards[:limit]]

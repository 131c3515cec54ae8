"""What several apps know of one lesson and its viewer, in one query: the lesson's row with columns of each."""

from dataclasses import dataclass

from django.db.models import F

from eduvideo.accounts.access import Viewer
from eduvideo.catalog.access import Action, get_video_for, video_of
from eduvideo.catalog.models import Video
from eduvideo.catalog.queries import ChapterMark, PlaylistLink, chapters_in, outline_columns, playlists_in
from eduvideo.community.reception import Reception, reception_columns, reception_of
from eduvideo.core.prepared import Prepared
from eduvideo.danmaku.policy import Policy
from eduvideo.danmaku.queries import POLICY_COLUMNS, policy_in
from eduvideo.media.models import CaptionTrack
from eduvideo.media.tracks import caption_columns, captions_in
from eduvideo.study.queries import StudyDesk, desk_columns, desk_of

PLAYLISTS = 4


@dataclass(frozen=True, slots=True)
class LessonFacts:
    """All that a watch page says of a lesson besides what is in its own row; `part_of` are its newest playlists."""

    desk: StudyDesk
    reception: Reception
    danmaku_policy: Policy
    danmaku_count: int
    chapters: list[ChapterMark]
    captions: list[CaptionTrack]
    part_of: list[PlaylistLink]


def get_lesson_for(viewer: Viewer, public_id: str) -> tuple[Video, LessonFacts]:
    """Return a lesson that somebody may watch, and what is known of it; raises as get_video_for does.

    No query but those of get_video_for, and one where questions were answered.
    """
    video = get_video_for(
        viewer, public_id, to=Action.VIEW, read=lambda public_id: _LESSON.first(public_id=public_id, viewer=viewer.pk)
    )
    row = vars(video)
    return video, LessonFacts(
        desk=desk_of(video, row),
        reception=reception_of(video, row),
        danmaku_policy=policy_in(row, grade=video.grade),
        danmaku_count=row["danmaku_count"] or 0,
        chapters=chapters_in(row),
        captions=captions_in(row),
        part_of=playlists_in(row),
    )


_LESSON = Prepared(
    lambda public_id, viewer: video_of(public_id).annotate(
        **desk_columns(viewer),
        **reception_columns(viewer),
        **POLICY_COLUMNS,
        **outline_columns(playlists=PLAYLISTS),
        **caption_columns("asset"),
        danmaku_count=F("danmaku_counter__visible_count"),
    )
)

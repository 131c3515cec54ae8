import pytest
from django.db import connection

from eduvideo.catalog.models import Video
from eduvideo.danmaku.models import Danmaku
from tests.factories.danmaku import some_danmaku

pytestmark = pytest.mark.django_db


def test_answers_are_found_by_their_own_index(lesson: Video) -> None:
    """SQLite would read all of a video's danmaku, were the kinds parameters; PostgreSQL decides by what is there."""
    some_danmaku(lesson, 3)
    answers = Danmaku.objects.answers().filter(video=lesson).order_by("position_ms")
    assert list(answers) == []
    if connection.vendor == "sqlite":
        assert "danmaku_asked (video_id=? AND kind=?)" in answers.explain()

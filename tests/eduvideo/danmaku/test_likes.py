import pytest

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.core.errors import ForbiddenError, NotFoundError
from eduvideo.danmaku import queries
from eduvideo.danmaku.likes import like_danmaku, unlike_danmaku
from eduvideo.danmaku.models import Danmaku, DanmakuCounter, DanmakuLike
from eduvideo.danmaku.services import post_danmaku, withdraw_danmaku
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(lesson: Video, student: User) -> Danmaku:
    return post_danmaku(lesson, author=student, position_ms=1, text="look at the second line")


def kept(sent: Danmaku) -> tuple[int, int]:
    sent.refresh_from_db()
    return sent.likes, sent.weight


def test_everyone_counts_once_and_may_take_it_back(sent: Danmaku) -> None:
    first, second = a_person(), a_person()
    assert [like_danmaku(sent, by=person) for person in (first, first, second)] == [1, 1, 2]
    assert kept(sent) == (2, 6)
    assert [unlike_danmaku(sent, by=person) for person in (first, first)] == [1, 1]
    assert kept(sent) == (1, 5)
    assert DanmakuLike.objects.get().user == second


def test_nobody_likes_their_own_or_what_was_taken_off(sent: Danmaku, student: User) -> None:
    with pytest.raises(ForbiddenError):
        like_danmaku(sent, by=student)
    like_danmaku(sent, by=a_person())
    withdraw_danmaku(sent, by=student)
    for change in (like_danmaku, unlike_danmaku):
        with pytest.raises(NotFoundError):
            change(sent, by=a_person() if change is like_danmaku else DanmakuLike.objects.get().user)
    assert kept(sent) == (1, 5)
    assert DanmakuLike.objects.count() == 1


def test_a_like_changes_the_segment_and_tells_the_viewers_nothing(sent: Danmaku, lesson: Video, student: User) -> None:
    before = queries.cursor(lesson)
    like_danmaku(sent, by=a_person())
    after = queries.cursor(lesson)
    assert after > before
    news = queries.news(lesson.pk, after=before)
    assert (news.seq, news.items, news.is_reset) == (after, (), False)
    late = post_danmaku(lesson, author=student, position_ms=1, text="late")
    assert [seq for seq, _ in queries.news(lesson.pk, after=before).items] == [late.seq]


def test_what_changes_nothing_moves_no_cursor(sent: Danmaku, lesson: Video) -> None:
    person = a_person()
    unlike_danmaku(sent, by=person)
    like_danmaku(sent, by=person)
    before = DanmakuCounter.objects.values().get(video=lesson)
    like_danmaku(sent, by=person)
    assert DanmakuCounter.objects.values().get(video=lesson) == before

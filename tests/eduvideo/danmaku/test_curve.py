from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.danmaku.curve import STEPS, Curve, curve_of, step_ms_of
from eduvideo.danmaku.models import Danmaku
from eduvideo.danmaku.services import NewDanmaku, add_danmaku_bulk, post_danmaku, withdraw_danmaku
from tests.factories.danmaku import a_lesson, some_danmaku
from tests.servers.valkey import ValkeyServer


@given(st.integers(1, 10**9))
def test_at_most_200_steps_cover_a_lesson(duration_ms: int) -> None:
    step_ms = step_ms_of(duration_ms)
    steps = -(-duration_ms // step_ms)
    assert steps <= STEPS
    assert steps * step_ms >= duration_ms
    assert step_ms >= 1_000


def test_a_curve_is_right_until_one_in_a_hundred_came_or_something_was_taken_off() -> None:
    curve = Curve(cursor=500, step_ms=1_000, counts=(150, 50), questions=(0, 0))
    assert [curve.is_right_at(seq, 400) for seq in (499, 500, 502, 503)] == [False, True, True, False]
    assert not curve.is_right_at(501, 501)


@pytest.mark.django_db
class TestCounting:
    @pytest.fixture(autouse=True)
    def _broker(self, valkey: ValkeyServer) -> None:
        """What was counted is kept in it."""

    def test_danmaku_and_questions_are_counted_where_they_begin(self, lesson: Video) -> None:
        items = [NewDanmaku(999, "a"), NewDanmaku(1_000, "why", kind="question"), NewDanmaku(1_999, "b"),
                 NewDanmaku(180_000, "end"), NewDanmaku(400_000, "beyond"), NewDanmaku(5, "code", mode="special")]  # fmt: skip
        add_danmaku_bulk(lesson, items)
        curve = curve_of(lesson)
        assert (curve.step_ms, len(curve.counts)) == (1_000, 180)
        assert {n: count for n, count in enumerate(curve.counts) if count} == {0: 1, 1: 2, 179: 2}
        assert {n: count for n, count in enumerate(curve.questions) if count} == {1: 1}

    def test_two_queries_count_it_and_one_finds_it_again(
        self, lesson: Video, student: User, django_assert_num_queries: Any
    ) -> None:
        some_danmaku(lesson, 100)
        with django_assert_num_queries(2):
            curve = curve_of(lesson)
        with django_assert_num_queries(1):
            assert curve_of(lesson) == curve
        post_danmaku(lesson, author=student, position_ms=1, text="new")  # one in a hundred is not seen
        assert curve_of(lesson) == curve
        withdraw_danmaku(Danmaku.objects.get(text="new"), by=student)
        assert curve_of(lesson).cursor > curve.cursor

    def test_a_lesson_of_unknown_length_has_none(self) -> None:
        lesson = a_lesson(duration_ms=None)
        some_danmaku(lesson, 3)
        assert curve_of(lesson).counts == ()

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.danmaku import queries
from eduvideo.danmaku.models import Danmaku, DanmakuState, Mode
from eduvideo.danmaku.services import NewDanmaku, add_danmaku_bulk, post_danmaku, withdraw_danmaku
from tests.factories.danmaku import a_lesson, a_person, some_danmaku

pytestmark = pytest.mark.django_db

ITEM = st.builds(
    lambda position_ms, text, weight: NewDanmaku(position_ms, text, weight=weight),
    st.integers(0, 200_000),
    st.sampled_from(["a", "b"]),
    st.integers(0, 10),
)
ITEMS = st.lists(ITEM)
FATES = st.tuples(st.sampled_from(DanmakuState), st.sampled_from(Mode))


class TestSegments(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(ITEMS)
    def test_every_danmaku_is_in_the_one_segment_of_its_minute_by_position(self, items: list[NewDanmaku]) -> None:
        lesson = a_lesson()
        add_danmaku_bulk(lesson, items)
        found = [(n, queries.segment(lesson, n)) for n in range(4)]
        for n, segment in found:
            positions = [item.position_ms for item in segment.items]
            assert all(n * 60_000 <= position_ms < (n + 1) * 60_000 for position_ms in positions)
            assert positions == sorted(positions)
            said = [item.text for item in segment.items]
            assert sorted(said) == sorted({item.text for item in items if item.position_ms // 60_000 == n})
        assert sum(item.count for _, segment in found for item in segment.items) == len(items)

    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.tuples(ITEM, FATES)))
    def test_a_segment_shows_what_is_drawn_and_nothing_else(
        self, sent: list[tuple[NewDanmaku, tuple[DanmakuState, Mode]]]
    ) -> None:
        """Its SQL says once more what the set `drawn` says."""
        lesson = a_lesson()
        add_danmaku_bulk(lesson, [item for item, _ in sent])
        rows = list(Danmaku.objects.filter(video=lesson).order_by("seq"))
        for row, (_, (row.state, row.mode)) in zip(rows, sent, strict=True):
            row.save(update_fields=["state", "mode"])
        for n in range(4):
            drawn = Danmaku.objects.drawn().filter(video=lesson, segment=n).order_by("pk")
            told: dict[int, list[str]] = {}
            for row in drawn:
                told.setdefault(row.text_key, []).append(row.public_id)
            shown = [(item.id, item.count) for item in queries.segment(lesson, n).items]
            assert sorted(shown) == sorted((ids[0], len(ids)) for ids in told.values())


def test_a_dense_minute_is_cut_to_the_500_of_the_greatest_weight_spread_over_it(lesson: Video) -> None:
    some_danmaku(lesson, 3000, step_ms=20)
    add_danmaku_bulk(lesson, [NewDanmaku(59_999, "look here", weight=10), NewDanmaku(0, "2333", weight=2)])
    shown = queries.segment(lesson, 0).items
    assert len(shown) == 500
    assert shown[-1].text == "look here"
    assert "2333" not in [item.text for item in shown]
    per_quarter = [sum(item.position_ms // 15_000 == quarter for item in shown) for quarter in range(4)]
    assert min(per_quarter) > 60  # 125 each on average, chosen by random ids
    assert queries.segment(lesson, 0).items == shown


def test_comments_that_say_the_same_are_the_first_of_them_with_their_count(lesson: Video, student: User) -> None:
    add_danmaku_bulk(lesson, [NewDanmaku(40_000 + n, "2333" + "3" * (n % 3), weight=n % 6) for n in range(24)])
    add_danmaku_bulk(lesson, [NewDanmaku(61_000, "2333"), NewDanmaku(30_000, "23")])
    post_danmaku(lesson, author=student, position_ms=1_000, text="Why?", kind="question")
    post_danmaku(lesson, author=a_person(), position_ms=2_000, text="Why?", kind="question")
    assert [(item.text, item.position_ms, item.weight, item.count) for item in queries.segment(lesson, 0).items] == [
        ("Why?", 1_000, 7, 1),
        ("Why?", 2_000, 2, 1),  # repeated, and still a question of its own
        ("23", 30_000, 5, 1),
        ("2333", 40_000, 5, 24),
    ]
    assert len(list(queries.exported(lesson))) == 28  # all are kept


def test_one_of_many_that_is_taken_off_is_counted_no_more(lesson: Video) -> None:
    people = [a_person() for _ in range(3)]
    sent = [post_danmaku(lesson, author=person, position_ms=5_000, text="哈哈哈哈") for person in people]
    withdraw_danmaku(sent[0], by=people[0])
    (item,) = queries.segment(lesson, 0).items
    assert (item.id, item.count) == (sent[1].public_id, 2)


def test_what_comes_while_a_segment_is_read_is_left_to_the_stream(lesson: Video, student: User) -> None:
    some_danmaku(lesson, 3)
    before = queries.cursor(lesson)
    late = post_danmaku(lesson, author=student, position_ms=50, text="late")
    segment = queries.segment_until(lesson, 0, cursor=before)
    news = queries.news(lesson.pk, after=int(segment.cursor))
    assert "late" not in [item.text for item in segment.items]
    assert [seq for seq, _ in news.items] == [late.seq]


def test_a_segment_of_a_video_without_danmaku_is_empty(lesson: Video) -> None:
    assert json.loads(queries.segment(lesson, 7).as_json()) == {"cursor": "0", "items": []}


@pytest.mark.parametrize("n", [1, 20])
def test_reads_take_as_many_queries_for_twenty_as_for_one(n: int, django_assert_num_queries: Any) -> None:
    lessons = [a_lesson() for _ in range(n)]
    for lesson in lessons:
        some_danmaku(lesson, n)
    with django_assert_num_queries(2):
        queries.segment(lessons[0], 0)
    with django_assert_num_queries(1):
        assert queries.visible_counts(lessons) == dict.fromkeys((lesson.pk for lesson in lessons), n)
    with django_assert_num_queries(1):
        assert len(queries.latest(lessons[0], 30)) == n
    before = queries.cursor(lessons[0])
    for number in range(n):
        post_danmaku(lessons[0], author=a_person(), position_ms=number, text="new")
    with django_assert_num_queries(2):
        assert len(queries.news(lessons[0].pk, after=before).items) == n


def test_the_latest_come_newest_first(lesson: Video) -> None:
    some_danmaku(lesson, 5)
    assert [item.text for item in queries.latest(lesson, 2)] == ["No. 4", "No. 3"]


def test_videos_without_danmaku_count_zero(lesson: Video) -> None:
    assert queries.visible_counts([lesson]) == {lesson.pk: 0}


class TestNews:
    def test_a_page_behind_gets_what_it_missed_up_to_where_the_stream_begins(
        self, lesson: Video, student: User
    ) -> None:
        seqs = [post_danmaku(lesson, author=student, position_ms=n, text=f"n{n}").seq for n in range(5)]
        news = queries.news(lesson.pk, after=seqs[0], until=seqs[3])
        assert (news.seq, [seq for seq, _ in news.items]) == (seqs[3], seqs[1:4])
        assert json.loads(news.items[0][1])["text"] == "n1"

    def test_too_much_is_not_told_one_by_one(
        self, lesson: Video, student: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(queries, "BACKLOG", 2)
        start = post_danmaku(lesson, author=student, position_ms=1, text="first").seq
        for n in range(3):
            post_danmaku(lesson, author=student, position_ms=n, text=f"n{n}")
        assert queries.news(lesson.pk, after=start).is_reset
        assert not queries.news(lesson.pk, after=start + 1).is_reset

    def test_an_import_and_a_cursor_of_another_world_are_resets(self, lesson: Video) -> None:
        some_danmaku(lesson, 3)
        assert queries.news(lesson.pk, after=0).is_reset
        assert not queries.news(lesson.pk, after=3).is_reset
        assert queries.news(lesson.pk, after=4).is_reset

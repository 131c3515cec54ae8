from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from eduvideo.accounts.models import Role, User
from eduvideo.catalog.models import Video
from eduvideo.core import clock
from eduvideo.core.errors import ForbiddenError, InvalidInputError, TooManyRequestsError
from eduvideo.danmaku import pace, queries
from eduvideo.danmaku.channel import PATTERN, read_message
from eduvideo.danmaku.models import Danmaku, DanmakuCounter, DanmakuState
from eduvideo.danmaku.room import room_of
from eduvideo.danmaku.services import (
    SAME_PER_MINUTE,
    NewDanmaku,
    add_danmaku_bulk,
    block_author,
    post_danmaku,
    set_policy,
    unblock_author,
    withdraw_danmaku,
)
from tests.factories.accounts import an_organization
from tests.factories.danmaku import DURATION_MS, a_lesson, a_person, some_danmaku
from tests.servers.valkey import ValkeyServer

pytestmark = pytest.mark.django_db


def counter(lesson: Video) -> tuple[int, int]:
    row = DanmakuCounter.objects.get(video=lesson)
    return row.last_seq, row.visible_count


class TestPosting:
    def test_a_danmaku_is_kept_as_it_was_sent(self, lesson: Video, student: User) -> None:
        sent = post_danmaku(
            lesson, author=student, position_ms=61_000, text=" ok\u202e ", mode="top", color="#FF8800", size_px=36
        )
        kept = queries.item_of(Danmaku.objects.get(pk=sent.pk))
        assert (kept.text, kept.mode, kept.color, kept.size_px, kept.position_ms) == (
            "ok",
            "top",
            "#ff8800",
            36,
            61_000,
        )
        assert sent.segment == 1
        assert counter(lesson) == (1, 1)

    def test_numbers_follow_each_other_within_a_video(self, lesson: Video, student: User) -> None:
        other = a_lesson()
        seqs = [post_danmaku(video, author=student, position_ms=1, text="hi").seq for video in (lesson, other, lesson)]
        assert seqs == [1, 1, 2]

    @pytest.mark.parametrize(
        ("field", "bad"),
        [
            ("text", ""),
            ("text", "\u200b \u3164"),
            ("text", "字" * 101),
            ("text", "👩‍👩‍👧‍👦" * 90),
            ("text", "www.example.org"),
            ("position_ms", -1),
            ("position_ms", DURATION_MS + 1_001),
            ("mode", "special"),
            ("mode", "spiral"),
            ("size_px", 80),
        ],
    )
    def test_a_bad_entry_is_refused_by_its_name_and_leaves_nothing(
        self, lesson: Video, student: User, field: str, bad: Any
    ) -> None:
        entries: dict[str, Any] = {"text": "ok", "position_ms": 1, field: bad}
        with pytest.raises(InvalidInputError) as refused:
            post_danmaku(lesson, author=student, **entries)
        assert [item.field for item in refused.value.fields] == [field]
        assert not Danmaku.objects.exists()

    def test_a_hundred_characters_and_the_very_end_are_fine(self, lesson: Video, student: User) -> None:
        sent = post_danmaku(lesson, author=student, position_ms=DURATION_MS + 1_000, text="字" * 100)
        assert sent.position_ms == DURATION_MS

    @pytest.mark.parametrize("kind", ["teacher", "answer"])
    def test_only_the_house_speaks_as_the_teacher(self, lesson: Video, student: User, kind: str) -> None:
        with pytest.raises(ForbiddenError):
            post_danmaku(lesson, author=student, position_ms=1, text="me", kind=kind)
        for person in (lesson.owner, a_person(Role.STAFF)):
            assert post_danmaku(lesson, author=person, position_ms=1, text="me", kind=kind).kind == kind

    def test_weights_follow_standing_and_repetition(self, lesson: Video, student: User) -> None:
        def weight(author: User, text: str, kind: str = "comment", position_ms: int = 1) -> int:
            return post_danmaku(lesson, author=author, position_ms=position_ms, text=text, kind=kind).weight

        assert weight(lesson.owner, "look", "teacher") == 10
        assert weight(student, "why", "question") == 7
        assert weight(student, "nice") == 5
        assert weight(student, "nice") < 5
        assert weight(a_person(), "nice", position_ms=120_000) == 5

    def test_the_same_again_and_again_is_refused_on_any_lesson(self, lesson: Video, student: User) -> None:
        for n in range(SAME_PER_MINUTE):
            post_danmaku((lesson, a_lesson())[n % 2], author=student, position_ms=1, text="buy my notes" + "!" * n)
        with pytest.raises(TooManyRequestsError) as refused:
            post_danmaku(a_lesson(), author=student, position_ms=1, text="Buy my notes")
        assert "several times" in refused.value.detail
        post_danmaku(lesson, author=student, position_ms=1, text="sorry")
        post_danmaku(lesson, author=a_person(), position_ms=1, text="Buy my notes")

    def test_what_was_hidden_of_an_author_weighs_on_the_next(self, lesson: Video, student: User) -> None:
        add_danmaku_bulk(lesson, [NewDanmaku(n, str(n), author=student) for n in range(3)])
        Danmaku.objects.update(state=DanmakuState.HIDDEN)
        assert post_danmaku(lesson, author=student, position_ms=1, text="nice").weight == 1
        assert post_danmaku(lesson, author=a_person(), position_ms=1, text="well").weight == 5

    def test_the_same_key_gives_the_same_danmaku(self, lesson: Video, student: User) -> None:
        first = post_danmaku(lesson, author=student, position_ms=1, text="once", idempotency_key="k")
        again = post_danmaku(lesson, author=student, position_ms=1, text="once", idempotency_key="k")
        assert first == again
        assert counter(lesson) == (1, 1)

    def test_a_key_is_one_persons_on_one_video(self, lesson: Video, student: User) -> None:
        for author, video in ((student, lesson), (a_person(), lesson), (student, a_lesson())):
            post_danmaku(video, author=author, position_ms=1, text="once", idempotency_key="k")
        assert Danmaku.objects.count() == 3

    def test_a_key_that_came_twice_at_once_keeps_one(
        self, lesson: Video, student: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The other request commits between our look and our insert."""
        from eduvideo.danmaku import services

        look, looks = services._sent_before, []

        def blind_at_first(*args: Any) -> Danmaku | None:
            looks.append(args)
            return None if len(looks) == 1 else look(*args)

        first = post_danmaku(lesson, author=student, position_ms=1, text="once", idempotency_key="k")
        monkeypatch.setattr(services, "_sent_before", blind_at_first)
        assert post_danmaku(lesson, author=student, position_ms=1, text="once", idempotency_key="k") == first
        assert counter(lesson) == (1, 1)

    def test_a_row_that_is_refused_is_not_taken_for_an_earlier_one(
        self, lesson: Video, student: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        post_danmaku(lesson, author=student, position_ms=1, text="first")

        def refuse(*args: object, **kwargs: object) -> None:
            raise IntegrityError("the lesson is gone")

        monkeypatch.setattr(Danmaku, "save", refuse)
        with pytest.raises(IntegrityError):
            post_danmaku(lesson, author=student, position_ms=1, text="second")

    def test_author_keys_group_within_a_video_and_tell_nothing_elsewhere(self, lesson: Video, student: User) -> None:
        other = a_lesson()
        here, again, elsewhere = (
            post_danmaku(video, author=student, position_ms=1, text="x").author_key for video in (lesson, lesson, other)
        )
        assert here == again != elsewhere

    def test_it_is_published_after_the_commit_and_not_before(
        self, lesson: Video, student: User, valkey: ValkeyServer, django_capture_on_commit_callbacks: Any
    ) -> None:
        client = valkey.client()
        pubsub = client.pubsub(ignore_subscribe_messages=True)
        pubsub.psubscribe(PATTERN)
        pubsub.get_message(timeout=5)
        with django_capture_on_commit_callbacks(execute=True):
            sent = post_danmaku(lesson, author=student, position_ms=1, text="hi")
            assert pubsub.get_message(timeout=0.05) is None
        message = pubsub.get_message(timeout=5)
        pubsub.close()
        client.close()
        assert message is not None
        item = queries.item_of(sent).as_json()
        assert read_message(message["channel"], message["data"]) == (lesson.pk, sent.seq, item)


class TestPace:
    @pytest.fixture(params=["broker", "no broker"], autouse=True)
    def _counted_by(self, request: pytest.FixtureRequest, valkey: ValkeyServer) -> None:
        if request.param == "no broker":
            valkey.kill()

    def test_a_burst_is_stopped_and_told_when_to_go_on(self, lesson: Video, student: User) -> None:
        for n in range(pace.BURST.count):
            post_danmaku(lesson, author=student, position_ms=1, text=f"no. {n}")
        with pytest.raises(TooManyRequestsError) as refused:
            post_danmaku(lesson, author=student, position_ms=1, text="one more")
        assert 1 <= refused.value.retry_after_s <= 5
        assert Danmaku.objects.count() == pace.BURST.count

    def test_each_person_and_each_video_has_a_pace_of_its_own(self, lesson: Video, student: User) -> None:
        for n in range(pace.BURST.count):
            post_danmaku(lesson, author=student, position_ms=1, text=f"no. {n}")
        post_danmaku(lesson, author=a_person(), position_ms=1, text="me too")
        post_danmaku(a_lesson(), author=student, position_ms=1, text="and here")

    def test_a_minute_has_its_limit(self, lesson: Video, student: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(pace.ALLOWANCES, pace.Speaker.MEMBER, (1.0, pace.Limit(1000, 5_000)))
        for n in range(20):
            post_danmaku(lesson, author=student, position_ms=1, text=f"no. {n}")
        with pytest.raises(TooManyRequestsError) as refused:
            post_danmaku(lesson, author=student, position_ms=1, text="one more")
        assert 50 <= refused.value.retry_after_s <= 60

    def test_sending_the_same_again_costs_nothing(self, lesson: Video, student: User) -> None:
        for _ in range(pace.BURST.count * 2):
            post_danmaku(lesson, author=student, position_ms=1, text="once", idempotency_key="k")
        post_danmaku(lesson, author=student, position_ms=1, text="another")


class TestWithdrawing:
    def test_an_author_can_take_it_back_for_two_minutes(self, lesson: Video, student: User) -> None:
        early, late = (post_danmaku(lesson, author=student, position_ms=1, text=text) for text in ("a", "b"))
        late.created_at = clock.now() - timedelta(minutes=2, seconds=1)
        withdraw_danmaku(early, by=student)
        with pytest.raises(ForbiddenError):
            withdraw_danmaku(late, by=student)
        assert [item.text for item in queries.segment(lesson, 0).items] == ["b"]
        assert counter(lesson)[1] == 1

    def test_owner_and_staff_can_hide_it_at_any_time_and_others_never(self, lesson: Video, student: User) -> None:
        for person in (lesson.owner, a_person(Role.STAFF)):
            sent = post_danmaku(lesson, author=student, position_ms=1, text=f"of {person.pk}")
            sent.created_at = clock.now() - timedelta(days=1)
            with pytest.raises(ForbiddenError):
                withdraw_danmaku(sent, by=a_person())
            withdraw_danmaku(sent, by=person)
            sent.refresh_from_db()
            assert sent.state == DanmakuState.HIDDEN

    def test_doing_it_twice_counts_once(self, lesson: Video, student: User) -> None:
        sent = post_danmaku(lesson, author=student, position_ms=1, text="a")
        withdraw_danmaku(sent, by=student)
        withdraw_danmaku(sent, by=student)
        assert counter(lesson)[1] == 0

    def test_whoever_knew_it_must_fetch_again_and_whoever_comes_later_need_not(
        self, lesson: Video, student: User
    ) -> None:
        before = post_danmaku(lesson, author=student, position_ms=1, text="a").seq
        withdraw_danmaku(Danmaku.objects.get(), by=student)
        assert queries.news(lesson.pk, after=before).is_reset
        assert not queries.news(lesson.pk, after=queries.cursor(lesson)).is_reset


class TestBulk:
    def test_everything_is_added_cleaned_and_counted(self, lesson: Video) -> None:
        items = [
            NewDanmaku(
                61_000, "a\u202eb", mode="top", color="#102030", size_px=36, kind="question", weight=9, writer="w"
            ),
            NewDanmaku(1, "字" * 500),
            NewDanmaku(2, "code", mode="special", raw={"mode": 8}),
        ]
        assert add_danmaku_bulk(lesson, items) == 3
        assert counter(lesson) == (3, 2)
        (shown,) = queries.segment(lesson, 1).items
        assert (shown.text, shown.color, shown.weight, shown.kind) == ("ab", "#102030", 9, "question")
        assert [item.text for item in queries.segment(lesson, 0).items] == ["字" * 100]

    def test_chunks_go_on_where_the_one_before_ended(self, lesson: Video, monkeypatch: pytest.MonkeyPatch) -> None:
        from eduvideo.danmaku import bulk

        monkeypatch.setattr(bulk, "CHUNK", 3)
        assert [danmaku.seq for danmaku in some_danmaku(lesson, 8)] == list(range(1, 9))

    def test_numbers_follow_the_given_order_and_every_chunk_asks_to_fetch_again(
        self, lesson: Video, student: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from eduvideo.danmaku import bulk

        told: list[int] = []

        def publish(video_pk: int, *, seq: int) -> None:
            assert all(queries.news(video_pk, after=before).is_reset for before in told)
            told.append(seq)

        monkeypatch.setattr(bulk, "CHUNK", 2)
        monkeypatch.setattr("eduvideo.danmaku.channel.publish", publish)
        monkeypatch.setattr("django.db.transaction.on_commit", lambda tell: tell())
        add_danmaku_bulk(lesson, [NewDanmaku(at_ms, f"at {at_ms}") for at_ms in (500, 70_000, 3, 61_000, 9)])
        assert told == [5, 6, 7]
        monkeypatch.undo()
        said = Danmaku.objects.order_by("seq").values_list("seq", "text")
        assert list(said) == [(1, "at 500"), (2, "at 70000"), (3, "at 3"), (4, "at 61000"), (5, "at 9")]
        assert post_danmaku(lesson, author=student, position_ms=1, text="hi").seq == 8

    def test_nothing_to_add_is_fine(self, lesson: Video) -> None:
        assert add_danmaku_bulk(lesson, []) == 0

    def test_what_the_table_refuses_is_refused_by_the_database_too(self, lesson: Video) -> None:
        from django.db import IntegrityError

        with pytest.raises(IntegrityError):
            add_danmaku_bulk(lesson, [NewDanmaku(1, "a", weight=11)])


class TestPolicy:
    @pytest.fixture(autouse=True)
    def _broker(self, valkey: ValkeyServer) -> None:
        """It counts for all processes."""

    def test_off_is_for_everyone_but_those_who_teach(self, lesson: Video, student: User) -> None:
        set_policy(lesson, state="off", pause_s=30)
        with pytest.raises(ForbiddenError, match="switched off"):
            post_danmaku(lesson, author=student, position_ms=1, text="me")
        post_danmaku(lesson, author=lesson.owner, position_ms=1, text="only me")

    def test_slow_waits_between_two_of_one_person(self, lesson: Video, student: User) -> None:
        set_policy(lesson, state="slow", pause_s=3600)
        post_danmaku(lesson, author=student, position_ms=1, text="one", idempotency_key="k")
        post_danmaku(lesson, author=student, position_ms=1, text="one", idempotency_key="k")
        post_danmaku(lesson, author=a_person(), position_ms=1, text="somebody else")
        with pytest.raises(TooManyRequestsError) as refused:
            post_danmaku(lesson, author=student, position_ms=1, text="two")
        assert 3500 <= refused.value.retry_after_s <= 3600
        for n in range(pace.BURST.count + 1):
            post_danmaku(lesson, author=lesson.owner, position_ms=1, text=f"taught {n}")

    def test_the_youngest_are_slow_until_their_teacher_decides(self, lesson: Video, student: User) -> None:
        lesson.grade = "2"
        post_danmaku(lesson, author=student, position_ms=1, text="one")
        with pytest.raises(TooManyRequestsError):
            post_danmaku(lesson, author=student, position_ms=1, text="two")
        set_policy(lesson, state="on", pause_s=60)
        post_danmaku(lesson, author=student, position_ms=1, text="two")

    def test_what_comes_twice_at_once_is_counted_once(self, lesson: Video, student: User) -> None:
        """Both are counted before either is kept; the second finds its key."""
        for _ in range(2):
            pace.check_pace(
                video_pk=lesson.pk, author_pk=student.pk, speaker=pace.Speaker.MEMBER, pause_ms=60_000,
                idempotency_key="k",
            )  # fmt: skip
        set_policy(lesson, state="slow", pause_s=60)
        post_danmaku(lesson, author=student, position_ms=1, text="one", idempotency_key="k")
        with pytest.raises(TooManyRequestsError):
            post_danmaku(lesson, author=student, position_ms=1, text="two", idempotency_key="k2")

    @pytest.mark.parametrize(("field", "bad"), [("state", "loud"), ("pause_s", 4), ("pause_s", 3601)])
    def test_no_other_policy(self, lesson: Video, field: str, bad: Any) -> None:
        with pytest.raises(InvalidInputError) as refused:
            set_policy(lesson, **{"state": "slow", "pause_s": 30, field: bad})
        assert [item.field for item in refused.value.fields] == [field]


class TestAnswers:
    def test_an_answer_names_a_question_that_is_shown_on_this_video(self, lesson: Video, student: User) -> None:
        def answer(reply_to: str, kind: str = "answer") -> Danmaku:
            return post_danmaku(
                lesson, author=lesson.owner, position_ms=2, text="because", kind=kind, reply_to=reply_to
            )

        question = post_danmaku(lesson, author=student, position_ms=1, text="why", kind="question")
        comment = post_danmaku(lesson, author=student, position_ms=1, text="hm")
        elsewhere = post_danmaku(a_lesson(), author=student, position_ms=1, text="why", kind="question")
        hidden = post_danmaku(lesson, author=student, position_ms=1, text="eh", kind="question")
        withdraw_danmaku(hidden, by=lesson.owner)
        assert answer(question.public_id).reply_to == question.public_id
        for reply_to in (comment.public_id, elsewhere.public_id, hidden.public_id, "nothing", "\x00"):
            with pytest.raises(InvalidInputError) as refused:
                answer(reply_to)
            assert [item.field for item in refused.value.fields] == ["reply_to"]
        with pytest.raises(InvalidInputError):
            answer(question.public_id, "teacher")
        assert Danmaku.objects.filter(kind="answer").count() == 1

    def test_a_teacher_of_the_organization_answers(self, lesson: Video) -> None:
        teacher = a_person()
        lesson.organization = an_organization(teacher=teacher)
        assert post_danmaku(lesson, author=teacher, position_ms=1, text="look", kind="teacher").weight == 10


class TestBlocking:
    def test_an_account_is_blocked_on_every_video_and_an_imported_author_on_one(
        self, lesson: Video, student: User
    ) -> None:
        other, viewer = a_lesson(), a_person()
        add_danmaku_bulk(lesson, [NewDanmaku(1, "imported", writer="w"), NewDanmaku(1, "nobody's")])
        imported, nobodys = Danmaku.objects.order_by("seq")
        here, there = (post_danmaku(video, author=student, position_ms=1, text="x") for video in (lesson, other))
        for _ in range(2):
            block_author(here, by=viewer)
            block_author(imported, by=viewer)
        assert set(room_of(lesson, viewer=viewer).blocked) == {here.author_key, imported.author_key}
        assert room_of(other, viewer=viewer).blocked == (there.author_key,)
        assert room_of(lesson, viewer=student).blocked == ()
        unblock_author(there, by=viewer)
        assert room_of(lesson, viewer=viewer).blocked == (imported.author_key,)
        with pytest.raises(InvalidInputError):
            block_author(nobodys, by=viewer)
        with pytest.raises(ForbiddenError):
            block_author(here, by=student)

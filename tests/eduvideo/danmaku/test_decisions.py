from typing import Any

import pytest

from eduvideo.accounts.models import Role, User
from eduvideo.catalog.models import Video
from eduvideo.catalog.services import delete_video
from eduvideo.core.errors import ForbiddenError, InvalidInputError, NotFoundError, TooManyRequestsError
from eduvideo.core.relay import relay_due_events
from eduvideo.danmaku import decisions, queries
from eduvideo.danmaku.decisions import decide, decide_on_author, report_danmaku
from eduvideo.danmaku.likes import like_danmaku
from eduvideo.danmaku.models import Danmaku, DanmakuCounter, DanmakuState
from eduvideo.danmaku.services import NewDanmaku, add_danmaku_bulk, post_danmaku, withdraw_danmaku
from eduvideo.moderation import services as moderation
from eduvideo.moderation.models import Act, Authority, Decision, Report
from tests.factories.accounts import an_organization
from tests.factories.danmaku import a_lesson, a_person, some_danmaku

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return a_person(Role.STAFF)


def said(lesson: Video, text: str = "2333", **more: Any) -> Danmaku:
    return post_danmaku(lesson, author=more.pop("author", None) or a_person(), position_ms=1, text=text, **more)


def shown(lesson: Video) -> dict[str, int]:
    return {item.text: item.weight for item in queries.segment(lesson, 0).items}


def cursor_and_count(lesson: Video) -> tuple[int, int]:
    return DanmakuCounter.objects.values_list("last_seq", "visible_count").get(video=lesson)


def reported_by(danmaku: Danmaku, *people: User) -> None:
    for person in people:
        report_danmaku(danmaku, by=person, reason="abuse")


class TestDeciding:
    def test_many_are_hidden_and_shown_again_and_everyone_fetches_anew(self, lesson: Video) -> None:
        rows = some_danmaku(lesson, 3)
        ids = [row.public_id for row in rows[:2]]
        before = queries.cursor(lesson)
        assert decide(lesson, Act.HIDE, by=lesson.owner, ids=ids, reason="spam") == 2
        assert list(shown(lesson)) == ["No. 2"]
        assert cursor_and_count(lesson) == (before + 1, 1)
        assert queries.news(lesson.pk, after=before).is_reset
        assert decide(lesson, Act.SHOW, by=lesson.owner, ids=ids) == 2
        assert len(shown(lesson)) == 3

    def test_doing_it_again_changes_nothing_and_says_so(self, lesson: Video) -> None:
        (row,) = some_danmaku(lesson, 1)
        for act in (Act.HIDE, Act.SHOW, Act.PROTECT, Act.UNPROTECT):
            assert decide(lesson, act, by=lesson.owner, ids=[row.public_id]) == 1
            before = cursor_and_count(lesson), Decision.objects.count()
            assert decide(lesson, act, by=lesson.owner, ids=[row.public_id]) == 0
            assert (cursor_and_count(lesson), Decision.objects.count()) == before
        assert cursor_and_count(lesson)[1] == 1

    def test_the_audit_log_knows_who_did_what_to_what_and_why(self, lesson: Video, staff: User) -> None:
        (row,) = some_danmaku(lesson, 1)
        teacher = a_person(Role.CREATOR)
        lesson.organization = an_organization(teacher=teacher)
        lesson.save()
        for person, act in ((lesson.owner, Act.HIDE), (teacher, Act.SHOW), (staff, Act.HIDE)):
            decide(lesson, act, by=person, ids=[row.public_id], reason=" no\u202e such\nthing ")
        log = Decision.objects.order_by("pk").values_list("kind", "thing", "video", "act", "by", "authority", "reason")
        about = ("danmaku", row.public_id, lesson.public_id)
        assert list(log) == [
            (*about, "hide", lesson.owner.pk, Authority.OWNER, "no such thing"),
            (*about, "show", teacher.pk, Authority.TEACHER, "no such thing"),
            (*about, "hide", staff.pk, Authority.STAFF, "no such thing"),
        ]

    def test_only_staff_shows_what_staff_has_hidden(self, lesson: Video, staff: User) -> None:
        (row,) = some_danmaku(lesson, 1)
        decide(lesson, Act.HIDE, by=staff, ids=[row.public_id])
        for act in (Act.SHOW, Act.PROTECT):
            assert decide(lesson, act, by=lesson.owner, ids=[row.public_id]) == 0
        assert decide(lesson, Act.SHOW, by=staff, ids=[row.public_id]) == 1
        assert shown(lesson)

    def test_what_staff_hides_after_the_creator_is_theirs(self, lesson: Video, staff: User) -> None:
        (row,) = some_danmaku(lesson, 1)
        for person in (lesson.owner, staff):
            assert decide(lesson, Act.HIDE, by=person, ids=[row.public_id]) == 1
        assert decide(lesson, Act.HIDE, by=staff, ids=[row.public_id]) == 0  # theirs already
        assert decide(lesson, Act.SHOW, by=lesson.owner, ids=[row.public_id]) == 0
        assert decide(lesson, Act.SHOW, by=staff, ids=[row.public_id]) == 1

    def test_a_late_report_gives_what_staff_has_hidden_to_nobody_else(self, lesson: Video, staff: User) -> None:
        (row,) = some_danmaku(lesson, 1)
        decide(lesson, Act.HIDE, by=staff, ids=[row.public_id])
        # Somebody had looked at it before.
        Report.objects.create(
            kind="danmaku", thing=row.public_id, video=lesson.public_id, reporter=a_person(), reason="spam"
        )
        for act in (Act.HIDE, Act.UNPROTECT, Act.SHOW):
            assert decide(lesson, act, by=lesson.owner, ids=[row.public_id]) == 0
        assert not shown(lesson)

    def test_what_is_of_another_lesson_or_taken_back_is_left_alone(self, lesson: Video, student: User) -> None:
        (other,) = some_danmaku(a_lesson(), 1)
        mine = said(lesson, author=student)
        withdraw_danmaku(mine, by=student)
        ids = [other.public_id, mine.public_id, "nobody"]
        assert decide(lesson, Act.SHOW, by=lesson.owner, ids=ids) == 0
        assert decide(lesson, Act.HIDE, by=lesson.owner, ids=ids) == 0
        mine.refresh_from_db()
        assert mine.state == DanmakuState.DELETED

    def test_what_is_protected_weighs_more_and_stands_by_itself(self, lesson: Video) -> None:
        rows = [said(lesson) for _ in range(3)]
        decide(lesson, Act.PROTECT, by=lesson.owner, ids=[rows[1].public_id])
        items = {item.id: (item.weight, item.count) for item in queries.segment(lesson, 0).items}
        assert items == {rows[0].public_id: (2, 2), rows[1].public_id: (9, 1)}
        decide(lesson, Act.UNPROTECT, by=lesson.owner, ids=[rows[1].public_id])
        ((item,)) = queries.segment(lesson, 0).items
        assert (item.weight, item.count) == (2, 3)

    def test_all_of_an_author_in_bounded_transactions(
        self, lesson: Video, student: User, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
    ) -> None:
        monkeypatch.setattr(decisions, "MOST_AT_ONCE", 5)
        add_danmaku_bulk(lesson, [NewDanmaku(n, f"no. {n}", writer="them") for n in range(12)])
        other = said(lesson, author=student)
        key = Danmaku.objects.exclude(pk=other.pk).values_list("author_key", flat=True)[0]
        assert decide_on_author(lesson, Act.HIDE, by=lesson.owner, author_key=key) == 12
        assert Decision.objects.count() == 12
        assert list(Danmaku.objects.filter(state=DanmakuState.VISIBLE)) == [other]
        assert cursor_and_count(lesson) == (12 + 1 + 3, 1)
        assert decide_on_author(lesson, Act.HIDE, by=lesson.owner, author_key=key) == 0

    def test_nobody_is_meant_by_no_key(self, lesson: Video) -> None:
        some_danmaku(lesson, 1)
        assert decide_on_author(lesson, Act.HIDE, by=lesson.owner, author_key="") == 0

    @pytest.mark.parametrize(("act", "queries"), [(Act.HIDE, 10), (Act.SHOW, 11), (Act.PROTECT, 10)])
    def test_as_many_queries_for_fifty_as_for_one(
        self, lesson: Video, django_assert_num_queries: Any, act: Act, queries: int
    ) -> None:
        rows = some_danmaku(lesson, 51)
        if act == Act.SHOW:
            decide(lesson, Act.HIDE, by=lesson.owner, ids=[row.public_id for row in rows])
        for chosen in (rows[:1], rows[1:]):
            with django_assert_num_queries(queries):
                assert decide(lesson, act, by=lesson.owner, ids=[row.public_id for row in chosen]) == len(chosen)

    def test_more_than_five_hundred_ids_are_refused(self, lesson: Video) -> None:
        with pytest.raises(InvalidInputError):
            decide(lesson, Act.HIDE, by=lesson.owner, ids=["x"] * 501)

    def test_code_of_other_sites_counts_for_nothing(self, lesson: Video) -> None:
        add_danmaku_bulk(lesson, [NewDanmaku(1, "", mode="special", raw={"text": "code()"})])
        assert decide(lesson, Act.HIDE, by=lesson.owner, ids=[Danmaku.objects.get().public_id]) == 1
        assert cursor_and_count(lesson)[1] == 0

    def test_withdrawing_what_another_sent_is_a_decision_too(self, lesson: Video) -> None:
        withdraw_danmaku(said(lesson), by=lesson.owner)
        assert Decision.objects.get().act == Act.HIDE


class TestReporting:
    def test_a_report_counts_once_per_person(self, lesson: Video, student: User) -> None:
        row = said(lesson)
        first = report_danmaku(row, by=student, reason="spam", note=" why \u200b not\n")
        again = report_danmaku(row, by=student, reason="abuse")
        assert first == again == Report.objects.get()
        assert (first.reason, first.note, first.video, first.closed_at) == ("spam", "why not", lesson.public_id, None)

    def test_several_reports_lower_it_until_somebody_decides(self, lesson: Video) -> None:
        row = said(lesson, "nice")
        reported_by(row, a_person(), a_person())
        assert shown(lesson) == {"nice": 5}
        before = queries.cursor(lesson)
        reported_by(row, a_person())
        assert shown(lesson) == {"nice": 1}
        assert queries.news(lesson.pk, after=before).is_reset
        like_danmaku(row, by=a_person())
        like_danmaku(row, by=a_person())
        assert shown(lesson) == {"nice": 1}
        assert decide(lesson, Act.SHOW, by=lesson.owner, ids=[row.public_id]) == 1
        assert shown(lesson) == {"nice": 6}
        assert not Report.objects.filter(closed_at=None).exists()

    def test_teachers_and_what_is_protected_are_not_lowered(self, lesson: Video) -> None:
        notice, kept = said(lesson, "look", author=lesson.owner, kind="teacher"), said(lesson, "nice")
        decide(lesson, Act.PROTECT, by=lesson.owner, ids=[kept.public_id])
        kept.refresh_from_db()
        for row in (notice, kept):
            reported_by(row, *(a_person() for _ in range(4)))
        assert shown(lesson) == {"look": 10, "nice": 9}

    def test_keeping_what_few_have_reported_closes_the_reports(self, lesson: Video) -> None:
        row = said(lesson)
        reported_by(row, a_person())
        before = Danmaku.objects.get().weight
        assert decide(lesson, Act.SHOW, by=lesson.owner, ids=[row.public_id]) == 1
        assert (Report.objects.filter(closed_at=None).count(), Danmaku.objects.get().weight) == (0, before)

    def test_taking_it_back_closes_its_reports(self, lesson: Video, student: User) -> None:
        row = said(lesson, author=student)
        reported_by(row, a_person())
        withdraw_danmaku(row, by=student)
        assert not Report.objects.filter(closed_at=None).exists()

    def test_ones_own_and_what_is_gone_cannot_be_reported(self, lesson: Video, student: User) -> None:
        row = said(lesson, author=student)
        with pytest.raises(ForbiddenError):
            reported_by(row, student)
        decide(lesson, Act.HIDE, by=lesson.owner, ids=[row.public_id])
        row.refresh_from_db()
        with pytest.raises(NotFoundError):
            reported_by(row, a_person())

    def test_a_wrong_reason_is_named_and_too_many_are_refused(
        self, lesson: Video, student: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = said(lesson, "a"), said(lesson, "b")
        with pytest.raises(InvalidInputError):
            report_danmaku(first, by=student, reason="ugly")
        monkeypatch.setattr(moderation, "REPORTS_PER_HOUR", 1)
        reported_by(first, student)
        reported_by(first, student)
        with pytest.raises(TooManyRequestsError):
            reported_by(second, student)

    def test_nothing_waits_for_a_decision_when_the_lesson_is_gone(self, lesson: Video) -> None:
        reported_by(said(lesson), a_person())
        delete_video(lesson, by=lesson.owner)
        relay_due_events()
        assert not Report.objects.filter(closed_at=None).exists()

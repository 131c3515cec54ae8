from typing import Any

import pytest

from eduvideo.accounts.models import User
from eduvideo.core.errors import InvalidInputError
from eduvideo.moderation import queries
from eduvideo.moderation.models import Act, Authority, Reason, ThingKind
from eduvideo.moderation.services import Ruling, close_reports, close_reports_on_video, record_decisions, report_thing
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db
DANMAKU = ThingKind.DANMAKU


def report(thing: str, *, by: User | None = None, video: str = "v", reason: str = "spam", note: str = "") -> None:
    report_thing(DANMAKU, thing, video=video, by=by or a_person(), reason=reason, note=note)


def waiting(**options: Any) -> list[tuple[str, int]]:
    return [(item.thing, item.count) for item in queries.open_things(**options).items]


def test_what_waits_longest_comes_first_and_is_counted_by_people() -> None:
    for thing in ("b", "a", "c", "a"):
        report(thing)
    assert waiting() == [("b", 1), ("a", 2), ("c", 1)]
    assert queries.open_thing_count() == 3
    close_reports(DANMAKU, ["a"])
    assert waiting() == [("b", 1), ("c", 1)]


def test_pages_go_on_where_the_one_before_ended(django_assert_num_queries: Any) -> None:
    for n in range(5):
        report(f"thing {n}")
    found, cursor = [], None
    while True:
        with django_assert_num_queries(1):
            page = queries.open_things(cursor=cursor, size=2)
        found += [item.thing for item in page.items]
        close_reports(DANMAKU, [item.thing for item in page.items])  # as staff does between
        if not (cursor := page.next):
            break
    assert found == [f"thing {n}" for n in range(5)]


@pytest.mark.parametrize(
    "values",
    [
        [],
        ["x", "y"],
        [1, 2],
        ["2026-01-01T00:00:00", "y"],
        ["2026-01-01", 2, 3],
        ["0001-01-01T00:00:00+14:00", "y"],
        ["2026-01-01T00:00:00Z", "\0"],
    ],
)
def test_a_cursor_that_is_not_ours_is_refused(values: list[object]) -> None:
    from eduvideo.core.pagination import encode_cursor

    with pytest.raises(InvalidInputError):
        queries.open_things(cursor=encode_cursor(values))


def test_what_is_said_of_a_thing_is_counted_and_quoted() -> None:
    for reason, note in (("spam", ""), ("abuse", "he means me"), ("abuse", "")):
        report("a", reason=reason, note=note)
    report("other")
    said = queries.said_of(DANMAKU, ["a", "nothing"])
    assert list(said) == ["a"]
    assert (said["a"].count, said["a"].main_reason, said["a"].notes) == (3, Reason.ABUSE, ["he means me"])


def test_things_are_known_by_their_video_until_it_is_gone() -> None:
    report("a")
    report("a")
    report("b", video="another")
    assert queries.reported_things(DANMAKU, video="v") == ["a"]
    close_reports_on_video("v")
    assert queries.reported_things(DANMAKU, video="v") == []
    assert waiting() == [("b", 1)]


def test_the_last_decision_counts(django_assert_num_queries: Any) -> None:
    person = a_person()
    for act in (Act.HIDE, Act.SHOW):
        record_decisions(Ruling(act, person, Authority.OWNER, "spam"), DANMAKU, ["a"], video="v")
    record_decisions(Ruling(Act.HIDE, person, Authority.STAFF, "It is rude."), DANMAKU, ["b"], video="v")
    with django_assert_num_queries(1):
        latest = queries.latest_decisions(DANMAKU, ["a", "b", "c"])
    assert {thing: decision.act for thing, decision in latest.items()} == {"a": Act.SHOW, "b": Act.HIDE}
    assert [latest[thing].reason_text for thing in ("a", "b")] == ["Advertising or spam", "It is rude."]

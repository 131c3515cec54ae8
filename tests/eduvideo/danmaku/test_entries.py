import random

import pytest

from eduvideo.accounts.models import Role, User
from eduvideo.catalog.models import Video
from eduvideo.core.errors import InvalidInputError
from eduvideo.core.pagination import encode_cursor
from eduvideo.danmaku.decisions import decide, report_danmaku
from eduvideo.danmaku.entries import Order, Stand, Wanted, entries_by_id, entries_of, own_entries
from eduvideo.danmaku.models import Danmaku
from eduvideo.danmaku.services import NewDanmaku, add_danmaku_bulk, post_danmaku, withdraw_danmaku
from eduvideo.moderation.models import Act
from tests.factories.danmaku import a_lesson, a_person, some_danmaku

pytestmark = pytest.mark.django_db


def texts(lesson: Video, **wanted: object) -> list[str]:
    return [entry.danmaku.text for entry in entries_of(lesson, Wanted(**wanted)).items]


def in_pages(lesson: Video, wanted: Wanted, size: int) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        page = entries_of(lesson, wanted, cursor=cursor, size=size)
        found += [entry.danmaku.text for entry in page.items]
        if not (cursor := page.next):
            return found


@pytest.fixture
def scene(lesson: Video, student: User) -> dict[str, Danmaku]:
    """One danmaku of every kind of standing; each is named by its text."""
    named = {
        text: post_danmaku(lesson, author=a_person(), position_ms=1, text=text, kind=kind)
        for text, kind in (("plain", "comment"), ("why", "question"), ("hidden", "comment"), ("kept", "comment"))
    }
    named["mine"] = post_danmaku(lesson, author=student, position_ms=1, text="mine")
    named["taken back"] = post_danmaku(lesson, author=student, position_ms=1, text="taken back")
    withdraw_danmaku(named["taken back"], by=student)
    decide(lesson, Act.HIDE, by=lesson.owner, ids=[named["hidden"].public_id], reason="spam")
    decide(lesson, Act.PROTECT, by=lesson.owner, ids=[named["kept"].public_id])
    for _ in range(3):
        report_danmaku(named["plain"], by=a_person(), reason="abuse")
    report_danmaku(named["mine"], by=a_person(), reason="spam")
    some_danmaku(a_lesson(), 2)
    return named


def test_each_way_to_ask_finds_its_own(lesson: Video, scene: dict[str, Danmaku]) -> None:
    assert texts(lesson) == ["mine", "kept", "hidden", "why", "plain"]
    assert texts(lesson, stand=Stand.VISIBLE) == ["mine", "kept", "why", "plain"]
    assert texts(lesson, stand=Stand.HIDDEN) == ["hidden"]
    assert texts(lesson, stand=Stand.REPORTED) == ["plain"]
    assert texts(lesson, stand=Stand.PROTECTED) == ["kept"]
    assert texts(lesson, kind="question") == ["why"]
    assert texts(lesson, has_reports=True) == ["mine", "plain"]
    assert texts(lesson, author_key=scene["mine"].author_key) == ["mine"]
    assert texts(lesson, text="AI") == ["plain"]
    assert texts(lesson, text="%") == []


def test_an_entry_has_its_reports_and_the_last_decision(lesson: Video, scene: dict[str, Danmaku]) -> None:
    found = entries_by_id([row.public_id for row in scene.values()])
    entry = {text: found[row.public_id] for text, row in scene.items()}
    assert [entry[text].said.count for text in ("plain", "mine", "hidden")] == [3, 1, 0]
    hidden_by = entry["hidden"].hidden_by
    assert hidden_by is not None
    assert (hidden_by.reason, entry["kept"].hidden_by) == ("spam", None)
    assert entry["kept"].decision is not None


@pytest.mark.parametrize("order", Order)
def test_pages_hold_each_danmaku_once_in_order(lesson: Video, order: Order) -> None:
    positions = [n * 40_000 // 10 for n in range(30)] + [60_000] * 5
    random.shuffle(positions)
    add_danmaku_bulk(lesson, [NewDanmaku(at, f"{n}") for n, at in enumerate(positions)])
    kept = Danmaku.objects.filter(video=lesson)
    expected = kept.order_by("-seq") if order is Order.NEWEST else kept.order_by("position_ms", "seq")
    for size in (4, 35, 50):
        assert in_pages(lesson, Wanted(order=order), size) == list(expected.values_list("text", flat=True))


@pytest.mark.parametrize("values", [[], ["1"], [1, 2], [-1], [2**63], [True], [1, 2, "3"]])
@pytest.mark.parametrize("order", Order)
def test_a_cursor_that_is_not_ours_is_refused(lesson: Video, order: Order, values: list[object]) -> None:
    with pytest.raises(InvalidInputError):
        entries_of(lesson, Wanted(order=order), cursor=encode_cursor(values))


def test_ones_own_are_of_all_lessons_and_in_every_state(
    lesson: Video, student: User, scene: dict[str, Danmaku]
) -> None:
    post_danmaku(a_lesson(), author=student, position_ms=1, text="elsewhere")
    found = own_entries(student).items
    assert [entry.danmaku.text for entry in found] == ["elsewhere", "taken back", "mine"]
    assert own_entries(a_person(Role.CREATOR)).items == []

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.core import clock
from eduvideo.core.errors import InvalidInputError
from eduvideo.core.models import OutboxEvent
from eduvideo.core.pagination import decode_cursor, encode_cursor, page_by_time


@pytest.mark.django_db
def test_pages_hold_every_row_once_also_when_times_are_equal() -> None:
    now = clock.now()
    OutboxEvent.objects.bulk_create(OutboxEvent(name=str(i), payload={}) for i in range(7))
    OutboxEvent.objects.filter(name__lt="4").update(created_at=now)
    OutboxEvent.objects.filter(name__gte="4").update(created_at=now - timedelta(hours=1))
    seen: list[str] = []
    cursor = None
    while True:
        page = page_by_time(OutboxEvent.objects.all(), field="created_at", cursor=cursor, size=2)
        seen += [event.name for event in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert sorted(seen) == [str(i) for i in range(7)]
    assert set(seen[:4]) == {"0", "1", "2", "3"}


@given(st.text(max_size=200))
def test_a_forged_cursor_is_refused_and_never_crashes(cursor: str) -> None:
    try:
        page_by_time(OutboxEvent.objects.none(), field="created_at", cursor=cursor)
    except InvalidInputError as error:
        assert error.fields[0].field == "cursor"


@given(st.lists(st.one_of(st.integers(), st.text(), st.none())))
def test_a_cursor_brings_back_its_values(values: list[object]) -> None:
    assert decode_cursor(encode_cursor(values)) == values


@pytest.mark.parametrize(
    "values",
    [["0001-01-01T00:00:00+14:00", 1], ["9999-12-31T23:59:59-14:00", 1], ["2026-01-01T00:00:00", 1], ["\ud800", 1]],
    ids=["before all dates", "after all dates", "no zone", "half a character"],
)
@pytest.mark.django_db
def test_a_cursor_that_no_database_takes_is_refused(values: list[object]) -> None:
    with pytest.raises(InvalidInputError):
        page_by_time(OutboxEvent.objects.all(), field="created_at", cursor=encode_cursor(values))

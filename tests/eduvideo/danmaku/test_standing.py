from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.danmaku.models import Danmaku, DanmakuState
from eduvideo.danmaku.services import NewDanmaku, add_danmaku_bulk
from eduvideo.danmaku.standing import Record, standing, standing_of
from tests.servers.valkey import ValkeyServer

YEAR = timedelta(days=365)
COUNTS = st.integers(0, 10_000)


@pytest.mark.parametrize(
    ("age_days", "shown", "hidden", "expected"),
    [
        (0, 0, 0, 0),
        (365, 19, 0, 0),
        (29, 500, 0, 0),
        (30, 20, 0, 1),
        (365, 100, 2, 1),
        (365, 100, 3, 0),
        (365, 2, 2, 0),
        (365, 27, 3, -2),
        (365, 28, 3, 0),
        (365, 6, 3, -4),
        (0, 0, 3, -4),
    ],
)
def test_standing_is_what_became_of_ones_danmaku(age_days: int, shown: int, hidden: int, expected: int) -> None:
    assert standing_of(Record(timedelta(days=age_days), shown, hidden)) == expected


@given(st.timedeltas(timedelta(0), YEAR), COUNTS, COUNTS, st.integers(1, 100))
def test_more_hidden_never_helps_and_age_never_harms(age: timedelta, shown: int, hidden: int, more: int) -> None:
    found = standing_of(Record(age, shown, hidden))
    assert standing_of(Record(age, shown, hidden + more)) <= found
    assert standing_of(Record(age + YEAR, shown, hidden)) >= found


@pytest.mark.django_db
@pytest.mark.parametrize(("is_away", "queries"), [(False, 1), (True, 2)])
def test_sending_again_asks_the_database_only_without_the_broker(
    lesson: Video, student: User, valkey: ValkeyServer, django_assert_num_queries: Any, is_away: bool, queries: int
) -> None:
    add_danmaku_bulk(lesson, [NewDanmaku(n, str(n), author=student) for n in range(4)])
    Danmaku.objects.exclude(text="0").update(state=DanmakuState.HIDDEN)
    if is_away:
        valkey.kill()
    with django_assert_num_queries(queries):
        assert [standing(student), standing(student)] == [-4, -4]

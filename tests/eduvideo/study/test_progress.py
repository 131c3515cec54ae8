import pytest
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.study.progress import is_at_end


@pytest.mark.parametrize(
    ("position_ms", "duration_ms", "is_seen"),
    [
        (56_999, 60_000, False),
        (57_000, 60_000, True),  # a twentieth
        (3_569_999, 3_600_000, False),
        (3_570_000, 3_600_000, True),  # never more than half a minute
        (0, 10_000, False),
        (7_000, 10_000, True),  # never less than three seconds
    ],
)
def test_the_end_is_near_enough_when_little_is_left(position_ms: int, duration_ms: int, is_seen: bool) -> None:
    assert is_at_end(position_ms, duration_ms=duration_ms) is is_seen


@given(st.integers(0, 10**9))
def test_who_is_at_the_end_has_seen_it(duration_ms: int) -> None:
    assert is_at_end(duration_ms, duration_ms=duration_ms)

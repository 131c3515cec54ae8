from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from eduvideo.danmaku.pace import Limit, Speaker, limits_for, speaker_of, wait_ms_of

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def test_an_account_is_new_for_a_day_unless_it_teaches() -> None:
    def who(hours: int, *, is_moderator: bool = False) -> Speaker:
        return speaker_of(joined_at=NOW - timedelta(hours=hours), now=NOW, is_moderator=is_moderator)

    assert (who(0), who(23), who(24), who(0, is_moderator=True)) == (
        Speaker.NEWCOMER, Speaker.NEWCOMER, Speaker.MEMBER, Speaker.MODERATOR,
    )  # fmt: skip


def test_who_teaches_may_send_several_times_more_and_who_is_new_less() -> None:
    per_minute = {who: limits_for(who, per_minute=20)[0].count for who in Speaker}
    assert per_minute == {Speaker.NEWCOMER: 10, Speaker.MEMBER: 20, Speaker.MODERATOR: 100}
    assert limits_for(Speaker.NEWCOMER, per_minute=1)[0].count == 1


@given(st.integers(1, 3_600_000), st.integers(1, 1000))
def test_slow_comes_on_top_with_the_longest_window_first_and_not_for_those_who_teach(pause: int, count: int) -> None:
    for who in (Speaker.NEWCOMER, Speaker.MEMBER):
        limits = limits_for(who, per_minute=count, pause_ms=pause)
        assert set(limits) == {*limits_for(who, per_minute=count), Limit(1, pause)}
        windows = [limit.window_ms for limit in limits]
        assert windows == sorted(windows, reverse=True)
    teaching = limits_for(Speaker.MODERATOR, per_minute=count, pause_ms=pause)
    assert teaching == limits_for(Speaker.MODERATOR, per_minute=count)


@given(st.lists(st.integers(0, 200), max_size=30), st.integers(1, 5), st.integers(1, 50))
def test_after_the_wait_one_more_is_within_the_limit_and_a_moment_before_it_is_not(
    earlier: list[int], count: int, window_ms: int
) -> None:
    limit, sent = Limit(count, window_ms), sorted(earlier, reverse=True)
    wait = wait_ms_of(sent, now_ms=200, limits=[limit])

    def within(now: int) -> int:
        return sum(now - window_ms < moment <= now for moment in sent)

    assert within(200 + wait) < count
    assert wait == 0 or within(200 + wait - 1) >= count

import pytest

from eduvideo.danmaku.policy import OFF, ON, SLOW, Policy, decided_policy, policy_of_grade


@pytest.mark.parametrize("grade", ["k", "1", "2", "3"])
def test_the_youngest_begin_slow_and_quiet(grade: str) -> None:
    assert policy_of_grade(grade) == Policy(SLOW, 60, is_quiet=True)


@pytest.mark.parametrize("grade", ["4", "12", "undergraduate", "adult"])
def test_everyone_else_begins_freely(grade: str) -> None:
    policy = policy_of_grade(grade)
    assert (policy.state, policy.is_quiet, policy.pause_ms) == (ON, False, 0)


def test_an_owner_who_lets_the_youngest_speak_freely_wants_them_to_be_seen() -> None:
    assert not decided_policy("1", ON, 60).is_quiet
    assert decided_policy("1", SLOW, 120) == Policy(SLOW, 120, is_quiet=True)
    assert not decided_policy("5", SLOW, 120).is_quiet


def test_only_slow_has_a_pause() -> None:
    assert [Policy(state, 20).pause_ms for state in (ON, SLOW, OFF)] == [0, 20_000, 0]


def test_off_is_for_those_who_do_not_teach() -> None:
    for state in (ON, SLOW, OFF):
        assert set(Policy(state, 20).kinds_for(is_moderator=True)) == {"comment", "question", "answer", "teacher"}
    assert Policy(SLOW, 20).kinds_for(is_moderator=False) == ("comment", "question")
    assert Policy(OFF, 20).kinds_for(is_moderator=False) == ()

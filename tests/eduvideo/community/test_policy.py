import pytest

from eduvideo.catalog.models import Visibility
from eduvideo.catalog.taxonomy import GRADES
from eduvideo.community.models import CommentMode
from eduvideo.community.policy import rules_of


def test_the_youngest_are_quiet_until_somebody_decides() -> None:
    quiet = {
        grade.id for grade in GRADES if rules_of(grade=grade.id, visibility=Visibility.PUBLIC, decided=None).is_quiet
    }
    assert quiet == {"k", "1", "2", "3"}
    rules = rules_of(grade="1", visibility=Visibility.PUBLIC, decided=CommentMode.ON)
    assert (rules.is_open, rules.is_quiet, rules.pause_s) == (True, False, 0)


@pytest.mark.parametrize("decided", [None, *CommentMode.values])
def test_what_is_only_embedded_takes_none_and_remembers_what_was_decided(decided: str | None) -> None:
    rules = rules_of(grade="7", visibility=Visibility.EMBED, decided=decided)
    assert not rules.is_open
    assert rules.decided == (decided or "on")

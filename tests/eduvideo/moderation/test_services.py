from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from eduvideo.core.errors import InvalidInputError
from eduvideo.moderation.services import OWN_WORDS, check_text


@pytest.fixture
def own_words() -> Iterator[Path]:
    """The operator's own list; removed again."""
    file = settings.EDUVIDEO.data_dir / OWN_WORDS
    yield file
    file.unlink(missing_ok=True)


def test_what_a_class_says_passes() -> None:
    for text in ("老师好", "2333", "Why is it -1?", "f'(x) = 2x", "这题答案是 3.5"):
        check_text(text, field="text")


@pytest.mark.parametrize("text", ["FUCK", "傻 逼", "加微信 abc", "see www.example.org"])
def test_a_refusal_names_the_field_and_says_why(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        check_text(text, field="text")
    assert [item.field for item in refused.value.fields] == ["text"]
    assert refused.value.detail


def test_an_operator_can_add_words_and_take_them_away_while_running(own_words: Path) -> None:
    check_text("homework seller", field="text")
    own_words.write_text("seller\n", encoding="utf-8")
    with pytest.raises(InvalidInputError):
        check_text("homework seller", field="text")
    own_words.unlink()
    check_text("homework seller", field="text")

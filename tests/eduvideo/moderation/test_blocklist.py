import pytest
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.moderation.blocklist import Blocklist, has_link

WORDS = Blocklist.of(["# a comment", "", "Ass # not Class", "go away", "去死"])


@pytest.mark.parametrize(
    "text",
    [
        "ass",
        "ASS!",
        "a s s",
        "a.s.s.",
        "you äss",
        "ａｓｓ",
        "go  away",
        "Go-away, now",
        "你去死吧",
        "去 死",
        "去·死",
        "去\u0301死",
    ],
)
def test_a_blocked_word_is_found_however_it_is_written(text: str) -> None:
    assert WORDS.blocks(text)


@pytest.mark.parametrize("text", ["class", "assign", "a sea", "go far away", "去上课", "死去", "the US state"])
def test_a_word_within_another_is_no_reason(text: str) -> None:
    assert not WORDS.blocks(text)


@given(st.text())
def test_an_empty_list_blocks_nothing(text: str) -> None:
    assert not Blocklist.of([]).blocks(text)


@given(st.text())
def test_a_list_of_any_line_can_be_made(line: str) -> None:
    Blocklist.of([line]).blocks(line)


@pytest.mark.parametrize(
    "text",
    [
        "http://a.b",
        "HTTPS : //x",
        "see www.example.org",
        "bit.ly/x",
        "example . com",
        "ｅｘａｍｐｌｅ．ｃｏｍ",
        "加我 qq。com",
    ],
)
def test_a_link_is_found(text: str) -> None:
    assert has_link(text)


@pytest.mark.parametrize(
    "text", ["3.14", "e.g. this", "so.that is it", "f(x).", "x = a.b + c", "好。me too", "list.to(device)", "v1.2.3"]
)
def test_what_only_looks_like_one_passes(text: str) -> None:
    assert not has_link(text)

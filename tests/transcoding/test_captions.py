import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcoding.captions import LEAST_MS, MOST_MS, Cue, clean_webvtt, readable_cues, webvtt

CUE = "00:01.000 --> 00:02.000"


def cleaned(payload: str, *, timing: str = CUE) -> str:
    return clean_webvtt(f"WEBVTT\n\n{timing}\n{payload}\n")


def test_ordinary_text_stays_as_it_is() -> None:
    assert cleaned("你好 <i>world</i>") == f"WEBVTT\n\n{CUE}\n你好 <i>world</i>\n"


def test_a_script_is_shown_and_not_run() -> None:
    assert "&lt;script&gt;" in cleaned("<script>alert(1)</script>")
    assert "&lt;b onclick=x&gt;" in cleaned("<b onclick=x>")


def test_escapes_are_not_escaped_twice() -> None:
    assert "a &amp; b &lt; c" in cleaned("a &amp; b &lt; c")


def test_cue_settings_styles_and_notes_are_dropped() -> None:
    text = "WEBVTT\n\nSTYLE\n::cue{background:url(http://x)}\n\nNOTE hi\n\nid\n" + CUE + " line:0 position:20%\nHi\n"
    assert clean_webvtt(text) == f"WEBVTT\n\n{CUE}\nHi\n"


def test_digits_that_players_do_not_know_are_no_times() -> None:
    assert "-->" not in cleaned("x", timing="٠٠:٠١.٠٠٠ --> ٠٠:٠٢.٠٠٠")
    assert "-->" not in cleaned("x", timing=f"{'9' * 3000}:00:01.000 --> {'9' * 3000}:00:02.000")


def test_windows_line_ends_are_understood() -> None:
    assert clean_webvtt(f"WEBVTT\r\n\r\n{CUE}\r\nHi\r\n") == f"WEBVTT\n\n{CUE}\nHi\n"


@given(st.text(max_size=200))
def test_whatever_comes_in_no_foreign_tag_comes_out(text: str) -> None:
    tags = re.findall(r"<[^>]*>", cleaned(text))
    assert all(re.fullmatch(r"</?[biuBIU]>", tag) for tag in tags)


@given(st.text(max_size=200))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = cleaned(text)
    assert clean_webvtt(once) == once


HOUR_MS = 3_600_000


def readable(*cues: tuple[int, int, str], duration_ms: int = HOUR_MS) -> list[tuple[int, int, str]]:
    made = readable_cues([Cue(*cue) for cue in cues], duration_ms=duration_ms)
    return [(cue.start_ms, cue.end_ms, cue.text) for cue in made]


class TestReadableCues:
    def test_what_fits_stays(self) -> None:
        assert readable((0, 2000, " Hello class.")) == [(0, 2000, "Hello class.")]

    def test_a_long_sentence_breaks_after_a_sign_and_shares_its_time(self) -> None:
        text = (
            "今天我们学习二次函数的图像和性质，首先请大家回忆一下什么叫做函数。对于每一个自变量都有唯一的值与它对应。"
        )
        assert readable((10_000, 20_400, text)) == [
            (10_000, 16_634, "今天我们学习二次函数的图像和性质，\n首先请大家回忆一下什么叫做函数。"),
            (16_634, 20_400, "对于每一个自变量都有唯一的值与它对应。"),
        ]

    def test_words_stay_whole_and_short_sentences_stay_together(self) -> None:
        text = "Right. So let us look at the graph of y = 3.14 x, and then at its vertex. Ready? Here it is."
        made = readable((0, 8000, text))
        assert [text for _, _, text in made] == [
            "Right. So let us look at the graph of y =\n3.14 x, and then at its vertex. Ready?", "Here it is.",
        ]  # fmt: skip

    def test_a_caption_stands_long_enough_and_not_too_long(self) -> None:
        assert readable((0, 100, "a"), (5000, 5100, "b"), (5300, 30_000, "c")) == [
            (0, 1000, "a"), (5000, 5300, "b"), (5300, 12_300, "c"),
        ]  # fmt: skip

    def test_none_overlaps_or_outlasts_the_recording(self) -> None:
        assert readable((29_999, 31_000, "b"), (0, 30_100, "a"), (31_000, 60_000, "c"), duration_ms=33_000) == [
            (0, 7000, "a"), (29_999, 31_000, "b"), (31_000, 33_000, "c"),
        ]  # fmt: skip
        assert readable((40_000, 41_000, "late"), duration_ms=33_000) == []

    def test_a_stuck_recognizer_is_not_written_down(self) -> None:
        said = [(n * 1000, n * 1000 + 1000, "Thank you.") for n in range(50)]
        assert len(readable(*said, (60_000, 61_000, "So."))) == 3

    def test_what_shows_nothing_is_left_out(self) -> None:
        assert readable((0, 1000, " \n\ufffd\x01"), (0, 0, "x")) == []

    @pytest.mark.parametrize("text", ["a" * 500, "你" * 500, "(" * 500, "。" * 500])
    def test_what_has_no_place_to_break_is_cut(self, text: str) -> None:
        made = readable((0, 60_000, text))
        assert "".join(part for _, _, part in made).replace("\n", "") == text
        assert all(width(line) <= 42.5 for _, _, part in made for line in part.split("\n"))

    def test_they_are_written_as_webvtt(self) -> None:
        assert webvtt([Cue(0, 3_661_001, "a < b\n&c")]) == (
            "WEBVTT\n\n00:00:00.000 --> 01:01:01.001\na &lt; b\n&amp;c\n"
        )


def width(line: str) -> float:
    return sum(2.1 if unicodedata.east_asian_width(mark) in "WF" else 1 for mark in line.rstrip())


heard = st.builds(
    Cue, st.integers(-10, 100_000), st.integers(0, 120_000),
    st.text(st.sampled_from("ab 你好，。.!?（) \n<&\U0001f600e\u0301") | st.characters(), max_size=200),
)  # fmt: skip


@given(st.lists(heard, max_size=8), st.integers(1, 100_000))
def test_whatever_is_heard_can_be_read(cues: list[Cue], duration_ms: int) -> None:
    made = readable_cues(cues, duration_ms=duration_ms)
    for cue, following in zip(made, [*made[1:], None], strict=False):
        lines = cue.text.split("\n")
        assert 1 <= len(lines) <= 2
        assert all(line and line == line.strip() and width(line) <= 42.5 for line in lines)
        latest = following.start_ms if following else duration_ms
        assert 0 <= cue.start_ms < cue.end_ms <= latest
        assert cue.end_ms - cue.start_ms <= MOST_MS
        assert cue.end_ms - cue.start_ms >= min(LEAST_MS, latest - cue.start_ms)

"""WebVTT and SRT against the cases of web-platform-tests, and against damage."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.media.captions import CaptionSyntaxError, Cue, parse_captions, webvtt
from tests.conftest import FIXTURES

FILES = sorted((FIXTURES / "webvtt" / "file-parsing").glob("*.vtt"))
TEXTS = sorted((FIXTURES / "webvtt" / "cue-parsing").glob("*.json"))
SRT = "1\n00:00:01,500 --> 00:00:03,000\nHello\nchildren\n\n2\n00:01:00,5 --> 01:00:00,000 X1:0 Y1:9\na < b & c\n"
WEBVTT = (
    "WEBVTT - a lesson\n\nNOTE ignored\n\nid\n00:01.500 --> 00:00:03.000 align:start\n<v Ann>Hello\n<i>children</i>\n"
)


@pytest.mark.skipif(not FILES, reason="the WebVTT fixtures of web-platform-tests are not there (EDUVIDEO_FIXTURES)")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
class TestFiles:
    def test_as_many_cues_are_found_as_browsers_find(self, path: Path) -> None:
        expected = re.search(r"^assert_equals\(cues\.length, (\d+)", asserted(path), re.MULTILINE)
        if not expected:
            pytest.skip("asserts nothing but styles")
        cues = parse_captions(path.read_bytes().decode())
        assert len(cues) == int(expected[1])

    def test_their_times_and_words_are_those_that_browsers_find(self, path: Path) -> None:
        asserts = re.findall(r"cues\[(\d+)\]\.(text|startTime|endTime), (.+?)\);", asserted(path))
        numbered = re.search(r"cues?(?:\[i\])?\.text, 'text' \+ ", asserted(path))
        if not asserts and not numbered:
            pytest.skip("asserts nothing of times and words")
        cues = parse_captions(path.read_bytes().decode())
        if numbered:
            assert [cue.text for cue in cues] == [f"text{n}" for n in range(len(cues))]
        for number, what, value in asserts:
            cue = cues[int(number)]
            found = {"text": cue.text, "startTime": cue.start_ms / 1000, "endTime": cue.end_ms / 1000}[what]
            expected = json.loads(value.replace("'", '"'))
            # We show no spaces around a line.
            assert found == (expected.strip() if isinstance(expected, str) else expected)


def asserted(path: Path) -> str:
    return path.with_suffix(".js").read_text(encoding="utf-8")


@pytest.mark.skipif(not TEXTS, reason="the WebVTT fixtures of web-platform-tests are not there (EDUVIDEO_FIXTURES)")
@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_the_words_of_a_cue_are_those_that_browsers_show(path: Path) -> None:
    """Two differences are meant: "<" without its ">" is kept (lessons say a < b), invisible marks are not."""
    for case in json.loads(path.read_text(encoding="utf-8")):
        text = case["text"]
        if text.count("<") > text.count(">") or re.search(r"&(?:lrm|rlm);|\0|</\n", text):
            continue
        nodes = re.findall(r'^\| +"(.*?)"$', case["expectedTree"], re.MULTILINE | re.DOTALL)
        cues = parse_captions(f"WEBVTT\n\n00:00.000 --> 00:01.000\n{text}")
        assert " ".join(cue.text for cue in cues).split() == "".join(nodes).split(), text


class TestReading:
    def test_srt_gives_the_same_cues_as_webvtt(self) -> None:
        first, second = parse_captions(SRT)
        assert first == Cue(1_500, 3_000, "Hello\nchildren")
        assert second == Cue(60_500, 3_600_000, "a < b & c")
        assert parse_captions(WEBVTT) == (first,)

    def test_cues_come_in_the_order_of_time(self) -> None:
        text = "WEBVTT\n\n00:05.000 --> 00:06.000\nlater\n\n00:01.000 --> 00:02.000\nsooner\n"
        assert [cue.text for cue in parse_captions(text)] == ["sooner", "later"]

    def test_less_than_is_no_tag(self) -> None:
        text = "WEBVTT\n\n00:01.000 --> 00:02.000\n1 < 2, a < b and b > c, <b>x</b> < <00:01.500>y\n"
        assert parse_captions(text)[0].text == "1 < 2, a < b and b > c, x < y"

    def test_a_tag_may_span_lines(self) -> None:
        text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann\nLee>Hello\n"
        assert parse_captions(text)[0].text == "Hello"

    @pytest.mark.parametrize(
        "timing",
        [
            "00:02.000 --> 00:01.000",
            "00:01.000 --> 00:01.000",
            "00:60.000 --> 01:01.000",
            "60:00.000 --> 00:01:01.000",
            "00:01.000 -- > 00:02.000",
            "00:01,000 --> 00:02,000",
            f"{'9' * 5000}:00:01.000 --> {'9' * 5000}:00:02.000",
            "٠٠:٠٠.٠٠٠ --> ٠٠:٠١.٠٠٠",
        ],
    )
    def test_a_cue_of_no_time_is_left_out(self, timing: str) -> None:
        text = f"WEBVTT\n\n{timing}\nleft out\n\n00:01.000 --> 00:02.000\nkept\n"
        assert [cue.text for cue in parse_captions(text)] == ["kept"]

    @pytest.mark.parametrize("reference", [f"&#{'9' * 5000};", "&#x110000;", "&#xd800;", "&#0;"])
    def test_a_character_that_does_not_exist_is_shown_as_one(self, reference: str) -> None:
        assert parse_captions(f"WEBVTT\n\n00:01.000 --> 00:02.000\na{reference}b\n")[0].text == "a\ufffdb"

    @pytest.mark.parametrize("text", ["", "\n\n", "hello", "WEBVTTX\n\n", '{"cues": []}', "\0" * 100])
    def test_a_text_of_another_kind_is_refused_with_its_line(self, text: str) -> None:
        with pytest.raises(CaptionSyntaxError, match="neither") as caught:
            parse_captions(text)
        assert caught.value.line == 1

    def test_too_many_captions_are_refused_with_the_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("eduvideo.media.captions.MAX_CUES", 1)
        with pytest.raises(CaptionSyntaxError, match="too many") as caught:
            parse_captions(SRT)
        assert caught.value.line == 7


FRAGMENTS = st.sampled_from([
    "WEBVTT", "\n", "\n\n", "00:01.000", " --> ", "00:00:02.000", "<", ">", "<b>", "</b>", "&amp;", "&lt;", "&", "--", "\0",
    "\r", "\t", " ", "\f", "\x85", "\u2028", "你好", "é", "e\u0301", "NOTE", "1", ":", ".", ",", "&#10;", "&amp;amp;", "--&gt;",
])  # fmt: skip


@given(st.lists(st.one_of(FRAGMENTS, st.text(max_size=5)), max_size=60).map("".join))
def test_no_damage_gives_anything_but_cues_or_the_error(damaged: str) -> None:
    for text in (damaged, f"WEBVTT\n\n00:01.000 --> 00:02.000\n{damaged}", f"1\n00:00:01,0 --> 00:00:02,0\n{damaged}"):
        try:
            cues = parse_captions(text)
        except CaptionSyntaxError:
            continue
        assert all(0 <= cue.start_ms < cue.end_ms and cue.text for cue in cues)
        assert parse_captions(webvtt(cues)) == cues


@given(st.integers(0, 200), st.sampled_from([SRT, WEBVTT]))
def test_a_text_that_was_cut_off_is_read_as_far_as_it_goes(end: int, text: str) -> None:
    try:
        cues = parse_captions(text[:end])
    except CaptionSyntaxError:
        return
    assert len(cues) <= 2

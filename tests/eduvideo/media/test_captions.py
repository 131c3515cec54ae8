"""WebVTT and SRT against the cases of web-platform-tests, and against damage."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.media.captions import CaptionSyntaxError, Cue, parse_captions, srt, webvtt
from tests.conftest import FIXTURES

FILES = sorted((FIXTURES / "webvtt" / "file-parsing").glob("*.vtt"))
TEXTS = sorted((FIXTURES / "webvtt" / "cue-parsing").glob("*.json"))
SRT = "1\n00:00:01,500 --> 00:00:03,000\nHello\nchildren\n\n2\n00:01:00,5 --> 01:00:00,000 X1:0 Y1:9\na < b & c\n"
WEBVTT = (
    "WEBVTT - a lesson\n\nNOTE ignored\n\nid\n00:01.500 --> 00:00:03.000 align:start\n<v Ann>Hello\n<i>children</i>\n"
)


# What the cases assert of a cue that we do not keep: we store words and times, and write WebVTT without settings, so that
# every player shows captions at its own place, and nothing of a stranger's styles, regions and names reaches a page.
NOT_KEPT = {
    "id", "line", "lineAlign", "snapToLines", "position", "size", "align", "vertical", "region", "lines", "scroll",
    "viewportAnchorX", "viewportAnchorY",
}  # fmt: skip
# file, cue: what we answer instead, with the reason.
OTHER_WORDS = {("whitespace-chars", 0): "text0"}  # no spaces around a line: a player would indent it
NOT_ASSERTED = {
    "stylesheets": ["text", "text"]
}  # its script can see no style; that cues survive them is told by the file
OUR_CASES = {  # words of a cue: what we answer instead of what browsers show
    # "<" without its ">" is what a lesson on mathematics says; a browser loses the rest of the caption.
    "<\n": "<", "<<\n": "<<", "<\t\n": "<", "<\n\n": "<", "< \n": "<", "<.\n": "<.", "<c.\n": "<c.", "</\n": "</",
    "<0\n": "<0", "<0.500\n": "<0.500", "<0:00.500\n": "<0:00.500", "<00:00.500\n": "<00:00.500",
    "<00:00:00.500\n": "<00:00:00.500", "&<\n": "&<", "&<c\n": "&<c",
    # No time in any reading of the format: what was written is shown.
    "<00:\x0000:00.500>\n": "<00:\ufffd00:00.500>",
    # Marks of direction are invisible and could turn the words of a line around; the whole platform's texts have none.
    "a&lrm;b\n": "ab", "a&rlm;b\n": "ab",
}  # fmt: skip


@pytest.mark.skipif(not FILES, reason="the WebVTT fixtures of web-platform-tests are not there (EDUVIDEO_FIXTURES)")
class TestFiles:
    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
    def test_cues_are_those_that_browsers_find(self, path: Path) -> None:
        script = path.with_suffix(".js").read_text(encoding="utf-8")
        cues = parse_captions(path.read_bytes().decode())
        judged = 0
        for number, what, expected in asserted(script, count=len(cues)):
            if what == "length":
                assert len(cues) == expected
            elif what in NOT_KEPT:
                continue
            else:
                cue = cues[number]
                found = {"text": cue.text, "startTime": cue.start_ms / 1000, "endTime": cue.end_ms / 1000}[what]
                assert found == OTHER_WORDS.get((path.stem, number), expected)
            judged += 1
        if path.stem in NOT_ASSERTED:
            assert [cue.text for cue in cues] == NOT_ASSERTED[path.stem]
        assert judged or path.stem in NOT_ASSERTED

    def test_every_assertion_is_judged_or_listed_with_its_reason(self) -> None:
        for path in FILES:
            script = path.with_suffix(".js").read_text(encoding="utf-8")
            named = set(re.findall(r"assert_\w+\((?:cues?|regions)(?:\[[^]]+\])?\.(\w+)", script))
            assert named <= NOT_KEPT | {"length", "text", "startTime", "endTime"}, path.stem
            assert {stem for stem, _ in OTHER_WORDS} | set(NOT_ASSERTED) <= {file.stem for file in FILES}


def asserted(script: str, *, count: int) -> Iterator[tuple[int, str, object]]:
    """Yield what a script asserts of cues: number, property, value; what only a running script could tell is left out."""
    length = re.search(r"^assert_equals\(cues\.length, (\d+)", script, re.MULTILINE)
    if length:
        yield 0, "length", int(length[1])
    named = 0
    for line in script.splitlines():
        if name := re.match(r"var cue = cues\[(\d+)\];", line):
            named = int(name[1])
        if numbered := re.match(r"\s+assert_equals\(cues?(?:\[i\])?\.text, 'text' \+ ", line):
            yield from ((number, "text", f"text{number}") for number in range(count) if numbered)
        elif told := re.match(r"assert_equals\(cue(?:s\[(\d+)\])?\.(\w+), (\"[^\"]*\"|'[^']*'|\d+)(?:, .*)?\);", line):
            number = int(told[1]) if told[1] else named
            yield number, told[2], json.loads(told[3].replace("'", '"'))


@pytest.mark.skipif(not TEXTS, reason="the WebVTT fixtures of web-platform-tests are not there (EDUVIDEO_FIXTURES)")
class TestWords:
    CASES = [case for path in TEXTS for case in json.loads(path.read_text(encoding="utf-8"))]

    @pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case["text"]))
    def test_the_words_of_a_cue_are_those_that_browsers_show(self, case: dict[str, str]) -> None:
        nodes = re.findall(r'^\| +"(.*?)"$', case["expectedTree"], re.MULTILINE | re.DOTALL)
        expected = OUR_CASES.get(case["text"], "".join(nodes))
        cues = parse_captions(f"WEBVTT\n\n00:00.000 --> 00:01.000\n{case['text']}")
        # Lines are shown without spaces around them or several in a row, and a cue that shows nothing is none.
        lines = [" ".join(line.replace("\u00a0", " ").split()) for line in expected.split("\n")]
        assert [cue.text for cue in cues] == ["\n".join(filter(None, lines))] * any(lines)

    def test_no_difference_is_listed_that_is_none(self) -> None:
        assert set(OUR_CASES) <= {case["text"] for case in self.CASES}


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


class TestSrtInTheWild:
    @pytest.mark.parametrize(
        "timing",
        [
            "00:00:01,500 --> 00:00:03,000",
            "00:00:01.500 --> 00:00:03.000",
            "0:0:1,5 --> 0:0:3",
            "00:01,500-->00:03,000",
            "00:00:01, 500 --> 00: 00:03,000",
            "  00:00:01,500 -> 00:00:03,000  X1:100 X2:200",
            "00:00:01,500 --> 00:00:03,000 align:start",
        ],
    )
    def test_times_are_read_however_they_are_written(self, timing: str) -> None:
        assert parse_captions(f"\ufeff1\r\n{timing}\r\nHello\r\n") == (Cue(1_500, 3_000, "Hello"),)

    @pytest.mark.parametrize(
        "text",
        [
            "00:00:01,0 --> 00:00:02,0\none\n\n00:00:03,0 --> 00:00:04,0\ntwo\n",
            "1\n00:00:01,0 --> 00:00:02,0\none\n2\n00:00:03,0 --> 00:00:04,0\ntwo",
            "7\n\n00:00:03,0 --> 00:00:04,0\n\ntwo\n\n\n\n1\n00:00:01,0 --> 00:00:02,0\none\n\n",
            "made by me\n\nx\n00:00:01,0 --> 00:00:02,0\none\n\n2\n00:00:03,0 --> 00:00:04,0\ntwo\n3\n",
            "1\n00:00:01,0 --> 00:00:02,0\none\n\n2\n00:00:61,0 --> 00:00:62,0\nbad\n\n3\n00:00:03,0 --> 00:00:04,0\ntwo",
        ],
        ids=["no numbers", "no empty lines", "out of order", "a heading", "a time that no clock shows"],
    )
    def test_blocks_are_told_apart_by_their_times(self, text: str) -> None:
        first, second = parse_captions(text)
        assert (first.text, second.text.partition("\n")[0]) == ("one", "two")

    def test_cues_that_overlap_stay_as_they_are(self) -> None:
        text = "1\n00:00:01,0 --> 00:00:05,0\none\n\n2\n00:00:02,0 --> 00:00:03,0\ntwo\n"
        assert [(cue.start_ms, cue.end_ms) for cue in parse_captions(text)] == [(1000, 5000), (2000, 3000)]

    def test_an_empty_line_inside_a_caption_loses_no_words(self) -> None:
        text = "1\n00:00:01,0 --> 00:00:02,0\n- Why?\n\n- 42\n\n2\n00:00:03,0 --> 00:00:04,0\n42\n\n"
        assert [cue.text for cue in parse_captions(text)] == ["- Why?\n- 42", "42"]

    def test_styles_are_left_out_and_words_are_kept(self) -> None:
        text = '1\n00:00:01,0 --> 00:00:02,0\n{\\an8}<font color="#fff">x</font> <i>in</i> {1, 2} &amp; a<b\n'
        assert parse_captions(text)[0].text == "x in {1, 2} & a<b"

    @pytest.mark.parametrize("text", ["<" * 9_000, "x\n" * 9_000, "{\\" * 9_000], ids=["tags", "lines", "styles"])
    def test_a_caption_that_nobody_could_read_is_refused_with_its_line(self, text: str) -> None:
        with pytest.raises(CaptionSyntaxError, match="too long") as caught:
            parse_captions(f"1\n00:00:01,0 --> 00:00:02,0\n{text}")
        assert caught.value.line == 2

    def test_what_we_write_reads_back(self) -> None:
        cues = (Cue(0, 1_000, "3\n42"), Cue(1_500, 360_000_000, "你好 & a < b\nf: x -> y"))
        assert srt(cues).splitlines()[:4] == ["1", "00:00:00,000 --> 00:00:01,000", "3", "42"]
        assert parse_captions(srt(cues)) == (cues[0], Cue(1_500, 360_000_000, "你好 & a < b\nf: x → y"))


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
        if cues and not any(mark in cue.text for cue in cues for mark in "&<>{"):  # SRT has no way to write them
            assert parse_captions(srt(cues)) == cues


@given(st.integers(0, 200), st.sampled_from([SRT, WEBVTT]))
def test_a_text_that_was_cut_off_is_read_as_far_as_it_goes(end: int, text: str) -> None:
    try:
        cues = parse_captions(text[:end])
    except CaptionSyntaxError:
        return
    assert len(cues) <= 2

import json
import shutil
import subprocess
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.core.errors import InvalidInputError
from eduvideo.danmaku.bulk import NewDanmaku
from eduvideo.danmaku.formats import ass, bilibili, own, records
from eduvideo.danmaku.formats.reading import parse
from eduvideo.danmaku.formats.records import Record
from eduvideo.danmaku.segments import color_number

# What an independent parser (ElementTree) counts in these files, by mode.
BILIBILI_FILES = {
    "dfm/comments.xml": {1: 801, 5: 124, 7: 279, 4: 35},
    "ccl/bilibili.xml": {7: 267, 1: 64},
    "factory/danmaku01.xml": {},
    "ccl/comment.xml": {},
    "ccl/test2.xml": {},
}


def kept(items: list[NewDanmaku]) -> list[Record]:
    """Return items as they would come out of the table."""
    return [
        Record(
            seq=seq,
            id=item.id or f"id{seq}",
            position_ms=item.position_ms,
            mode=item.mode,
            color=color_number(item.color),
            size_px=item.size_px,
            text=item.text,
            weight=item.weight,
            kind=item.kind,
            author_key=item.writer,
            created_at=item.created_at or datetime(2026, 1, 1, tzinfo=UTC),
            raw=item.raw,
            reply_to=item.reply_to,
        )
        for seq, item in enumerate(items, start=1)
    ]


def exported(writer: Any, items: list[NewDanmaku]) -> bytes:
    return "".join(writer.write(kept(items))).encode()


def elements(data: bytes) -> list[tuple[list[str], str]]:
    """Return fields and text of every <d>, as another parser reads them."""
    return [(d.get("p", "").split(","), d.text or "") for d in ET.fromstring(data).iter("d")]


def refusal(data: bytes) -> str:
    with pytest.raises(InvalidInputError) as refused:
        parse(data)
    assert refused.value.fields[0].field == "file"
    return refused.value.detail


class TestBilibili:
    @pytest.mark.parametrize("name", BILIBILI_FILES)
    def test_files_of_others_come_back_unchanged_but_for_their_authors(self, fixtures: Path, name: str) -> None:
        data = (fixtures / "danmaku" / name).read_bytes()
        theirs = elements(data)
        parsed = parse(data)
        assert len(parsed.items) + parsed.skipped == len(theirs)
        assert parsed.skipped <= len(theirs) // 50
        modes = Counter(int(fields[1]) for fields, _ in theirs)
        assert {mode: modes[mode] for mode in BILIBILI_FILES[name]} == BILIBILI_FILES[name]
        ours = {fields[7]: (fields, text) for fields, text in elements(exported(bilibili, parsed.items))}
        for fields, text in theirs:
            if text.strip():
                again, text_again = ours[fields[7]]
                assert text_again == text
                assert abs(float(again[0]) - float(fields[0])) <= 0.0005
                assert again[1:6] == fields[1:6]
                assert again[8:] == (fields[8:] or ["5"])

    def test_an_export_read_again_gives_the_same_items(self, fixtures: Path) -> None:
        first = parse((fixtures / "danmaku/factory/danmaku01.xml").read_bytes()).items
        again = parse(exported(bilibili, first)).items
        assert [(i.position_ms, i.text, i.mode, i.color, i.size_px, i.weight, i.raw) for i in again] == [
            (i.position_ms, i.text, i.mode, i.color, i.size_px, i.weight, i.raw) for i in first
        ]

    def test_code_and_positioned_text_are_kept_as_data_only(self) -> None:
        body = '[0.1,0.2,"1-1",4.5,"x",0,0]'
        data = f'<i><d p="1,7,25,255,0,0,a,1">{body}</d><d p="1,8,25,255,0,2,a,2">while(1);</d></i>'.encode()
        items = parse(data).items
        assert [(item.mode, item.text) for item in items] == [("special", ""), ("special", "")]
        assert [text for _, text in elements(exported(bilibili, items))] == [body, "while(1);"]

    def test_ids_that_no_double_can_hold_stay_whole(self) -> None:
        (item,) = parse(b'<i><d p="1,1,25,255,9,0,a,29950852386521095,3">x</d></i>').items
        assert item.raw == {"id": "29950852386521095"}
        assert item.weight == 3
        assert elements(exported(bilibili, [item]))[0][0][7] == "29950852386521095"

    def test_a_weight_and_a_kind_that_are_not_ours_do_no_harm(self) -> None:
        (item,) = parse(b'<i><d p="1,1,25,255,9,0,a,1,11" kind="admin" id="x" re="y">x</d></i>').items
        assert (item.weight, item.kind, item.id, item.reply_to) == (10, "comment", "", "")
        assert elements(exported(bilibili, [item]))[0][0][8] == "11"

    @pytest.mark.parametrize(
        "p",
        ["", "1,1,25", "x,1,25,255,0,0,a,1", "nan,1,25,255,0,0,a,1", "-1,1,25,255,0,0,a,1", "1e9,1,25,255,0,0,a,1",
         "1,77,25,255,0,0,a,1", "1,1,25," + "9" * 5000 + ",0,0,a,1"],
    )  # fmt: skip
    def test_a_broken_item_is_skipped_and_counted(self, p: str) -> None:
        parsed = parse(f'<i><d p="{p}">a</d><d p="1,1,25,255,0,0,a,1">b</d></i>'.encode())
        assert ([item.text for item in parsed.items], parsed.skipped) == (["b"], 1)

    def test_only_what_the_root_holds_is_an_item_and_only_its_own_words_its_text(self) -> None:
        p = 'p="1,1,25,255,0,0,a,1"'
        parsed = parse(f"<i><d {p}>a&amp;b<d {p}>c</d>d</d><e><d {p}>e</d></e> f <d {p}>g</d></i>".encode())
        assert ([item.text for item in parsed.items], parsed.skipped) == (["a&b", "g"], 0)

    def test_a_time_that_is_no_whole_number_is_skipped(self) -> None:
        assert parse(b'<i><d p="1,1,25,255,1.5,0,a,1">a</d></i>').skipped == 1

    def test_files_that_are_broken_are_refused_with_the_line(self, fixtures: Path) -> None:
        invalid = fixtures / "danmaku/ccl/invalid"
        assert "Line 8" in refusal((invalid / "syntax_error.xml").read_bytes())
        assert "Line 12" in refusal((invalid / "no_closing.xml").read_bytes())
        assert "Line" in refusal((invalid / "xss.xml").read_bytes())
        assert parse((fixtures / "danmaku/ccl/synthetic/BilibiliFormat.xml").read_bytes()).skipped == 1

    def test_bombs_are_refused_early(self, monkeypatch: pytest.MonkeyPatch) -> None:
        entities = b'<!DOCTYPE i [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><i><d p="1,1,25,255,0,0,a,1">&b;</d></i>'
        assert "entities" in refusal(entities)
        assert refusal(b"<packet><chat/></packet>").startswith("Line 1")
        monkeypatch.setattr("eduvideo.danmaku.formats.reading.LARGEST_FILE_BYTES", 100)
        assert "64 MB" in refusal(b"<i>" + b" " * 100 + b"</i>")

    def test_what_a_file_of_another_kind_says_is_written_where_it_can_be(self) -> None:
        raw = {"text": 5, "mode": "1,2", "size": None, "pool": {}, "weight": 2.5, "id": "7,\x01\n8"}
        document = {"format": own.FORMAT, "items": [{"position_ms": 1000, "text": "Hello", "raw": raw}]}
        ((fields, text),) = elements(exported(bilibili, parse(json.dumps(document).encode()).items))
        assert (fields[:4], fields[5], fields[7:], text) == (
            ["1.00000", "1", "25", "16777215"],
            "0",
            ["78", "5"],
            "Hello",
        )

    @given(st.text(max_size=60))
    def test_any_text_comes_back_or_is_skipped(self, text: str) -> None:
        legal = bilibili.NOT_IN_XML.sub("", text).replace("\r", "\n")
        element = ET.Element("i")
        ET.SubElement(element, "d", p="1,1,25,255,9,0,a,1").text = legal
        parsed = parse(ET.tostring(element, encoding="utf-8"))
        assert len(parsed.items) + parsed.skipped == 1
        if parsed.items:
            assert elements(exported(bilibili, parsed.items))[0][1] == legal


@pytest.mark.parametrize("writer", [bilibili, own])
def test_questions_and_their_answers_come_back_together(writer: Any) -> None:
    items = [
        NewDanmaku(2_000, "because", kind="answer", weight=9, reply_to="q1"),
        NewDanmaku(1_000, "why", kind="question", weight=7, id="q1"),
        NewDanmaku(1_500, "of nothing that is here", kind="answer", reply_to="gone"),
        NewDanmaku(3_000, "look", kind="teacher", weight=10),
    ]
    again = parse(exported(writer, items)).items
    assert [(item.text, item.kind, item.weight) for item in again] == [
        (item.text, item.kind, item.weight) for item in items
    ]
    answer, question, orphan, other = again
    assert question.id not in {"", "q1"}
    assert (answer.reply_to, orphan.reply_to, other.id) == (question.id, "", "")


class TestJson:
    def test_acfun_files_are_read(self, fixtures: Path) -> None:
        data = (fixtures / "danmaku/ccl/ACFun.json").read_bytes()
        parsed = parse(data)
        assert len(parsed.items) + parsed.skipped == len(json.loads(data))
        assert parsed.skipped == 4  # they hold nothing but spaces
        first = parsed.items[0]
        assert (first.position_ms, first.color, first.mode, first.text) == (98_200, "#ffffff", "scroll", "我谢了你的爱")
        assert [
            item.mode for item in parse((fixtures / "danmaku/ccl/synthetic/AcfunFormat.json").read_bytes()).items
        ] == [
            "top",
            "scroll",
        ]

    def test_niconico_files_are_read(self, fixtures: Path) -> None:
        data = (fixtures / "danmaku/nico/0.json").read_bytes()
        parsed = parse(data)
        assert len(parsed.items) + parsed.skipped == len(json.loads(data))
        assert len(parsed.items) > 0.98 * len(json.loads(data))
        assert parsed.items[0].text == "うぽつ"

    def test_niconico_commands_say_how_it_looks(self) -> None:
        chat = {"vpos": 150, "content": "草", "mail": "184 ue big #00FF00", "date": 1, "no": 5, "user_id": "u"}
        (item,) = parse(json.dumps([{"ping": {}}, {"chat": chat}]).encode()).items
        assert (item.position_ms, item.mode, item.size_px, item.color) == (1_500, "top", 36, "#00ff00")
        script = {"vpos": 0, "content": "@ボタン", "mail": [], "owner": True, "id": 1}
        assert parse(json.dumps([script]).encode()).items[0].mode == "special"

    def test_our_own_file_comes_back_unchanged(self, fixtures: Path) -> None:
        items = parse((fixtures / "danmaku/dfm/comments.xml").read_bytes()).items
        again = parse(exported(own, items)).items
        assert [(i.position_ms, i.text, i.mode, i.color, i.weight, i.kind, i.created_at, i.raw) for i in again] == [
            (i.position_ms, i.text, i.mode, i.color, i.weight, i.kind, i.created_at, i.raw) for i in items
        ]

    @pytest.mark.parametrize("text", ['{"a": 1}', "[" * 100_000, "hello", "", '"x"', "[1,\n 2,\n oops]", "\xff"])
    def test_what_is_no_such_file_is_refused(self, text: str) -> None:
        message = refusal(text.encode("latin-1"))
        assert "Line 3" in message if "oops" in text else message

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(
                    st.sampled_from(
                        ["c", "m", "chat", "content", "vpos", "mail", "id", "date", "format", "items", "text"]
                    ),
                    inner,
                    max_size=5,
                )
            ),
            max_leaves=20,
        )
    )
    def test_any_json_is_read_or_refused(self, document: Any) -> None:
        try:
            parse(json.dumps([document, document]).encode())
        except InvalidInputError as error:
            assert error.detail

    def test_what_no_database_keeps_is_left_out(self) -> None:
        chat = {"vpos": 1, "content": " a\x00\ud800b ", "mail": ["\x00big"], "id": "\udfff1"}
        (item,) = parse(json.dumps([chat]).encode()).items
        assert (item.text, item.size_px, item.raw) == ("ab", 36, {"id": "1", "mail": ["big"], "text": " ab "})

    def test_numbers_of_json_are_taken_as_they_are_meant(self) -> None:
        assert records.whole(" 12 ") == 12
        for bad in (None, "", True, [], "1.5", "9" * 21):
            with pytest.raises(records.BadItemError):
                records.whole(bad)


class TestAss:
    def items(self, fixtures: Path) -> list[NewDanmaku]:
        return parse((fixtures / "danmaku/factory/danmaku01.xml").read_bytes()).items

    @pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg reads the file here")
    def test_ffmpeg_reads_every_line_of_it(self, fixtures: Path, tmp_path: Path) -> None:
        file = tmp_path / "out.ass"
        file.write_bytes(exported(ass, self.items(fixtures)))
        lines = file.read_text(encoding="utf-8").count("Dialogue:")
        command = ["ffmpeg", "-v", "error", "-i", str(file), "-f", "ass", "-"]
        again = subprocess.run(command, capture_output=True, check=True, timeout=60, text=True).stdout
        assert again.count("Dialogue:") == lines > 900

    def test_text_cannot_hold_tags(self) -> None:
        out = exported(ass, [NewDanmaku(0, r"{\pos(1,1)}\N x")]).decode()
        assert r"｛＼pos(1,1)｝＼N x" in out

    def test_where_it_is_dense_the_worthier_is_shown(self) -> None:
        crowd = [NewDanmaku(0, "crowd", weight=5) for _ in range(100)] + [NewDanmaku(0, "teacher", weight=10)]
        out = exported(ass, crowd).decode()
        assert "teacher" in out
        assert out.count("Dialogue:") == ass.LANES

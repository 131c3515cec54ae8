import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.moderation.blocklist import Blocklist, has_link
from eduvideo.moderation.services import SHIPPED_WORDS

WORDS = Blocklist.of(["# a comment", "", "Ass # not Class", "go away", "去死", "傻逼", "代写作业", "尼玛 -pinyin"])
SHIPPED = Blocklist.of(SHIPPED_WORDS.read_text(encoding="utf-8").splitlines())


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
        "代寫作業",
        "аss",
        "ΑSS",
        "ᴀꜱꜱ",
        "🅰️🆂🆂",
        "🇦🇸🇸",
        "qusi",
        "Qù sǐ!",
        "qu4si3",
        "ni shabi",
        "s h a b i",
        "你 sha bi 吧",
        "daixie zuoye",
        "尼玛",
    ],
)
def test_a_blocked_word_is_found_however_it_is_written(text: str) -> None:
    assert WORDS.blocks(text)


@pytest.mark.parametrize("text", ["class", "assign", "a sea", "go far away", "去上课", "死去", "the US state", "shabiao", "a shabirang", "Aqu sing",
                                  "you sha bi", "nima", "класс", "αβ = s"])  # fmt: skip
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


@pytest.mark.slow
def test_the_shipped_list_finds_nothing_in_lessons(fixtures: Path) -> None:
    """Eleven thousand titles of lessons in English, and passages in both languages."""
    texts = []
    for file in (fixtures / "relevance").glob("*.docs.jsonl"):
        for line in file.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            texts += [entry["title"], entry.get("description", "")]
            texts += [caption["text"] for caption in entry.get("captions", [])]
    assert len(texts) > 10_000
    assert [text for text in texts if SHIPPED.blocks(text)] == []


@pytest.mark.parametrize(
    "text",
    ["Put the gun down. Dan is here", "The gun. Dan said", "NAO can dance", "Nima asks", "坚韧 is jianren", "我去SI单位",
     "сколько будет 2+2?", "что это за кусок", "πώς λύνεται αυτό;", "Οι γωνίες", "Մաթեմատիկա"],
)  # fmt: skip
def test_what_only_sounds_or_looks_like_a_shipped_word_passes(text: str) -> None:
    assert not SHIPPED.blocks(text)


def test_a_long_word_is_looked_at_once() -> None:
    began_s = time.process_time()
    assert not has_link("a" * 50_000)
    assert not has_link("\u3316" * 10_000)  # each of six letters
    assert time.process_time() - began_s < 5  # once from each letter on, it took minutes

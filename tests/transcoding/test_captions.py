import re

from hypothesis import given
from hypothesis import strategies as st

from transcoding.captions import clean_webvtt

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

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.moderation.text import PLAIN, CleanText, _cleaned, clean_line, clean_text, shortened

ODD = st.sampled_from(
    [
        *"aé字",
        "e\u0301",
        "\u0301",
        "\u200d",
        "\u200b",
        "\u202e",
        "\u00ad",
        "\u3164",
        "\u2800",
        "👩‍🏫",
        *" \n\t\u2028\x00\ufdd0",
    ]
)
TEXTS = st.one_of(st.text(), st.lists(ODD).map("".join))


@given(TEXTS)
def test_cleaning_what_is_clean_changes_nothing(text: str) -> None:
    once = clean_line(text)
    assert clean_line(once.text) == once


@given(TEXTS)
def test_a_clean_line_is_one_line_in_normal_form_without_anything_invisible(text: str) -> None:
    line = clean_line(text).text
    assert unicodedata.is_normalized("NFC", line)
    assert line == line.strip()
    assert "  " not in line
    assert len(line.splitlines()) <= 1
    assert {unicodedata.category(char) for char in line} & {"Cc", "Cs", "Co", "Zl", "Zp"} == set()
    assert not set(line) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u200b\ufeff")


@pytest.mark.parametrize("nothing", ["", " \n\t", "\u200b\u200d", "\u3164\u2800", "\u0301\u0301", "\u202e"])
def test_text_in_which_nothing_is_seen_is_empty(nothing: str) -> None:
    assert clean_line(nothing) == CleanText("", 0)


def test_length_is_counted_as_people_count() -> None:
    assert clean_line("é👩‍🏫字e\u0301").length == 4


def test_a_pile_of_marks_is_cut_but_accents_and_scripts_with_marks_stay() -> None:
    assert clean_line("Z" + "\u0316" * 40).text == "Z" + "\u0316" * 4
    assert clean_line("Việt Nam, ครู, हिन्दी").text == "Việt Nam, ครู, हिन्दी"


def test_lines_are_cleaned_one_by_one() -> None:
    assert clean_text("a \u202eb\r\n\n\n\n c ") == "a b\n\nc"


@given(TEXTS, st.integers(1, 20))
def test_a_shortened_text_is_a_beginning_of_at_most_that_many_characters(text: str, length: int) -> None:
    clean = clean_line(text)
    short = shortened(clean, length)
    assert clean.text.startswith(short)
    assert clean_line(short).length <= length


@given(st.text(st.one_of(st.characters(max_codepoint=0xFFFF), st.sampled_from(" a字，。（～〇〩")), max_size=8))
def test_what_needs_no_cleaning_is_what_cleaning_gives(text: str) -> None:
    assert clean_line(text) == _cleaned(text)


def test_every_plain_character_is_one_and_stays_as_it_is() -> None:
    plain = [char for char in map(chr, range(0x10000)) if PLAIN.fullmatch(char)]
    assert len(plain) > 20_000
    for start in range(0, len(plain), 100):
        text = "".join(plain[start : start + 100])
        assert _cleaned(text) == CleanText(text, len(text))

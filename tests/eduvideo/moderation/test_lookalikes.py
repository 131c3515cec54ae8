import unicodedata

import pytest

from eduvideo.moderation.lookalikes import as_latin


@pytest.mark.parametrize("text", ["ԝоrd", "ＷＯＲＤ", "ⓦⓞⓡⓓ", "𝐰𝐨𝐫𝐝", "ᴡᴏʀᴅ", "🆆🅞🆁🅳", "wοrd"])
def test_letters_that_look_alike_become_the_same(text: str) -> None:
    assert as_latin(text).casefold() == "word"


def test_what_is_latin_and_what_looks_like_nothing_latin_stays() -> None:
    for text in ("plain text 123!", "字", "жщю", "λ Δ Σ", "👏"):
        assert as_latin(text) == unicodedata.normalize("NFKD", text)

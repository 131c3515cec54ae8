"""Bytes of caption files as editors of every language and age write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.media.decoding import UnknownEncodingError, decode_captions

TIME = "1\r\n00:00:01,000 --> 00:00:02,500\r\n"
CHINESE = f"{TIME}同学们好，今天我们学习二次函数的图像和性质。\r\n"
TRADITIONAL = f"{TIME}同學們好,今天我們學習二次函數的圖像和性質。\r\n"
FRENCH = f"{TIME}L’élève a déjà été à Noël, où l’on mange : “ça va bien” – très bien, dit-elle à la maîtresse…\r\n"
RUSSIAN = f"{TIME}Здравствуйте, сегодня мы изучаем функции.\r\n"
JAPANESE = f"{TIME}みなさん、こんにちは。今日は二次関数を学びます。\r\n"
KOREAN = f"{TIME}여러분 안녕하세요 오늘은 이차함수를 배웁니다\r\n"


@pytest.mark.parametrize("text", [CHINESE, TRADITIONAL, FRENCH, RUSSIAN, JAPANESE, KOREAN])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_needs_no_hint(text: str, encoding: str) -> None:
    assert decode_captions(text.encode(encoding)) == text


@pytest.mark.parametrize("mark", [b"\xfe\xff"])
def test_the_mark_says_the_order_of_bytes(mark: bytes) -> None:
    assert decode_captions(mark + CHINESE.encode("utf-16-be")) == CHINESE


@pytest.mark.parametrize("language", ["zh", "zh-Hans", "en", ""])
@pytest.mark.parametrize("encoding", ["gbk", "gb18030"])
def test_chinese_of_windows_is_read_whatever_the_language_is_said_to_be(encoding: str, language: str) -> None:
    assert decode_captions(CHINESE.encode(encoding), language=language) == CHINESE


@pytest.mark.parametrize("encoding", ["big5", "gbk"])
@pytest.mark.parametrize("language", ["zh-Hant", "zh-TW", "zh"])
def test_both_encodings_of_traditional_chinese_are_told_apart(encoding: str, language: str) -> None:
    assert decode_captions(TRADITIONAL.encode(encoding), language=language) == TRADITIONAL


@pytest.mark.parametrize("language", ["fr", "en", "zh", ""])
def test_western_accents_do_not_become_chinese(language: str) -> None:
    assert decode_captions(FRENCH.encode("cp1252"), language=language) == FRENCH


@pytest.mark.parametrize(
    ("text", "encoding", "language"),
    [(RUSSIAN, "cp1251", "ru"), (JAPANESE, "cp932", "ja"), (KOREAN, "cp949", "ko-KR")],
)
def test_what_cannot_be_told_by_its_bytes_is_read_by_its_language_or_refused(
    text: str, encoding: str, language: str
) -> None:
    assert decode_captions(text.encode(encoding), language=language) == text
    with pytest.raises(UnknownEncodingError):
        decode_captions(text.encode(encoding), language="en")


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        b"\xff\xd8\xff\xe0" * 50,
        b"\xff\xfe\x00\xd8",
        b"PK\x03\x04\xff\xfe\xb0",
    ],
    ids=["png", "jpeg", "half a pair", "zip"],
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(UnknownEncodingError):
        decode_captions(data)


@given(st.binary(max_size=200), st.sampled_from(["", "zh", "zh-Hant", "ja", "ko", "ru", "th", "x", "-"]))
def test_no_bytes_give_anything_but_text_or_the_refusal(data: bytes, language: str) -> None:
    try:
        assert isinstance(decode_captions(data, language=language), str)
    except UnknownEncodingError:
        return

from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st

from eduvideo.embedding.options import FrameOptions, options_of

NAMES = ("t", "end", "autoplay", "muted", "loop", "controls", "danmaku", "captions", "lang", "color-scheme")


def test_every_option_has_its_name() -> None:
    asked = options_of({
        "t": "90", "end": "120", "autoplay": "1", "muted": "", "loop": "true", "controls": "0", "danmaku": "0",
        "captions": "zh", "lang": "zh-CN", "color-scheme": "dark",
    })  # fmt: skip
    assert asked == FrameOptions(
        start_ms=90_000, end_ms=120_000, autoplay=True, muted=True, loop=True, controls=False, danmaku=False,
        captions="zh", language="zh-hans", color_scheme="dark",
    )  # fmt: skip


def test_what_says_no_is_no() -> None:
    asked = {"autoplay": "0", "muted": "false", "loop": "0", "controls": "1", "danmaku": "1"}
    assert options_of(asked) == FrameOptions() == options_of({})


def test_an_end_before_the_beginning_is_none() -> None:
    assert options_of({"t": "90", "end": "90"}).end_ms == 0


@given(
    st.dictionaries(
        st.sampled_from(NAMES), st.text(max_size=12) | st.sampled_from(["1", "0", "<b>", "٣", "zh", "9" * 9])
    )
)
def test_a_lesson_that_follows_keeps_what_is_no_place_in_the_one_before(query: dict[str, str]) -> None:
    asked = options_of(query)
    again = options_of(dict(parse_qsl(asked.kept_query)))
    assert again == FrameOptions(
        muted=asked.muted, loop=asked.loop, controls=asked.controls, danmaku=asked.danmaku, captions=asked.captions,
        language=asked.language, color_scheme=asked.color_scheme,
    )  # fmt: skip

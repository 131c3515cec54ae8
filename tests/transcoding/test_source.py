import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcoding.errors import SourceError
from transcoding.source import MAX_FPS, SourceInfo, Transfer, language_tag, output_fps, parse_probe

VIDEO = {
    "index": 0, "codec_type": "video", "codec_name": "h264", "width": 1920, "height": 1080, "pix_fmt": "yuv420p",
    "sample_aspect_ratio": "1:1", "r_frame_rate": "30/1", "avg_frame_rate": "30/1", "duration": "60.0",
}  # fmt: skip
AUDIO = {"index": 1, "codec_type": "audio", "codec_name": "aac", "channels": 2, "tags": {"language": "chi"}}


def probed(*streams: dict[str, object], **about: str) -> SourceInfo:
    return parse_probe(json.dumps({"streams": streams, "format": {"format_name": "mov", "size": "1000", **about}}))


def video(**changes: object) -> dict[str, object]:
    return {**VIDEO, **changes}


def test_reads_an_ordinary_recording() -> None:
    info = probed(video(), AUDIO, duration="60.5")
    assert info.video is not None
    assert (info.video.width_px, info.video.height_px, info.video.fps) == (1920, 1080, 30)
    assert (info.duration_ms, info.audio[0].language) == (60_500, "zh")


@pytest.mark.parametrize("degrees", [90, -90, 270])
def test_a_quarter_turn_swaps_width_and_height(degrees: int) -> None:
    turned = probed(video(side_data_list=[{"rotation": degrees}])).video
    assert turned is not None
    assert (turned.width_px, turned.height_px) == (1080, 1920)


def test_pixels_that_are_not_square_count_in_the_width() -> None:
    wide = probed(video(width=1440, sample_aspect_ratio="4:3")).video
    assert wide is not None
    assert wide.width_px == 1920


def test_an_attached_cover_is_not_the_moving_picture() -> None:
    info = probed(video(disposition={"attached_pic": 1}), AUDIO)
    assert info.video is None
    assert info.cover_index == 0


@pytest.mark.parametrize(
    ("transfer", "space", "pixels", "expected"),
    [
        ("smpte2084", "bt2020nc", "yuv420p10le", Transfer.PQ),
        ("arib-std-b67", "bt2020nc", "yuv420p10le", Transfer.HLG),
        ("unknown", "bt2020nc", "yuv420p10le", Transfer.PQ),
        ("unknown", "bt2020nc", "yuv420p", Transfer.SDR),
        ("bt709", "bt709", "yuv420p10le", Transfer.SDR),
    ],
)
def test_tells_high_dynamic_range(transfer: str, space: str, pixels: str, expected: Transfer) -> None:
    info = probed(video(color_transfer=transfer, color_space=space, pix_fmt=pixels))
    assert info.video is not None
    assert info.video.transfer is expected


@pytest.mark.parametrize(
    ("real", "average", "expected"),
    [
        ("30000/1001", "30000/1001", Fraction(30000, 1001)),
        ("30/1", "11/1", Fraction(30)),
        ("1000/1", "14/1", Fraction(15)),
        ("90000/1", "2997/100", Fraction(30000, 1001)),
        ("120/1", "120/1", Fraction(60)),
        ("1/1", "1/1", Fraction(1)),
        ("0/0", "0/0", Fraction(30)),
    ],
)
def test_chooses_a_frame_rate_that_loses_nothing(real: str, average: str, expected: Fraction) -> None:
    chosen = probed(video(r_frame_rate=real, avg_frame_rate=average)).video
    assert chosen is not None
    assert chosen.fps == expected


rates = st.none() | st.fractions(min_value=Fraction(1, 1000), max_value=200_000)


@given(rates, rates)
def test_the_frame_rate_is_always_within_bounds(real: Fraction | None, average: Fraction | None) -> None:
    assert 1 <= output_fps(real, average) <= MAX_FPS


@pytest.mark.parametrize(
    ("code", "tag"), [("eng", "en"), ("zho", "zh"), ("zh-Hans", "zh-hans"), ("", "und"), ("<b>", "und"), ("gsw", "gsw")]
)
def test_language_codes_become_short_tags(code: str, tag: str) -> None:
    assert language_tag(code) == tag


@given(st.text(max_size=20))
def test_a_language_tag_never_carries_markup(code: str) -> None:
    tag = language_tag(code)
    assert tag.isascii()
    assert tag.replace("-", "").isalnum()


@given(st.text(max_size=200))
def test_text_that_is_not_a_probe_is_refused_as_no_media(text: str) -> None:
    try:
        info = parse_probe(text)
    except SourceError:
        return
    assert info.video is None


anything = st.recursive(
    st.none() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*VIDEO, "tags", "streams"]), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*VIDEO, "tags", "disposition", "side_data_list", "channels"]), anything))
def test_any_stream_is_read_or_refused(stream: dict[str, object]) -> None:
    document = json.dumps({"streams": [{**VIDEO, **stream}], "format": {}})
    try:
        info = parse_probe(document)
    except SourceError:
        return
    assert isinstance(info, SourceInfo)


def test_a_track_that_begins_late_ends_later() -> None:
    info = probed(video(start_time="3.0", duration="12.0"), AUDIO, duration="15.0", start_time="0.0")
    assert info.video is not None
    assert info.video.end_ms == 15_000


def test_a_stream_that_was_cut_out_of_a_broadcast_begins_at_its_own_start() -> None:
    info = probed(video(start_time="5000.4", duration="12.0"), duration="12.0", start_time="5000.4")
    assert info.video is not None
    assert info.video.end_ms == 12_000

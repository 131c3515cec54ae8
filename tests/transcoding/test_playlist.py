import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcoding.messages import CaptionInfo, RenditionInfo, RenditionKind, RenditionState
from transcoding.playlist import (
    MediaSegment,
    PlaylistType,
    average_bps,
    caption_playlist,
    finished_segments,
    iframe_playlist,
    media_playlist,
    multivariant,
    peak_bps,
)

TARGET_S = 6
runs = st.lists(st.tuples(st.floats(0.02, 6.4), st.integers(100, 5_000_000)), min_size=1, max_size=30)


def picture(height: int = 720, **changes: object) -> RenditionInfo:
    facts = {
        "name": f"{height}p", "kind": RenditionKind.VIDEO, "state": RenditionState.READY, "width_px": height * 16 // 9,
        "height_px": height, "fps": 30.0, "codecs": "avc1.64001f", "bandwidth_bps": height * 1000,
        "average_bandwidth_bps": height * 500, "playlist": f"{height}p/index.m3u8",
        "iframe_playlist": f"{height}p/iframes.m3u8", "iframe_bandwidth_bps": 90_000,
    }  # fmt: skip
    return RenditionInfo.model_validate({**facts, **changes})


def sound(language: str = "en", **changes: object) -> RenditionInfo:
    facts = {
        "name": f"audio_{language}", "kind": RenditionKind.AUDIO, "state": RenditionState.READY, "codecs": "mp4a.40.2",
        "bandwidth_bps": 100_000, "average_bandwidth_bps": 96_000, "language": language,
        "playlist": f"audio_{language}/index.m3u8",
    }  # fmt: skip
    return RenditionInfo.model_validate({**facts, **changes})


def segments(*durations: float) -> list[MediaSegment]:
    return [
        MediaSegment(name=f"seg_{i:05d}.m4s", duration_s=s, size_bytes=1000, keyframe_offset=76, keyframe_bytes=300)
        for i, s in enumerate(durations)
    ]


def attributes(text: str, tag: str) -> list[str]:
    return re.findall(rf"^#{tag}:(.*)$", text, re.MULTILINE)


@given(runs)
def test_the_peak_is_at_least_the_rate_of_every_run_of_the_rfc(run: list[tuple[float, int]]) -> None:
    peak = peak_bps(run, target_duration_s=TARGET_S)
    for first in range(len(run)):
        for last in range(first + 1, len(run) + 1):
            seconds = sum(s for s, _ in run[first:last])
            if 0.5 * TARGET_S <= seconds <= 1.5 * TARGET_S:
                assert peak >= sum(b for _, b in run[first:last]) * 8 / seconds - 1


@given(st.lists(st.integers(100, 5_000_000), min_size=1, max_size=30))
def test_the_average_never_exceeds_the_peak_of_full_segments(byte_counts: list[int]) -> None:
    run = [(6.0, size) for size in byte_counts]
    assert average_bps(run) <= peak_bps(run, target_duration_s=TARGET_S) + 1


def test_a_very_short_recording_still_has_a_peak() -> None:
    assert peak_bps([(1.0, 1000)], target_duration_s=6) == average_bps([(1.0, 1000)]) == 8000


def test_bandwidth_includes_the_shared_sound() -> None:
    (line,) = attributes(multivariant([picture(), sound()]), "EXT-X-STREAM-INF")
    assert line.startswith("BANDWIDTH=820000,AVERAGE-BANDWIDTH=456000,")
    assert 'CODECS="avc1.64001f,mp4a.40.2"' in line
    assert "RESOLUTION=1280x720,FRAME-RATE=30.000" in line
    assert 'AUDIO="audio"' in line


def test_a_silent_picture_names_no_sound() -> None:
    text = multivariant([picture()])
    assert "AUDIO" not in text
    assert "mp4a" not in text


def test_sound_alone_is_a_variant_without_resolution() -> None:
    text = multivariant([sound()])
    assert attributes(text, "EXT-X-STREAM-INF") == ['BANDWIDTH=100000,AVERAGE-BANDWIDTH=96000,CODECS="mp4a.40.2"']
    assert text.endswith("audio_en/index.m3u8\n")


def test_sound_alone_in_two_languages_can_be_chosen() -> None:
    text = multivariant([sound("en"), sound("zh")])
    assert len(attributes(text, "EXT-X-MEDIA")) == 2
    assert len(attributes(text, "EXT-X-STREAM-INF")) == 1


def test_players_start_with_720_lines() -> None:
    text = multivariant([picture(1080), picture(720), picture(360), sound()])
    names = [line for line in text.splitlines() if not line.startswith("#")]
    assert names == ["720p/index.m3u8", "360p/index.m3u8", "1080p/index.m3u8"]


def test_languages_are_named_and_the_first_is_the_default() -> None:
    first, second, third = attributes(multivariant([picture(), sound("en"), sound("zh"), sound("und")]), "EXT-X-MEDIA")
    assert 'NAME="English",LANGUAGE="en",DEFAULT=YES' in first
    assert 'NAME="中文",LANGUAGE="zh",DEFAULT=NO' in second
    assert "LANGUAGE" not in third


def test_names_in_a_group_are_unique() -> None:
    media = attributes(multivariant([picture(), sound("en"), sound("en-gb")]), "EXT-X-MEDIA")
    names = re.findall(r'NAME="([^"]*)"', "\n".join(media))
    assert len(set(names)) == 2


def test_a_rendition_that_has_nothing_yet_is_left_out() -> None:
    waiting = picture(360, state=RenditionState.WAITING, playlist="")
    assert "360p" not in multivariant([picture(), waiting, sound()])


def test_captions_with_a_playlist_are_offered() -> None:
    captions = [
        CaptionInfo(name="a", language="zh", label='He said "no"\n', path="a.vtt", playlist="captions/a.m3u8"),
        CaptionInfo(name="b", language="en", label="", path="b.vtt"),
    ]
    text = multivariant([picture(), sound()], captions=captions)
    (line,) = attributes(text, "EXT-X-MEDIA:TYPE=SUBTITLES")[:1] or re.findall(
        r"^.*SUBTITLES,GROUP.*$", text, re.MULTILINE
    )
    assert "NAME=\"He said 'no' \"" in line
    assert 'URI="captions/a.m3u8"' in line
    assert 'SUBTITLES="captions"' in attributes(text, "EXT-X-STREAM-INF")[0]


@given(st.text(max_size=40))
def test_no_label_can_break_out_of_its_quotes(label: str) -> None:
    caption = CaptionInfo(name="a", language="en", label=label, path="a.vtt", playlist="a.m3u8")
    text = multivariant([picture()], captions=[caption])
    (line,) = [line for line in text.splitlines() if "TYPE=SUBTITLES" in line]
    assert line.count('"') == 8
    assert len(text.splitlines()) == len(
        multivariant([picture()], captions=[caption.model_copy(update={"label": "x"})]).splitlines()
    )


@pytest.mark.parametrize("uri", ["", "a b", 'a"b', "a\nb", "#EXT", "<a>"])
def test_an_impossible_uri_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="not fit"):
        media_playlist([], init=uri, target_duration_s=6, kind=PlaylistType.VOD, is_complete=True)


def growing(*durations: float, is_complete: bool = False) -> str:
    return media_playlist(
        segments(*durations), init="init.mp4", target_duration_s=6, kind=PlaylistType.EVENT, is_complete=is_complete
    )


@given(st.lists(st.floats(0.1, 6.4), min_size=1, max_size=10))
def test_a_growing_playlist_is_only_appended_to(durations: list[float]) -> None:
    texts = [growing(*durations[:count]) for count in range(1, len(durations) + 1)]
    texts.append(growing(*durations, is_complete=True))
    assert all(after.startswith(before) for before, after in pairwise(texts))
    assert texts[-1].endswith("#EXT-X-ENDLIST\n")


def test_what_is_written_can_be_read_back() -> None:
    assert finished_segments(growing(6, 6, 2)) == ("init.mp4", ["seg_00000.m4s", "seg_00001.m4s", "seg_00002.m4s"])


def test_an_iframe_playlist_points_into_the_same_files() -> None:
    text = iframe_playlist(segments(6, 2), init="init.mp4", target_duration_s=6)
    assert "#EXT-X-I-FRAMES-ONLY" in text
    assert attributes(text, "EXT-X-BYTERANGE") == ["300@76", "300@76"]


def test_a_caption_playlist_holds_the_whole_file() -> None:
    text = caption_playlist("en.vtt", duration_ms=61_500)
    assert "#EXT-X-TARGETDURATION:62" in text
    assert "#EXTINF:61.500,\nen.vtt" in text

"""Arbitrary sources, as ffprobe might describe them."""

from fractions import Fraction

from hypothesis import strategies as st

from transcoding.source import AudioTrack, SourceInfo, SubtitleTrack, Transfer, VideoTrack

LANGUAGES = ("und", "en", "zh", "fr")


@st.composite
def videos(draw: st.DrawFn) -> VideoTrack:
    width, height = draw(st.integers(16, 5900)), draw(st.integers(16, 5900))
    rotation = draw(st.sampled_from([0, 90, 180, 270]))
    coded = (height, width) if rotation in {90, 270} else (width, height)
    return VideoTrack(
        index=0,
        codec="h264",
        width_px=width,
        height_px=height,
        coded_width_px=coded[0],
        coded_height_px=coded[1],
        has_square_pixels=draw(st.booleans()),
        rotation_degrees=rotation,
        fps=draw(st.sampled_from([Fraction(1), Fraction(3, 2), Fraction(24000, 1001), Fraction(30), Fraction(60)])),
        is_variable_rate=draw(st.booleans()),
        is_interlaced=draw(st.booleans()),
        transfer=draw(st.sampled_from(Transfer)),
        pixel_format="yuv420p",
        is_full_range=draw(st.booleans()),
        color_matrix=draw(st.sampled_from(["", "bt709", "smpte170m", "bt2020nc"])),
        end_ms=draw(st.none() | st.integers(100, 10_000_000)),
    )


@st.composite
def sounds(draw: st.DrawFn, index: int) -> AudioTrack:
    return AudioTrack(
        index=index,
        codec="aac",
        channels=draw(st.integers(1, 8)),
        language=draw(st.sampled_from(LANGUAGES)),
        is_default=draw(st.booleans()),
        end_ms=draw(st.none() | st.integers(100, 10_000_000)),
    )


@st.composite
def sources(draw: st.DrawFn) -> SourceInfo:
    """Sources that can be transcoded: something to see or to hear, of a believable size."""
    video = draw(st.none() | videos())
    count = draw(st.integers(0 if video else 1, 12))
    return SourceInfo(
        format_name="mov,mp4",
        size_bytes=100_000_000,
        duration_ms=draw(st.integers(1000, 10_000_000)),
        video=video,
        audio=tuple(draw(sounds(index)) for index in range(1, count + 1)),
        subtitles=tuple(
            SubtitleTrack(index=50 + i, codec="subrip", language=draw(st.sampled_from(LANGUAGES)), title="")
            for i in range(draw(st.integers(0, 20)))
        ),
        cover_index=None,
    )

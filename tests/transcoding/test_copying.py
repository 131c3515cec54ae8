from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcoding.content import Survey
from transcoding.copying import why_not_copied
from transcoding.ladder import rungs_for
from transcoding.packets import PacketFacts
from transcoding.plan import make_plan
from transcoding.source import SourceInfo, Transfer, VideoTrack

PICTURE = VideoTrack(
    index=0, codec="h264", width_px=1920, height_px=1080, coded_width_px=1920, coded_height_px=1080,
    has_square_pixels=True, rotation_degrees=0, fps=Fraction(30), is_variable_rate=False, is_interlaced=False,
    transfer=Transfer.SDR, pixel_format="yuv420p", is_full_range=False, color_matrix="bt709", end_ms=60_000,
    profile="High", level=40, reorder_frames=2,
)  # fmt: skip
PACKETS = PacketFacts(frame_count=1800, is_steady=True, keyframe_ms=(0, 8333), longest_gap_ms=8333, average_bps=780_000)
RUNGS = rungs_for(1920, 1080)


def refusal(picture: dict[str, object], packets: dict[str, object] | None = None) -> str:
    return why_not_copied(PICTURE.model_copy(update=picture), PACKETS.model_copy(update=packets or {}), RUNGS)


def test_an_ordinary_recording_may_be_copied() -> None:
    assert refusal({}) == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"codec": "hevc"}, "hevc"),
        ({"profile": "High 10"}, "High 10"),
        ({"profile": "High 4:4:4 Predictive"}, "not H.264 in 8 bits"),
        ({"pixel_format": "yuv422p"}, "not H.264 in 8 bits"),
        ({"pixel_format": "yuv420p10le"}, "not H.264 in 8 bits"),
        ({"is_interlaced": True}, "interlaced"),
        ({"has_square_pixels": False}, "not square"),
        ({"rotation_degrees": 90}, "turned"),
        ({"transfer": Transfer.PQ}, "colors"),
        ({"is_full_range": True}, "colors"),
        ({"width_px": 2560, "height_px": 1440}, "1080"),
        ({"level": 51}, "5.1 is above 4.2"),
        ({"is_variable_rate": True}, "out of step"),
        ({"reorder_frames": 4}, "reordered by 4"),
    ],
)
def test_a_picture_that_does_not_fit_is_not_copied(changes: dict[str, object], reason: str) -> None:
    assert reason in refusal(changes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"is_steady": False}, "out of step"),
        ({"is_trimmed": True}, "out of step"),
        ({"longest_gap_ms": 10_001}, "10.0 s apart"),
        ({"longest_gap_ms": 0}, "apart"),
        ({"average_bps": RUNGS[0].cap_bps + 1}, "kbit/s"),
    ],
)
def test_packets_that_do_not_fit_are_not_copied(changes: dict[str, object], reason: str) -> None:
    assert reason in refusal({}, changes)


def test_a_picture_without_a_smaller_rung_is_not_worth_it() -> None:
    assert "no smaller rung" in why_not_copied(PICTURE, PACKETS, RUNGS[:1])


@given(
    st.fixed_dictionaries(
        {
            "codec": st.sampled_from(["h264", "vp9"]),
            "level": st.sampled_from([31, 42, 52]),
            "is_interlaced": st.booleans(),
            "reorder_frames": st.integers(0, 4),
        }
    ),
    st.fixed_dictionaries(
        {"is_steady": st.booleans(), "longest_gap_ms": st.integers(0, 20_000), "average_bps": st.integers(0, 10**7)}
    ),
)
def test_what_may_be_copied_keeps_every_rule(picture: dict[str, object], packets: dict[str, object]) -> None:
    if refusal(picture, packets):
        return
    assert picture["codec"] == "h264"
    assert not picture["is_interlaced"]
    assert packets["is_steady"]
    assert PICTURE.model_copy(update=picture).level <= 42
    assert PACKETS.model_copy(update=packets).longest_gap_ms <= 10_000


@pytest.mark.parametrize(
    ("picture", "is_copied"), [({}, True), ({"end_ms": 58_000}, False), ({"color_matrix": "bt2020nc"}, False)]
)
def test_a_picture_that_has_to_be_changed_is_encoded_and_the_plan_says_why(
    picture: dict[str, object], is_copied: bool
) -> None:
    source = SourceInfo(
        format_name="mov", size_bytes=7_000_000, duration_ms=60_000, video=PICTURE.model_copy(update=picture),
        audio=(), subtitles=(), cover_index=None,
    )  # fmt: skip
    plan = make_plan(source, Survey(packets=PACKETS), may_copy=True)
    assert plan.video is not None
    assert plan.video.copies_top == is_copied
    said = "is the source's own picture" if is_copied else "is encoded, not copied: its picture has to be changed"
    assert any(said in reason for reason in plan.reasons)
    encoded = make_plan(source, Survey(packets=PACKETS)).video
    assert encoded is not None
    assert not encoded.copies_top

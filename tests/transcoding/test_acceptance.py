import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transcoding.strategies import sources
from tests.transcoding.test_plan import LECTURE, PICTURE, SOUND, lecture
from transcoding.acceptance import Limits, accepted_duration_ms
from transcoding.errors import SourceError
from transcoding.messages import FailureCode
from transcoding.source import SourceInfo

ROOMY = Limits(max_pixels=10**9)


@given(sources())
def test_the_longest_that_is_known_counts(source: SourceInfo) -> None:
    duration_ms = accepted_duration_ms(source, ROOMY)
    ends = [track.end_ms for track in (source.video, *source.audio) if track]
    assert duration_ms == max(ms for ms in (source.duration_ms, *ends) if ms)


@given(sources(), st.integers(100, 10_000_000))
def test_no_limit_is_passed(source: SourceInfo, most_ms: int) -> None:
    limits = Limits(max_pixels=2_000_000, max_duration_ms=most_ms)
    try:
        duration_ms = accepted_duration_ms(source, limits)
    except SourceError as error:
        assert error.code in {FailureCode.TOO_LONG, FailureCode.TOO_LARGE_PICTURE}
        assert error.message.endswith(".")
    else:
        assert duration_ms <= most_ms
        assert source.video is None or source.video.coded_width_px * source.video.coded_height_px <= 2_000_000


def test_a_recording_whose_header_does_not_say_how_long_it_is_counts_by_its_tracks() -> None:
    source = lecture(duration_ms=None, audio=(SOUND.model_copy(update={"end_ms": 61_000}),))
    assert accepted_duration_ms(source, Limits()) == 61_000


def test_a_recording_of_unknown_length_is_refused() -> None:
    source = lecture(duration_ms=None, video=PICTURE.model_copy(update={"end_ms": None}), audio=())
    with pytest.raises(SourceError) as caught:
        accepted_duration_ms(source, Limits())
    assert caught.value.code is FailureCode.TOO_SHORT


def test_an_hour_of_slides_in_few_bytes_is_believed() -> None:
    assert accepted_duration_ms(lecture(duration_ms=3_600_000, size_bytes=2_000_000), Limits()) == 3_600_000


def test_refusals_say_how_long_is_too_long() -> None:
    with pytest.raises(SourceError, match="2 hours"):
        accepted_duration_ms(LECTURE.model_copy(update={"duration_ms": 7_200_001}), Limits(max_duration_ms=7_200_000))

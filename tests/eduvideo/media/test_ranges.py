import pytest
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.media.ranges import Extent, Version, extent_of

CHANGED = "Sat, 28 Nov 2026 10:00:00 GMT"
TEN = Version(10, '"a-1"', CHANGED)
WHOLE = Extent(200, 0, 10)


def asked(method: str = "GET", version: Version = TEN, **headers: str) -> Extent:
    return extent_of({name.replace("_", "-"): value for name, value in headers.items()}, version, method=method)


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("bytes=0-0", 0, 1), ("bytes=2-4", 2, 5), ("bytes=7-", 7, 10), ("bytes=7-99", 7, 10), ("bytes=-3", 7, 10),
        ("bytes=-99", 0, 10), ("BYTES = 2-4 ", 2, 5), ("bytes=9-999999999999999999", 9, 10),
    ],
)  # fmt: skip
def test_one_range_is_a_part(wanted: str, start: int, end: int) -> None:
    assert asked(range=wanted) == Extent(206, start, end)


@pytest.mark.parametrize("wanted", ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=999999999999999999-"])
def test_what_is_not_there_cannot_be_had(wanted: str) -> None:
    assert asked(range=wanted) == Extent(416)


@pytest.mark.parametrize(
    "wanted",
    [
        "", "bytes", "bytes=", "bytes=-", "bytes=4-2", "bytes=a-b", "bytes=1", "bytes=--1", "bytes=+1-2", "lines=1-2",
        "bytes=0-1,4-5", "bytes=0-1,", "bytes=1-2-3", "bytes=٣-٤", "bytes=" + "9" * 5000 + "-",
    ],
)  # fmt: skip
def test_several_ranges_and_what_is_no_range_are_answered_with_the_whole(wanted: str) -> None:
    assert asked(range=wanted) == WHOLE


def test_a_range_is_a_matter_of_get() -> None:
    assert asked("HEAD", range="bytes=2-4") == WHOLE


@pytest.mark.parametrize("wanted", ["bytes=0-", "bytes=-0"])
def test_an_empty_file_has_no_parts(wanted: str) -> None:
    assert asked(version=Version(0, '"a-0"'), range=wanted) == Extent(416)
    assert asked(version=Version(0, '"a-0"'), range="bytes=-5") == Extent(200, 0, 0)


@pytest.mark.parametrize("known", ['"a-1"', 'W/"a-1"', '"b", "a-1"', "*"])
def test_who_has_it_is_sent_nothing(known: str) -> None:
    assert asked(if_none_match=known) == Extent(304)
    assert asked("HEAD", if_none_match=known) == Extent(304)
    assert asked(if_none_match=known, range="bytes=2-4") == Extent(304)


def test_a_date_counts_only_without_an_etag() -> None:
    assert asked(if_modified_since=CHANGED) == Extent(304)
    assert asked(if_modified_since="Sat, 28 Nov 2026 09:59:59 GMT") == WHOLE
    assert asked(if_modified_since="yesterday") == WHOLE
    assert asked(if_modified_since=CHANGED, if_none_match='"b"') == WHOLE
    assert asked(version=Version(10, '"a-1"'), if_modified_since=CHANGED) == WHOLE


@pytest.mark.parametrize("same", ['"a-1"', CHANGED])
def test_a_part_of_the_same_version_is_gone_on_with(same: str) -> None:
    assert asked(range="bytes=2-4", if_range=same) == Extent(206, 2, 5)


@pytest.mark.parametrize("other", ['"b"', 'W/"a-1"', "Sat, 28 Nov 2026 10:00:01 GMT", ""])
def test_of_another_version_the_whole_is_sent(other: str) -> None:
    assert asked(range="bytes=2-4", if_range=other) == WHOLE
    assert asked(version=Version(10, '"a-1"'), range="bytes=2-4", if_range=other) == WHOLE


@given(st.text(alphabet="bytes=0123456789-, ", max_size=20), st.integers(0, 40))
def test_whatever_is_asked_stays_inside_the_file(wanted: str, size: int) -> None:
    extent = asked(version=Version(size, '"x"'), range=wanted)
    assert 0 <= extent.start <= extent.end <= size
    assert (extent.status == 206) <= (extent.size_bytes > 0)
    assert (extent.status == 416) <= (extent.size_bytes == 0)

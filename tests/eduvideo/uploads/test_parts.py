"""How a file is cut, and what keeps parts from being the file."""

from hypothesis import given
from hypothesis import strategies as st

from eduvideo.core.objects import Part
from eduvideo.uploads.parts import MIB, PartPlan, ToldPart, faults, part_size_for

TIB = 1024**4
PLAN = PartPlan(size_bytes=25, part_size_bytes=10)
ARRIVED = (Part(1, 10, '"a"'), Part(2, 10, '"b"'), Part(3, 5, '"c"'))
TOLD = [ToldPart(1, '"a"'), ToldPart(2, '"b"'), ToldPart(3, '"c"')]


@given(st.integers(1, 5 * TIB))
def test_every_file_fits_the_limits_of_s3(size_bytes: int) -> None:
    part_bytes = part_size_for(size_bytes)
    plan = PartPlan(size_bytes, part_bytes)
    assert 5 * MIB <= part_bytes <= 5 * 1024 * MIB
    assert 1 <= plan.count <= 10_000
    assert 0 < plan.length_bytes(plan.count) <= part_bytes
    assert (plan.count - 1) * part_bytes + plan.length_bytes(plan.count) == size_bytes


def test_ordinary_files_have_small_parts_and_large_ones_a_thousand() -> None:
    assert [part_size_for(size) // MIB for size in (1, 2048 * MIB, 8000 * MIB, 8001 * MIB, 20 * 1024 * MIB)] == [
        8, 8, 8, 9, 21,
    ]  # fmt: skip


def test_the_whole_file_has_no_fault_with_or_without_quotes() -> None:
    assert list(faults(PLAN, TOLD, ARRIVED)) == []
    assert list(faults(PLAN, [ToldPart(part.number, part.etag.strip('"')) for part in TOLD], ARRIVED)) == []


def test_what_arrived_beside_the_plan_does_no_harm() -> None:
    assert list(faults(PLAN, TOLD, (*ARRIVED, Part(4, 99, '"d"')))) == []


def test_every_fault_is_named_by_its_part() -> None:
    told = [ToldPart(0, "x"), ToldPart(1, '"a"'), ToldPart(1, '"a"'), ToldPart(3, '"other"'), ToldPart(9, "x")]
    assert list(faults(PLAN, told, ARRIVED)) == [
        "There is no part 0: this file has 3.",
        "Part 1 must be named once.",
        "Part 2 must be named once.",
        "Part 3 is not what arrived: it was sent again, or its ETag is wrong.",
        "There is no part 9: this file has 3.",
    ]


def test_parts_of_another_size_and_missing_ones_are_to_be_sent_again() -> None:
    arrived = (Part(1, 9, '"a"'), Part(2, 11, '"b"'))
    assert list(faults(PLAN, TOLD, arrived)) == [
        "Part 1 has 9 bytes instead of 10: send it again.",
        "Part 2 has 11 bytes instead of 10: send it again.",
        "Part 3 has not arrived.",
    ]

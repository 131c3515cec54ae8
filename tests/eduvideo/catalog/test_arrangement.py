from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.catalog import arrangement
from eduvideo.catalog.arrangement import EMPTY, ArrangedSection, Arrangement, WantedSection, video_ids
from eduvideo.core.errors import InvalidInputError

A_B = (ArrangedSection("A", ("1", "2")), ArrangedSection("B", ("3",)))


@st.composite
def orders(draw: Any) -> Arrangement:
    """Sections with videos that are all different, at least one video in all."""
    videos = draw(st.lists(st.integers(0, 99).map(str), unique=True, min_size=1, max_size=12))
    cuts = sorted(draw(st.lists(st.integers(0, len(videos)), max_size=4)))
    parts = [videos[a:b] for a, b in zip([0, *cuts], [*cuts, len(videos)], strict=True)]
    return tuple(ArrangedSection(draw(st.sampled_from(["", "x"])), tuple(part)) for part in parts)


STEPS: list[Callable[[Any, Arrangement], Arrangement]] = [
    lambda data, order: arrangement.moved_up(order, data.draw(st.sampled_from(video_ids(order)))),
    lambda data, order: arrangement.moved_down(order, data.draw(st.sampled_from(video_ids(order)))),
    lambda data, order: arrangement.moved_to(
        order,
        data.draw(st.lists(st.sampled_from(video_ids(order)), unique=True)),
        section=data.draw(st.integers(0, len(order) - 1)),
    ),
    lambda data, order: arrangement.with_section(order, "New"),
    lambda data, order: arrangement.without_section(order, data.draw(st.integers(0, len(order) - 1))),
    lambda data, order: arrangement.section_moved_up(order, data.draw(st.integers(0, len(order) - 1))),
    lambda data, order: arrangement.section_moved_down(order, data.draw(st.integers(0, len(order) - 1))),
    lambda data, order: arrangement.retold(
        order, data.draw(st.integers(0, len(order) - 1)), title="Other", description="About"
    ),
]


@pytest.mark.parametrize("step", STEPS, ids=range(len(STEPS)))
@given(order=orders(), data=st.data())
def test_no_step_loses_or_doubles_a_video(
    step: Callable[[Any, Arrangement], Arrangement], order: Arrangement, data: Any
) -> None:
    after = step(data, order)
    assert sorted(video_ids(after)) == sorted(video_ids(order))
    assert after


@given(order=orders(), data=st.data())
def test_down_takes_back_up(order: Arrangement, data: Any) -> None:
    video = data.draw(st.sampled_from(video_ids(order)))
    up = arrangement.moved_up(order, video)
    assert up == order or arrangement.moved_down(up, video) == order


def test_a_video_moves_over_the_border_of_sections() -> None:
    assert arrangement.moved_up(A_B, "3") == (ArrangedSection("A", ("1", "2", "3")), ArrangedSection("B"))
    assert arrangement.moved_down(A_B, "2") == (ArrangedSection("A", ("1",)), ArrangedSection("B", ("2", "3")))
    assert arrangement.moved_up(A_B, "1") == A_B
    assert arrangement.moved_down(A_B, "3") == A_B


def test_videos_of_a_section_that_goes_join_the_one_before() -> None:
    assert arrangement.without_section(A_B, 1) == (ArrangedSection("A", ("1", "2", "3")),)
    assert arrangement.without_section(A_B, 0) == (ArrangedSection("B", ("1", "2", "3")),)
    assert arrangement.without_section((ArrangedSection("A", ("1",)),), 0) == (ArrangedSection("", ("1",)),)


def test_videos_are_added_at_the_end_of_the_last_section_or_of_a_named_one() -> None:
    assert arrangement.with_videos(EMPTY, ["1"]) == (ArrangedSection("", ("1",)),)
    assert video_ids(arrangement.with_videos(A_B, ["4", "5"])) == ("1", "2", "3", "4", "5")
    assert video_ids(arrangement.with_videos(A_B, ["4"], section=0)) == ("1", "2", "4", "3")


def test_videos_move_together_and_keep_their_order() -> None:
    moved = arrangement.moved_to(A_B, ["3", "1"], section=1)
    assert moved == (ArrangedSection("A", ("2",)), ArrangedSection("B", ("1", "3")))
    with pytest.raises(InvalidInputError) as error:
        arrangement.moved_to(A_B, ["1", "9"], section=1)
    assert error.value.fields[0].field == "video"


def test_a_description_stays_with_its_section() -> None:
    order = arrangement.retold(A_B, 0, title="A", description="Halves")
    assert [section.description for section in arrangement.section_moved_down(order, 0)] == ["", "Halves"]
    assert arrangement.without_video(order, "1")[0].description == "Halves"


@pytest.mark.parametrize("number", [-1, 2])
def test_a_section_that_is_not_there_is_named(number: int) -> None:
    with pytest.raises(InvalidInputError) as error:
        arrangement.retold(A_B, number, title="x", description="")
    assert error.value.fields[0].field == "section"
    with pytest.raises(InvalidInputError):
        arrangement.moved_up(A_B, "9")


def test_a_whole_order_keeps_the_text_of_a_section_of_the_same_title_unless_it_says_another() -> None:
    before = (
        ArrangedSection("A", ("1",), "Of A"), ArrangedSection("", ("2",), "Of none"),
        ArrangedSection("A", ("3",), "Of A again"), ArrangedSection("B", (), "Of B"),
    )  # fmt: skip
    wanted = [
        WantedSection("", ("3",)), WantedSection("A", ("2",)), WantedSection("A"), WantedSection("A"),
        WantedSection("B", (), ""), WantedSection("C", ("1",)),
    ]  # fmt: skip
    assert arrangement.rearranged(before, wanted) == (
        ArrangedSection("", ("3",), "Of none"), ArrangedSection("A", ("2",), "Of A"), ArrangedSection("A", (), "Of A again"),
        ArrangedSection("A"), ArrangedSection("B"), ArrangedSection("C", ("1",)),
    )  # fmt: skip

"""Windows of small gray pictures, as the survey decodes them."""

import random
from collections.abc import Callable

import pytest
from PIL import Image, ImageChops, ImageDraw

from transcoding.content import (
    SAMPLE_HEIGHT_PX,
    SAMPLE_WIDTH_PX,
    Content,
    MotionFacts,
    Survey,
    content_of,
    motion_facts,
)
from transcoding.packets import PacketFacts

SIZE = (SAMPLE_WIDTH_PX, SAMPLE_HEIGHT_PX)
Frame = Callable[[int], Image.Image]


def page(seed: int = 1) -> Image.Image:
    """Lines of text on white, as a slide or an editor has them."""
    image, chance = Image.new("L", SIZE, 240), random.Random(seed)
    draw = ImageDraw.Draw(image)
    for top in range(6, 84, 8):
        draw.rectangle((8, top, chance.randrange(40, 150), top + 3), fill=40)
    return image


def still(_: int) -> Image.Image:
    return page()


def with_pointer(number: int) -> Image.Image:
    image = page()
    ImageDraw.Draw(image).rectangle((20 + number, 40, 21 + number, 42), fill=0)
    return image


def scrolling(number: int) -> Image.Image:
    """A third of the screen scrolls by a pixel in each frame."""
    image = page()
    image.paste(ImageChops.offset(page(2), 0, -number).crop((0, 30, 60, 60)), (0, 30))
    return image


def camera(number: int) -> Image.Image:
    """A room with the noise of a sensor, and somebody in it who moves."""
    chance = random.Random(number)
    image = Image.frombytes("L", SIZE, bytes(120 + chance.randrange(-3, 4) for _ in range(SIZE[0] * SIZE[1])))
    shade = Image.linear_gradient("L").resize((36, 60)).point(lambda value: 60 + value // 4)
    image.paste(shade, (60 + number % 4, 28 + number % 2 * 2))
    return image


def film(number: int) -> Image.Image:
    """Everything moves."""
    return ImageChops.offset(Image.radial_gradient("L").resize(SIZE), 6 * number, 3 * number)


def windows(frame: Frame, *, count: int = 8, frames: int = 12) -> list[bytes]:
    """Every window is another place of the recording."""
    return [b"".join(frame(place * 40 + number).tobytes() for number in range(frames)) for place in range(count)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("frame", "content"),
    [
        (still, Content.STILL),
        (with_pointer, Content.STILL),
        (scrolling, Content.SCREEN),
        (camera, Content.CAMERA),
        (film, Content.FILM),
    ],
)
def test_the_kind_is_known_by_how_much_changes(frame: Frame, content: Content) -> None:
    motion = motion_facts(windows(frame))
    assert content_of(motion) is content, motion


@pytest.mark.slow
def test_noise_of_a_sensor_is_no_change() -> None:
    def noise(number: int) -> Image.Image:
        chance = random.Random(number)
        return Image.frombytes("L", SIZE, bytes(120 + chance.randrange(-2, 3) for _ in range(SIZE[0] * SIZE[1])))

    assert motion_facts(windows(noise)).changed == 0
    assert motion_facts(windows(noise)).identical < 0.5


def test_a_hard_cut_inside_a_window_is_counted() -> None:
    def cut(number: int) -> Image.Image:
        return Image.new("L", SIZE, 30 if number % 40 < 6 else 200)

    assert motion_facts(windows(cut)).cuts == 8


def test_what_could_not_be_looked_at_gets_the_most_careful_treatment() -> None:
    assert content_of(motion_facts([])) is Content.FILM
    assert content_of(motion_facts([page().tobytes()])) is Content.FILM  # one frame is no pair


def test_a_window_that_was_cut_off_is_read_as_far_as_it_goes() -> None:
    assert motion_facts([still(0).tobytes() * 2 + b"\x00" * 100]).pairs == 1


def test_nothing_moves_only_where_packets_and_pictures_both_say_so() -> None:
    calm, lively = motion_facts(windows(still)), motion_facts(windows(with_pointer))
    packets = PacketFacts(is_static=True)
    assert Survey(packets=packets, motion=calm).is_static
    assert not Survey(packets=packets, motion=lively).is_static
    assert not Survey(packets=PacketFacts(), motion=calm).is_static
    assert not Survey(packets=packets, motion=MotionFacts()).is_static  # no picture was decoded

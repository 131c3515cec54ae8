import io
import struct
import warnings
import zlib
from typing import Any

import pytest
from PIL import Image, ImageOps

from eduvideo.media.pictures import MAX_PICTURE_BYTES, UnusablePictureError, figure_picture, poster_pictures


def a_picture(form: str = "PNG", *, size: tuple[int, int] = (1600, 900), mode: str = "RGB", **more: Any) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, **more.pop("fill", {})).save(file, form, **more)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(1600, 900), (640, 480), (720, 1280)])
def test_every_picture_becomes_two_jpegs_of_one_shape(form: str, size: tuple[int, int]) -> None:
    pictures = poster_pictures(a_picture(form, size=size))
    for data, expected in ((pictures.poster, (1280, 720)), (pictures.thumbnail, (480, 270))):
        image = opened(data)
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", expected)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_pictures_of_all_kinds_of_color_are_taken(mode: str) -> None:
    assert opened(poster_pictures(a_picture(mode=mode)).poster).mode == "RGB"


def test_what_is_transparent_becomes_white() -> None:
    poster = opened(poster_pictures(a_picture(mode="RGBA")).poster)
    assert min(poster.getpixel((640, 360))) > 250  # type: ignore[arg-type,type-var]  # RGB: three numbers


def test_a_picture_is_turned_as_its_camera_says_and_tells_nothing_else() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "where I live"
    lying = Image.new("RGB", (900, 1600), "white")
    lying.paste("black", (0, 0, 900, 800))
    file = io.BytesIO()
    lying.save(file, "JPEG", exif=exif)
    poster = poster_pictures(file.getvalue()).poster
    assert b"where I live" not in poster
    image = opened(poster).convert("L")
    assert image.getpixel((100, 360)) > 200  # type: ignore[operator]  # L: one number
    assert image.getpixel((1200, 360)) < 50  # type: ignore[operator]  # the same


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_what_is_written_beside_the_pixels_is_gone(form: str) -> None:
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x010E] = "where I live"
    more: dict[str, Any] = {"comment": b"where I live"} if form == "JPEG" else {"xmp": b"where I live"}
    Image.new("RGB", (1600, 900)).save(file, form, icc_profile=b"where I live", exif=exif, **more)
    assert b"where I live" in file.getvalue()
    pictures = poster_pictures(file.getvalue())
    made = pictures.poster + pictures.thumbnail + figure_picture(file.getvalue()).webp
    assert b"where I live" not in made


def a_bomb() -> bytes:
    """Return a small PNG that says it has 900 million pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no JPEG, PNG or WebP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "no JPEG, PNG or WebP"),
        (a_picture("GIF"), "no JPEG, PNG or WebP"),
        (a_picture("JPEG")[:-400], "no JPEG, PNG or WebP"),
        (a_picture("PNG")[:200], "no JPEG, PNG or WebP"),
        (a_bomb(), "no JPEG, PNG or WebP"),
        (a_picture(size=(8000, 6000), mode="1"), "too many pixels"),
        (a_picture(size=(160, 90)), "too small"),
        (bytes(MAX_PICTURE_BYTES + 1), "5 MB"),
    ],
    ids=["empty", "svg", "gif", "cut JPEG", "cut PNG", "bomb", "many pixels", "small", "large"],
)
def test_what_is_no_picture_is_refused_with_a_reason(data: bytes, says: str) -> None:
    with pytest.raises(UnusablePictureError, match=says):
        poster_pictures(data)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((3200, 1200), (1600, 600)),
        ((40, 20), (40, 20)),
        pytest.param((1000, 6000), (800, 4800), marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_figure_keeps_its_shape_within_bounds(form: str, size: tuple[int, int], expected: tuple[int, int]) -> None:
    figure = figure_picture(a_picture(form, size=size))
    image = opened(figure.webp)
    assert (image.format, image.mode, image.size) == ("WEBP", "RGB", expected)
    assert (figure.width_px, figure.height_px) == expected


@pytest.mark.parametrize(
    "data",
    [b"", b"<svg/>", a_picture("GIF"), a_bomb(), a_picture(size=(8000, 6000), mode="1"), bytes(MAX_PICTURE_BYTES + 1)],
    ids=["empty", "svg", "gif", "bomb", "many pixels", "large"],
)
def test_what_is_no_picture_is_no_figure(data: bytes) -> None:
    with pytest.raises(UnusablePictureError):
        figure_picture(data)


def test_a_photograph_is_not_pressed_without_loss_by_great_effort(monkeypatch: pytest.MonkeyPatch) -> None:
    efforts: list[int] = []
    save = Image.Image.save

    def noted(self: Image.Image, file: Any, form: str, **how: Any) -> None:
        if how.get("lossless"):
            efforts.append(how.get("quality", 80))
        save(self, file, form, **how)

    monkeypatch.setattr(Image.Image, "save", noted)
    figure = figure_picture(a_photograph())
    assert efforts  # tried, for it may be a drawing
    assert max(efforts) <= 50  # from 75 on libwebp searches for half a minute
    assert len(figure.webp) < len(a_photograph("PNG"))


def test_reading_a_picture_changes_no_other_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    before, seen = list(warnings.filters), []
    check = ImageOps.exif_transpose
    monkeypatch.setattr(
        ImageOps, "exif_transpose", lambda image: (seen.append(list(warnings.filters)), check(image))[1]
    )
    poster_pictures(a_picture())
    assert seen == [before]  # what is a warning stays one everywhere


def a_photograph(form: str = "JPEG") -> bytes:
    file = io.BytesIO()
    Image.effect_noise((320, 240), 60).convert("RGB").save(file, form)
    return file.getvalue()

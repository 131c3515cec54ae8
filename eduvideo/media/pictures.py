"""A picture that somebody uploaded to a poster and its small form, or to a figure. Pure; what comes in is hostile.

Everything but the pixels is lost: metadata, profiles, further frames, and whatever else hides in a file.
"""

import io
from dataclasses import dataclass

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

MAX_PICTURE_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 40_000_000  # 160 MB while it is decoded
LEAST_PX = (320, 180)
POSTER_PX, THUMBNAIL_PX = (1280, 720), (480, 270)
FORMATS = ("JPEG", "PNG", "WEBP")
QUALITY = 85
# With the usual effort (75 and more) a photographed page took half a minute of a processor; a drawing gets as small.
WITHOUT_LOSS = {"lossless": True, "quality": 50, "method": 1}
FIGURE_PX = (1600, 4800)  # high enough for a whole page of a notebook


class UnusablePictureError(ValueError):
    """The bytes are no picture that can be shown; the message is a sentence for who sent them."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """JPEG files of POSTER_PX and THUMBNAIL_PX."""

    poster: bytes
    thumbnail: bytes


@dataclass(frozen=True, slots=True)
class FigurePicture:
    """A WebP file and its size."""

    webp: bytes
    width_px: int
    height_px: int


def poster_pictures(data: bytes) -> Pictures:
    """Return the middle of a JPEG, PNG or WebP picture in 16:9; raises UnusablePictureError.

    It is turned as its camera says; what is transparent becomes white.
    """
    if len(data) > MAX_PICTURE_BYTES:
        raise UnusablePictureError(_("A picture may have 5 MB at most."))
    picture = _decoded(data, at_px=POSTER_PX, least_px=LEAST_PX)
    poster = _opaque(ImageOps.fit(picture, POSTER_PX, Image.Resampling.LANCZOS))
    return Pictures(_jpeg(poster), _jpeg(poster.resize(THUMBNAIL_PX, Image.Resampling.LANCZOS)))


def figure_picture(data: bytes) -> FigurePicture:
    """Return a JPEG, PNG or WebP picture of at most FIGURE_PX, in its own shape; raises UnusablePictureError.

    It is turned as its camera says; what is transparent becomes white, for it is read on dark pages too.
    """
    if len(data) > MAX_PICTURE_BYTES:
        raise UnusablePictureError(_("A picture may have 5 MB at most."))
    picture = _decoded(data, at_px=FIGURE_PX, least_px=(1, 1))
    picture.thumbnail(FIGURE_PX, Image.Resampling.LANCZOS)
    picture = _opaque(picture)
    drawn, photographed = _webp(picture, **WITHOUT_LOSS), _webp(picture, quality=QUALITY, method=4)
    return FigurePicture(min(drawn, photographed, key=len), *picture.size)


def _decoded(data: bytes, *, at_px: tuple[int, int], least_px: tuple[int, int]) -> Image.Image:
    """Return a picture as its camera says, with colors of their own (no palette)."""
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        _check_size(image, least_px=least_px)
        image.draft("RGB", at_px)  # a JPEG is read at the size that is needed
        upright = ImageOps.exif_transpose(image)
        picture = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except UnusablePictureError:
        raise
    except Exception as error:  # whatever a decoder says to bytes that were made to break it
        raise UnusablePictureError(_("This file is no JPEG, PNG or WebP picture, or it is damaged.")) from error
    picture.info.clear()  # Pillow would write a JPEG's comment again
    return picture


def _check_size(image: Image.Image, *, least_px: tuple[int, int]) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise UnusablePictureError(_("This picture has too many pixels; 1280 × 720 are enough."))
    if max(width, height) < least_px[0] or min(width, height) < least_px[1]:
        raise UnusablePictureError(_("This picture is too small; it should have 1280 × 720 pixels."))


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def _jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return file.getvalue()


def _webp(image: Image.Image, **how: bool | int) -> bytes:
    file = io.BytesIO()
    image.save(file, "WEBP", **how)
    return file.getvalue()

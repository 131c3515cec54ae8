"""Frames: their size, and the code that puts one into a page. Pure."""

from dataclasses import dataclass

from django.utils.html import escape

ALLOW = "autoplay; encrypted-media; fullscreen; picture-in-picture"


@dataclass(frozen=True, slots=True)
class Size:
    width_px: int
    height_px: int


VIDEO_SIZE = Size(640, 360)
PLAYLIST_SIZE = Size(800, 450)  # wide enough for the list beside the picture
LARGEST = Size(1920, 1080)


def fitted(usual: Size, *, max_width_px: int | None = None, max_height_px: int | None = None) -> Size:
    """Return the largest 16:9 frame within the maxima that are given (at least 1), else the usual one.

    Heights are rounded to whole pixels; nothing is ever larger than 1920x1080 or smaller than 1x1.
    """
    if max_width_px is None and max_height_px is None:
        return usual
    height_px = min(LARGEST.height_px, LARGEST.height_px if max_height_px is None else max_height_px)
    width_px = min(LARGEST.width_px, LARGEST.width_px if max_width_px is None else max_width_px)
    width_px = max(1, min(width_px, height_px * 16 // 9))
    return Size(width_px, max(1, (width_px * 9 + 8) // 16))


def shrunk(picture: Size, *, longest_px: int) -> Size:
    """Return a picture's size when it is fitted into a square without being enlarged."""
    factor = min(1.0, longest_px / max(picture.width_px, picture.height_px))
    return Size(max(1, round(picture.width_px * factor)), max(1, round(picture.height_px * factor)))


def frame_html(url: str, *, title: str, size: Size) -> str:
    """Return the code of a frame that shrinks with its page; where styles are stripped it has its fixed size."""
    return (
        f'<iframe src="{escape(url)}" width="{size.width_px}" height="{size.height_px}" title="{escape(title)}" '
        f'style="border:0;max-width:100%;height:auto;aspect-ratio:16/9" frameborder="0" loading="lazy" '
        f'allow="{ALLOW}" allowfullscreen referrerpolicy="strict-origin-when-cross-origin"></iframe>'
    )

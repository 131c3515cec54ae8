"""The mark of the site as PNG, from the shapes of static/site/icon.svg, for systems that install the site."""

from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw

UNITS = 32  # of the drawing's side
BACKGROUND, PLAY, LINES = "#2453d6", "#ffffff", "#ffd166"
CORNER = 8.0
TRIANGLE = ((12.0, 9.5), (12.0, 22.5), (23.0, 16.0))
STROKES = ((6.0, 9.0, 12.0), (5.0, 9.0, 16.0), (6.0, 9.0, 20.0))  # from x, to x, y
SAMPLES = 4  # a side of each pixel: Pillow draws without smoothing
SAFE = 0.72  # of a maskable icon's side: systems may cut a circle of 80 % out of it


@cache
def icon_png(size_px: int, *, is_maskable: bool) -> bytes:
    """Return a square icon; a maskable one fills its whole square, with the mark in the part that nothing cuts."""
    side = size_px * SAMPLES
    scale = side / UNITS * (SAFE if is_maskable else 1)
    shift = (side - UNITS * scale) / 2
    image = Image.new("RGBA", (side, side), BACKGROUND if is_maskable else (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    if not is_maskable:
        draw.rounded_rectangle((0, 0, side - 1, side - 1), CORNER * scale, fill=BACKGROUND)
    draw.polygon([(shift + x * scale, shift + y * scale) for x, y in TRIANGLE], fill=PLAY)
    for from_x, to_x, y in STROKES:
        box = (
            shift + (from_x - 1) * scale,
            shift + (y - 1) * scale,
            shift + (to_x + 1) * scale,
            shift + (y + 1) * scale,
        )
        draw.rounded_rectangle(box, scale, fill=LINES)
    file = BytesIO()
    image.resize((size_px, size_px), Image.Resampling.LANCZOS).save(file, "PNG", optimize=True)
    return file.getvalue()

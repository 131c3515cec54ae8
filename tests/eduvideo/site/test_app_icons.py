from io import BytesIO

from PIL import Image

from eduvideo.site.app_icons import icon_png


def test_the_mark_of_a_maskable_icon_is_in_the_circle_that_nothing_cuts() -> None:
    size_px = 100
    with Image.open(BytesIO(icon_png(size_px, is_maskable=True))) as image:
        background = image.getpixel((0, 0))
        marked = [
            (x, y) for x in range(size_px) for y in range(size_px) if image.getpixel((x, y)) != background
        ]  # fmt: skip
    assert marked
    assert all((x - 50) ** 2 + (y - 50) ** 2 <= 40**2 for x, y in marked)

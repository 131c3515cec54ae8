"""Slides with Pillow: fonts, palette, the frame around a diagram."""

import colorsys
from functools import cache
from importlib.resources import as_file, files

from PIL import Image, ImageDraw, ImageFont

from eduvideo.site.demo.lesson import Slide

WIDTH, HEIGHT = 1280, 720
PAPER, INK, SOFT, LINE = "#fbfaf6", "#1e2a44", "#5d6b86", "#d8dce6"
BLUE, RED, GREEN, GOLD, VIOLET = "#2a5bd7", "#d2423b", "#23864b", "#e0a21b", "#7a4fc4"
SIMPLIFIED_CHINESE = 2  # face of the Noto collection: JP, KR, SC, TC, HK

Point = tuple[float, float]


@cache
def font(size_px: int, weight: str = "Regular") -> ImageFont.FreeTypeFont:
    """Return Noto Sans CJK SC in a size and weight (Regular, Bold)."""
    with as_file(files("manimgx_fonts_cjk") / "NotoSansCJK-VF.otf.ttc") as path:
        face = ImageFont.truetype(path, size_px, index=SIMPLIFIED_CHINESE)
    face.set_variation_by_name(weight)
    return face


class Board:
    """The right half of a slide, for a diagram; its own coordinates are 0..600 across and 0..460 down."""

    LEFT, TOP, WIDTH, HEIGHT = 640, 150, 600, 460

    def __init__(self, image: Image.Image) -> None:
        self.draw = ImageDraw.Draw(image)

    def at(self, point: Point) -> Point:
        return (self.LEFT + point[0], self.TOP + point[1])

    def line(self, *points: Point, color: str = INK, width: int = 4) -> None:
        self.draw.line([self.at(point) for point in points], fill=color, width=width, joint="curve")

    def arrow(self, start: Point, end: Point, *, color: str = INK, width: int = 5) -> None:
        """Draw a line with a head at its end."""
        self.line(start, end, color=color, width=width)
        length = max(((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.5, 1)
        x, y = (end[0] - start[0]) / length, (end[1] - start[1]) / length
        back = (end[0] - 18 * x, end[1] - 18 * y)
        self.polygon(end, (back[0] - 9 * y, back[1] + 9 * x), (back[0] + 9 * y, back[1] - 9 * x), fill=color)

    def circle(
        self, center: Point, radius: float, *, fill: str | None = None, color: str | None = INK, width: int = 4
    ) -> None:
        x, y = self.at(center)
        self.draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=fill, outline=color, width=width)

    def box(
        self, corner: Point, size: Point, *, fill: str | None = None, color: str | None = INK, width: int = 3
    ) -> None:
        x, y = self.at(corner)
        self.draw.rounded_rectangle([x, y, x + size[0], y + size[1]], radius=8, fill=fill, outline=color, width=width)

    def polygon(self, *points: Point, fill: str | None = None, color: str | None = None, width: int = 4) -> None:
        self.draw.polygon([self.at(point) for point in points], fill=fill, outline=color, width=width)

    def text(self, place: Point, text: str, *, size: int = 30, color: str = INK, bold: bool = False) -> None:
        """Write text around a point."""
        face = font(size, "Bold" if bold else "Regular")
        self.draw.text(self.at(place), printable(text), font=face, fill=color, anchor="mm")


def base(title: str, slide: Slide, *, number: int, count: int, hue: int) -> Image.Image:
    """Return a slide without its diagram; its frame has its subject's hue, in degrees."""
    dark, bright = _color(hue, lightness=0.25), _color(hue, lightness=0.4)
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle([0, 0, WIDTH, 74], fill=dark)
    draw.text((40, 37), title, font=font(30, "Bold"), fill="white", anchor="lm")
    draw.text((WIDTH - 40, 37), f"{number} / {count}", font=font(26), fill="#e6eaf4", anchor="rm")
    draw.text((56, 150), slide.heading, font=font(46, "Bold"), fill=bright, anchor="lm")
    y = 240
    for line in slide.lines:
        for part in wrapped(line, width_px=540, size=34):
            draw.text((56, y), printable(part), font=font(34), fill=INK, anchor="lm")
            y += 52
        y += 18
    draw.rounded_rectangle([620, 120, 1250, 640], radius=18, fill="white", outline=LINE, width=2)
    return image


def _color(hue: int, *, lightness: float) -> str:
    red, green, blue = colorsys.hls_to_rgb(hue / 360, lightness, 0.5)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def printable(text: str) -> str:
    """Return text with what the font has no shape for: small digits become plain ones."""
    return text.translate(str.maketrans("₀₁₂₃₄", "01234"))


def wrapped(text: str, *, width_px: int, size: int) -> list[str]:
    """Return text in lines that fit a width: broken at spaces, or anywhere in Chinese."""
    pieces = text.split(" ") if " " in text else list(text)
    joint = " " if " " in text else ""
    lines, now = [], ""
    for piece in pieces:
        longer = f"{now}{joint}{piece}" if now else piece
        if font(size).getlength(longer) > width_px and now:
            lines.append(now)
            now = piece
        else:
            now = longer
    return [*lines, now]

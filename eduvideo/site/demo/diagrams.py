"""The diagrams of the demo lessons. Each draws itself at a progress from 0 to 1: it moves while it is explained."""

import math
from collections.abc import Callable

from eduvideo.site.demo.drawing import BLUE, GOLD, GREEN, INK, LINE, RED, SOFT, VIOLET, Board, font

Diagram = Callable[[Board, float], None]


def parabola(board: Board, t: float) -> None:
    board.arrow((40, 380), (570, 380), color=SOFT)
    board.arrow((300, 450), (300, 20), color=SOFT)
    points = [(300 + x * 60, 380 - x * x * 40) for x in [i / 20 - 3 for i in range(121)]]
    shown = points[: max(2, int(len(points) * min(1.0, t * 1.5)))]
    board.line(*shown, color=BLUE, width=6)
    board.circle((300, 380), 9, fill=RED, color=None)
    board.circle(shown[-1], 10, fill=GOLD, color=None)
    board.text((380, 410), "(0, 0)", color=RED)
    board.text((390, 60), "y = x²", color=BLUE, bold=True)


def right_triangle(board: Board, t: float) -> None:
    a, b, c = (170, 330), (170, 210), (330, 330)
    board.polygon(a, c, (330, 490 - 30), (170, 490 - 30), fill="#e7f0ff", color=BLUE)
    board.polygon(b, a, (50, 330), (50, 210), fill="#e8f6ec", color=GREEN)
    grow = min(1.0, t * 1.4)
    far = (330 + 120 * grow, 330 - 160 * grow), (170 + 120 * grow, 210 - 160 * grow)
    board.polygon(b, c, far[0], far[1], fill="#fdeceb", color=RED)
    board.polygon(a, b, c, fill="white", color=INK)
    board.text((250, 395), "a²", color=BLUE, bold=True)
    board.text((110, 270), "b²", color=GREEN, bold=True)
    board.text((310, 190), "c²", color=RED, bold=True)
    board.text((480, 410), "a² + b² = c²", size=36, bold=True)


def refraction(board: Board, t: float) -> None:
    board.box((30, 230), (540, 210), fill="#dceefb", color=None)
    board.line((30, 230), (570, 230), color=BLUE, width=3)
    for y in range(20, 440, 24):
        board.line((300, y), (300, y + 12), color=SOFT, width=2)
    board.arrow((110, 40), (300, 230), color=RED, width=6)
    angle = math.radians(45 - 17 * min(1.0, t * 1.3))
    board.arrow((300, 230), (300 + 220 * math.sin(angle), 230 + 220 * math.cos(angle)), color=VIOLET, width=6)
    board.text((250, 120), "i", color=RED, bold=True)
    board.text((335, 330), "r", color=VIOLET, bold=True)
    board.text((500, 180), "air 空气")
    board.text((500, 280), "water 水", color=BLUE)


def balance(board: Board, t: float) -> None:
    tilt = 40 * (1 - min(1.0, t * 1.3))
    board.polygon((300, 200), (250, 420), (350, 420), fill=LINE, color=INK)
    board.line((90, 200 + tilt), (510, 200 - tilt), width=8)
    for x, y, count, color in ((150, 200 + tilt, 4, BLUE), (450, 200 - tilt, 4 if t > 0.6 else 2, BLUE)):
        for number in range(count):
            board.circle((x - 50 + number % 4 * 34, y - 28), 16, fill=color, color="white")
        board.circle((x - 30, y - 66), 20, fill=RED, color="white")
        board.circle((x + 20, y - 66), 20, fill=RED, color="white")
    board.text((300, 60), "2H₂ + O₂ = 2H₂O", size=44, bold=True)


def moonlight(board: Board, t: float) -> None:
    board.box((20, 10), (560, 440), fill="#1b2547", color=None)
    board.circle((120 + 260 * t, 130 - 40 * math.sin(math.pi * t)), 52, fill="#fff3c4", color=None)
    for x, y in ((80, 60), (230, 40), (480, 90), (520, 200), (390, 50), (150, 210)):
        board.circle((x, y), 3, fill="white", color=None)
    board.polygon((20, 450), (20, 350), (580, 320), (580, 450), fill="#33406e")
    board.polygon((200, 450), (250, 345), (420, 338), (390, 450), fill="#c9d4f2")
    board.text((300, 410), "疑是地上霜", color="#1b2547", bold=True)


def cell(board: Board, t: float) -> None:
    board.circle((300, 230), 205, fill="#eef9f0", color=GREEN, width=8)
    board.circle((300, 230), 188, fill="#f8fcf6", color=GOLD, width=4)
    board.circle((260, 210), 62, fill="#e3d8f8", color=VIOLET, width=5)
    board.circle((262, 214), 20, fill=VIOLET, color=None)
    for number in range(6):
        angle = number * 1.05 + t * 1.2
        board.circle((300 + 130 * math.cos(angle), 235 + 125 * math.sin(angle)), 17, fill="#f6c1a8", color=RED, width=3)
    names = (("membrane 细胞膜", (300, 28)), ("nucleus 细胞核", (262, 292)), ("mitochondria 线粒体", (330, 446)))
    board.text(names[min(2, int(t * 3))][1], names[min(2, int(t * 3))][0], size=28, bold=True)


def forces(board: Board, t: float) -> None:
    x = 60 + 260 * t * t
    board.line((20, 330), (580, 330), color=SOFT, width=6)
    board.box((x, 230), (130, 84), fill="#dfe8ff", color=BLUE)
    for wheel in (x + 30, x + 100):
        board.circle((wheel, 316), 14, fill=INK, color=None)
    board.text((x + 65, 272), "m", size=40, bold=True)
    board.arrow((x + 132, 272), (x + 230, 272), color=RED, width=8)
    board.text((x + 190, 232), "F", size=36, color=RED, bold=True)
    board.text((300, 90), "F = m · a", size=60, bold=True)


def leaf(board: Board, t: float) -> None:
    board.polygon((300, 60), (460, 200), (300, 400), (140, 200), fill="#bfe5c3", color=GREEN, width=6)
    board.line((300, 60), (300, 450), color=GREEN, width=6)
    step = (t * 3) % 1
    board.arrow((60 + 60 * step, 40 + 40 * step), (150 + 40 * step, 100 + 30 * step), color=GOLD, width=7)
    board.arrow((40 + 60 * step, 300), (150 + 40 * step, 270), color=SOFT, width=6)
    board.arrow((300, 450), (300, 400 - 60 * step), color=BLUE, width=6)
    board.arrow((440 + 30 * step, 150), (540 + 30 * step, 100), color=RED, width=6)
    for place, text, color in (
        ((70, 20), "light 光", GOLD),
        ((80, 340), "CO₂", SOFT),
        ((380, 445), "H₂O", BLUE),
        ((540, 70), "O₂", RED),
    ):
        board.text(place, text, color=color, bold=True)


def fraction_bars(board: Board, t: float) -> None:
    for row, (parts, taken, color) in enumerate(((2, 1, BLUE), (4, 2, GREEN), (8, 4, VIOLET))):
        width = 520 / parts
        shown = taken * min(1.0, max(0.0, t * 4 - row))
        for part in range(parts):
            fill = color if part + 1 <= shown + 0.001 else "white"
            board.box((40 + part * width, 40 + row * 130), (width - 4, 74), fill=fill, color=INK)
        board.text((300, 136 + row * 130), f"{taken}/{parts}", size=32, color=color, bold=True)


def water_cycle(board: Board, t: float) -> None:
    board.polygon((20, 450), (20, 380), (580, 380), (580, 450), fill="#bcdcf7")
    board.polygon((380, 380), (490, 180), (580, 380), fill="#cfd6c8", color=SOFT)
    board.circle((90, 70), 44, fill=GOLD, color=None)
    for x in (230, 270, 315, 350):
        board.circle((x + 20 * t, 110), 36, fill="#e6ecf5", color=None)
    step = (t * 4) % 1
    for x in (80, 130, 180):
        board.arrow((x, 370 - 150 * step), (x, 330 - 150 * step), color=RED)
    for x in (270, 310, 350):
        board.line((x, 160 + 160 * step), (x - 6, 186 + 160 * step), color=BLUE, width=6)
    names = ("evaporation 蒸发", "condensation 凝结", "precipitation 降水")
    board.text((300, 425), names[min(2, int(t * 3))], bold=True)


def map_scale(board: Board, t: float) -> None:
    board.box((30, 20), (540, 330), fill="#eef5e6")
    board.line((30, 250), (180, 210), (300, 260), (430, 190), (570, 220), color="#7fb4e6", width=14)
    board.circle((130, 110), 12, fill=RED, color=None)
    board.circle((460, 110), 12, fill=RED, color=None)
    board.line((130, 110), (130 + 330 * min(1.0, t * 1.3), 110), color=INK, width=4)
    board.text((130, 75), "A", bold=True)
    board.text((460, 75), "B", bold=True)
    for part in range(4):
        board.box((120 + part * 90, 390), (90, 18), fill=INK if part % 2 else "white", color=INK)
        board.text((120 + part * 90, 435), f"{part}", size=24)
    board.text((530, 435), "4 km", size=24)


def code(board: Board, t: float) -> None:
    lines = ("total = 0", "for n in range(1, 5):", "    total = total + n", "print(total)")
    steps = (0, 1, 2, 1, 2, 1, 2, 1, 2, 3)
    now = steps[min(len(steps) - 1, int(t * len(steps)))]
    total = (0, 0, 1, 1, 3, 3, 6, 6, 10, 10)[min(len(steps) - 1, int(t * len(steps)))]
    board.box((20, 20), (560, 290), fill="#1b2030", color=None)
    board.box((30, 40 + now * 62), (540, 54), fill="#33406e", color=None)
    for number, line in enumerate(lines):
        x, y = board.at((50 + 32 * (len(line) - len(line.lstrip())) / 2, 67 + number * 62))
        board.draw.text((x, y), line.strip(), font=font(32), fill="#dfe7ff", anchor="lm")
    board.text((300, 380), f"total = {total}", size=48, color=BLUE, bold=True)


def timeline(board: Board, t: float) -> None:
    board.arrow((30, 230), (575, 230), color=INK, width=6)
    events = (
        ("1914", "Sarajevo"),
        ("1915", "Gallipoli"),
        ("1916", "Somme"),
        ("1917", "USA enters"),
        ("1918", "Armistice"),
    )
    for number, (year, name) in enumerate(events):
        x = 70 + number * 112
        if t * 5.5 < number:
            break
        board.circle((x, 230), 13, fill=RED, color="white")
        board.text((x, 275), year, bold=True)
        board.text((x, 175 if number % 2 else 325), name, size=24, color=BLUE)


def supply_demand(board: Board, t: float) -> None:
    board.arrow((70, 410), (570, 410), color=SOFT)
    board.arrow((70, 410), (70, 20), color=SOFT)
    board.line((120, 360), (500, 80), color=BLUE, width=6)
    shift = 90 * max(0.0, t * 1.6 - 0.6) if t < 1 else 90
    board.line((120 + shift, 80), (500 + shift * 0.7, 360), color=RED, width=6)
    x = 310 + shift / 2
    board.circle((x, 220 - shift * 0.37), 12, fill=GOLD, color=INK)
    board.text((520, 60), "S", color=BLUE, bold=True)
    board.text((540, 350), "D", color=RED, bold=True)
    board.text((320, 442), "quantity")
    board.text((125, 30), "price")


DIAGRAMS: dict[str, Diagram] = {
    "parabola": parabola, "right_triangle": right_triangle, "refraction": refraction, "balance": balance,
    "moonlight": moonlight, "cell": cell, "forces": forces, "leaf": leaf, "fraction_bars": fraction_bars,
    "water_cycle": water_cycle, "map_scale": map_scale, "code": code, "timeline": timeline,
    "supply_demand": supply_demand,
}  # fmt: skip

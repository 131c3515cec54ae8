"""The danmaku overlay in Chromium: CPU of a frame beside npm `danmaku` (canvas) in the same minutes, what is done at once,
its bytes, and what is seen of the danmaku of others, each repeated eight times, judged by rectangles alone."""

import functools
import gzip
import http.server
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from eduvideo.danmaku.formats.reading import parse
from eduvideo.danmaku.models import Mode
from eduvideo.danmaku.services import NewDanmaku
from tests.bench.rows import Row, compared
from tests.conftest import FIXTURES
from tests.servers.browser import CHROMIUM_FLAGS

ROOT = Path(__file__).parents[2]
FRONTEND = ROOT / "frontend"
PAGE = Path(__file__).parent / "danmaku_overlay"
NPM = FRONTEND / "node_modules" / "danmaku" / "dist" / "esm" / "danmaku.canvas.min.js"
SPAN_S, WARM_S, ROUNDS = 6, 7, 2
# In ten seconds, at six seconds each: 120 and 600 at once. Limits are of the ratio to npm's.
CROWDS = {120: (200, 0.75), 600: (1000, 0.5)}
FLOOD_PER_10S, CAP = 5000, 120
COPIES, COPY_APART_MS = 8, 370
SHOW = {"displayMs": 8000, "fontPx": 25, "avoidOverlap": True}
KB_LIMIT, CREATE_MS_LIMIT, VISIBLE_LIMIT = 5.0, 50, 5


def run() -> list[Row]:
    """Measure all of it; about three minutes."""
    with tempfile.TemporaryDirectory(prefix="eduvideo-bench-") as folder:
        site = Path(folder)
        size_kb = _bundle(site)
        with _served(site) as url, sync_playwright() as playwright:
            rows = [Row("danmaku overlay: bundle", size_kb, "kB gz", limit=KB_LIMIT)]
            rows += _at_once(playwright, url)
            rows += _frames(playwright, url)
            return rows + _seen(playwright, url)


def _bundle(site: Path) -> float:
    """Put the page and both engines into a folder; returns the kB of ours, minified, by gzip -9."""
    for file in PAGE.iterdir():
        shutil.copy(file, site)
    shutil.copy(NPM, site / "danmaku.js")
    path = f"{os.environ['PATH']}:{ROOT / '.setup' / 'node' / 'bin'}"
    subprocess.run(
        [FRONTEND / "node_modules" / ".bin" / "rolldown", "src/danmaku/index.ts", "--format", "esm", "--minify", "-o",
         site / "engine.js"],
        cwd=FRONTEND, env={**os.environ, "PATH": path}, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return len(gzip.compress((site / "engine.js").read_bytes(), 9)) / 1000


@contextmanager
def _served(site: Path) -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/page.html"
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _page(playwright: Playwright, url: str) -> Iterator[tuple[Browser, Page]]:
    """Open the page in a browser of its own, so that its processes are this page's."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
    try:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(url)
        page.wait_for_function("window.isReady")
        yield browser, page
    finally:
        browser.close()


def _at_once(playwright: Playwright, url: str) -> list[Row]:
    with _page(playwright, url) as (_, page):
        costs = page.evaluate("costs()")
    return [
        Row("danmaku overlay: create with 9,000", costs["create"], "ms", limit=CREATE_MS_LIMIT),
        Row("danmaku overlay: lay out after a seek", costs["seek"], "ms"),
        Row("danmaku overlay: change a filter", costs["update"], "ms"),
    ]


def _frames(playwright: Playwright, url: str) -> list[Row]:
    rows: list[Row] = []
    costs: dict[int, float] = {}
    idle, _ = _measured(playwright, url, "none", 1)
    for on_screen, (per_10s, limit) in CROWDS.items():
        # One after the other and again, so that other work on the machine meets both.
        found = [
            (*_measured(playwright, url, "ours", per_10s), *_measured(playwright, url, "npm", per_10s))
            for _ in range(ROUNDS)
        ]
        ours_ms, ours_seen, npm_ms, npm_seen = (median(values) for values in zip(*found, strict=True))
        costs[on_screen] = ours_ms
        rows.append(
            compared(f"danmaku overlay: CPU of a frame with {on_screen} on screen", ours_ms, "ms", baseline=npm_ms,
                     baseline_name="npm danmaku 2.0.10", limit=limit)
        )  # fmt: skip
        apart = 100 * abs(ours_seen - npm_seen) / npm_seen
        rows.append(Row(f"danmaku overlay: visible() with {on_screen} beside npm", apart, "% off", limit=VISIBLE_LIMIT))
    flood_ms, _ = _measured(playwright, url, "ours", FLOOD_PER_10S, {"maxOnScreen": CAP})
    rows.append(
        compared("danmaku overlay: CPU of a frame, 5,000 in 10 s, 120 shown", flood_ms, "ms", baseline=costs[CAP],
                 baseline_name="120 of 120", limit=1.2)
    )  # fmt: skip
    return [*rows, Row("danmaku overlay: CPU of a frame without an overlay", idle, "ms")]


def _measured(
    playwright: Playwright, url: str, engine: str, per_10s: int, settings: dict[str, object] | None = None
) -> tuple[float, float]:
    """Return the CPU of a frame in ms, of the renderer and the process that shows, and how many were on screen."""
    with _page(playwright, url) as (browser, page):
        page.evaluate("([engine, count, settings]) => play(engine, count, settings)", [engine, per_10s, settings or {}])
        page.wait_for_timeout(1000 * WARM_S)
        before, began_s = page.evaluate("look()"), _cpu_s(browser)
        page.wait_for_timeout(1000 * SPAN_S)
        after, ended_s = page.evaluate("look()"), _cpu_s(browser)
    frames = after["frames"] - before["frames"]
    return 1000 * (ended_s - began_s) / frames, (before["visible"] + after["visible"]) / 2


def _cpu_s(browser: Browser) -> float:
    session = browser.new_browser_cdp_session()
    try:
        processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
        return float(sum(process["cpuTime"] for process in processes if process["type"] in {"renderer", "GPU"}))
    finally:
        session.detach()


def _seen(playwright: Playwright, url: str) -> list[Row]:
    with _page(playwright, url) as (_, page):
        judge = "([items, settings]) => judge(items, settings)"
        found = [page.evaluate(judge, [items, SHOW]) for items in _crowds()]
    total = {name: sum(one[name] for one in found) for name in found[0] if name != "firstCome"}
    first = {name: sum(one["firstCome"][name] for one in found) for name in found[0]["firstCome"]}
    files = f"{len(found)} files x {COPIES}"
    return [
        Row(f"danmaku overlay: overlaps, {files} ({total['items']:,})", total["overlaps"], "pairs", limit=0),
        Row(f"danmaku overlay: worth shown, {files}", 100 * total["worthShown"] / total["worth"], "%",
            100 * first["worthShown"] / first["worth"], "first come", total["worthShown"] / first["worthShown"], 1.0, True),
        Row("danmaku overlay: of teachers' danmaku", 100 * total["teachersShown"] / total["teachers"], "%",
            100 * first["teachersShown"] / first["teachers"], "first come",
            total["teachersShown"] / first["teachersShown"], 1.0, True),
    ]  # fmt: skip


def _crowds() -> Iterator[list[dict[str, Any]]]:
    """The files of others that can be read, each eight times with a short delay; without them, an hour of our own."""
    files = sorted(path for path in (FIXTURES / "danmaku").rglob("*") if path.suffix in {".xml", ".json"})
    read = [parse(path.read_bytes()).items for path in files if path.parent.name != "invalid"]
    # What stands at places of its own (modes 7 to 9) is kept, but nothing that the overlay shows.
    shown = [[item for item in items if item.mode != Mode.SPECIAL] for items in read]
    for items in filter(None, shown or [[NewDanmaku(i * 800, f"弹幕 no. {i}") for i in range(4500)]]):
        copies = [
            item._replace(position_ms=item.position_ms + copy * COPY_APART_MS)
            for item in items
            for copy in range(COPIES)
        ]
        copies.sort(key=lambda item: item.position_ms)
        yield [
            {"id": str(number), "position_ms": item.position_ms, "mode": item.mode, "text": item.text,
             "color": item.color, "size_px": item.size_px}
            for number, item in enumerate(copies)
        ]  # fmt: skip

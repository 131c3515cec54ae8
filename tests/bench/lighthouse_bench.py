"""Lighthouse on a simulated phone: accessibility, best practices and SEO are 100, and no page is far from an empty one.

Lighthouse lives in a folder of its own (lighthouse/package.json): it is larger than all that the frontend is built with.
"""

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

import httpx
from playwright.sync_api import sync_playwright

from tests.bench.rows import Row
from tests.environment import free_port
from tests.media_factory import make_lesson
from tests.servers.browser import CHROMIUM_FLAGS
from tests.servers.platform import RunningPlatform

ROOT = Path(__file__).parents[2]
LIGHTHOUSE = ROOT / ".setup" / "lighthouse" / "node_modules" / "lighthouse" / "cli" / "index.js"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
ROUNDS = 3
FULL, MOST_POINTS_APART = 100, 3
LONGEST_S = 240
EMAIL, PASSWORD = "lighthouse@example.org", "correct horse 7"
EMPTY = (
    b"<!doctype html><html lang=en><meta name=viewport content='width=device-width'><title>Empty</title><p>Empty</p>"
)
# What search engines may list: the others ask them not to.
LISTED = ("home", "browse", "watch", "playlist")


def run() -> list[Row]:
    """Look at each page three times, in rounds, and return the medians; about ten minutes. Nothing without Lighthouse."""
    if not LIGHTHOUSE.exists():
        return []
    with (
        tempfile.TemporaryDirectory(prefix="eduvideo-bench-", ignore_cleanup_errors=True) as folder,
        _empty_page() as empty,
    ):
        platform = RunningPlatform(Path(folder) / "var")
        platform.start()
        try:
            pages = {"an empty page": empty, **_pages(platform)}
            with _signed_in(platform, Path(folder) / "profile") as port:
                seen = [
                    {name: _scores(url, port=port if name == "studio" else None) for name, url in pages.items()}
                    for _ in range(ROUNDS)
                ]
        finally:
            platform.stop()
    scores = {
        name: {category: median(one[name][category] for one in seen) for category in CATEGORIES} for name in pages
    }
    best = scores.pop("an empty page")["performance"]
    return [row for name, found in scores.items() for row in _rows(name, found, best)]


def _rows(name: str, found: dict[str, float], best: float) -> Iterator[Row]:
    for category in CATEGORIES[1:]:
        if category != "seo" or name in LISTED:
            yield Row(f"{name}: {category}", found[category], "", limit=FULL, is_least=True)
    yield Row(f"{name}: performance", found["performance"], "", best, "an empty page")
    yield Row(
        f"{name}: performance below an empty page", best - found["performance"], "points", limit=MOST_POINTS_APART
    )


def _pages(platform: RunningPlatform) -> dict[str, str]:
    """Make a creator, a lesson and a playlist; return the address of each page."""
    platform.manage("create_user", EMAIL, "--role", "creator", "--password-stdin", stdin=f"{PASSWORD}\n")
    video = platform.manage(
        "import_video", str(make_lesson(seconds=16)), "--title", "Fractions", "--subject", "mathematics",
        "--grade", "5", "--language", "en", "--creator", EMAIL, "--wait",
    )  # fmt: skip
    playlist = _playlist_of(video, platform.url, platform.manage("create_token", EMAIL))
    paths = {"home": "/", "browse": "/browse", "search": "/search?q=fractions", "watch": f"/watch/{video}",
             "playlist": f"/playlist/{playlist}", "sign-in": "/accounts/login/", "studio": "/studio"}  # fmt: skip
    return {name: platform.url + path for name, path in paths.items()}


def _playlist_of(video: str, url: str, token: str) -> str:
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}) as client:
        made = client.post("/api/v1/playlists", json={"title": "Numbers", "language": "en"}).json()
        path = f"/api/v1/playlists/{made['id']}"
        items = {"sections": [{"title": "", "videos": [video]}]}
        client.put(f"{path}/items", json=items).raise_for_status()
        client.post(f"{path}/publish").raise_for_status()
    return str(made["id"])


@contextmanager
def _signed_in(platform: RunningPlatform, profile: Path) -> Iterator[int]:
    """Open a browser in which the creator is signed in; Lighthouse takes it over by its port."""
    port = free_port()
    flags = [*CHROMIUM_FLAGS, f"--remote-debugging-port={port}"]
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(profile), executable_path="/usr/bin/chromium", args=flags
        )
        page = context.new_page()
        page.goto(f"{platform.url}/accounts/login/")
        page.locator("input[name=login]").fill(EMAIL)
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("main form button[type=submit]").first.click()
        page.wait_for_url(lambda address: "/accounts/login" not in address)
        page.close()
        yield port
        context.close()


def _scores(url: str, *, port: int | None) -> dict[str, float]:
    """Return the scores of one look at a page, of 100, in a new browser or in the one behind a port."""
    chrome = (
        [f"--port={port}", "--disable-storage-reset"]
        if port
        else [f"--chrome-flags=--headless {' '.join(CHROMIUM_FLAGS)}"]
    )
    told = subprocess.run(
        ["node", str(LIGHTHOUSE), url, "--quiet", "--output=json", f"--only-categories={','.join(CATEGORIES)}", *chrome],
        check=True, capture_output=True, text=True, timeout=LONGEST_S,
        env={**os.environ, "PATH": f"{os.environ['PATH']}:{ROOT / '.setup' / 'node' / 'bin'}",
             "CHROME_PATH": "/usr/bin/chromium"},
    )  # fmt: skip
    categories = json.loads(told.stdout)["categories"]
    return {name: round(categories[name]["score"] * 100) for name in CATEGORIES}


@contextmanager
def _empty_page() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(EMPTY)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()

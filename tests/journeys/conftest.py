"""People who use the platform in a real browser, and what the journeys look at."""

import json
import threading
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Frame, Page, expect

from tests.media_factory import make_lesson
from tests.servers.platform import ROOT, RunningPlatform

# Who visits which platform: with both devices and both platforms in it, a journey is made twice and not four times.
VISITS = {"phone": "embedded", "desktop": "servers"}
# For journeys that are made on one device only, and for which the servers below are no matter.
ON_EMBEDDED_PARTS = pytest.mark.parametrize("platform", ["embedded"], indirect=True)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Choose the pairs of device and platform, and keep what shares a platform in one process.

    Two processes then start each platform once, side by side.
    """
    dropped = [item for item in items if not is_a_visit(item)]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if is_a_visit(item)]
    for item in items:
        needs = getattr(item, "fixturenames", ())
        if "platform" in needs and parameters(item).get("platform") == "embedded":
            item.add_marker(pytest.mark.xdist_group("embedded"))
        elif {"platform", "deployment"} & set(needs):
            item.add_marker(pytest.mark.xdist_group("servers"))


def is_a_visit(item: pytest.Item) -> bool:
    """Tell whether a test is no journey by a pair, names its platform itself, or is one of the pairs of VISITS."""
    chosen = parameters(item)
    if "device" not in chosen or "platform" not in chosen:
        return True
    if any("platform" in mark.args[0] for mark in item.iter_markers("parametrize")):
        return True
    return VISITS[str(chosen["device"])] == chosen["platform"]


def parameters(item: pytest.Item) -> dict[str, object]:
    chosen = getattr(item, "callspec", None)
    return dict(chosen.params) if chosen else {}


PASSWORD = "correct horse 7"
CANARY = "canary=1; SameSite=None; Secure; Path=/"
SCREENSHOTS = ROOT / "var" / "screenshots"
VIEWPORTS: dict[str, dict[str, Any]] = {
    "phone": {
        "viewport": {"width": 360, "height": 740},
        "has_touch": True,
        "is_mobile": True,
        "device_scale_factor": 2,
    },
    "desktop": {"viewport": {"width": 1280, "height": 800}},
}
CAPTIONS_ZH = """WEBVTT

00:00.000 --> 00:04.000
同学们好，今天我们学习抛物线。

00:08.000 --> 00:12.000
注意看，顶点在对称轴上，这叫做配方法。
"""
expect.set_options(timeout=15_000)


@pytest.fixture(params=list(VIEWPORTS))
def device(request: pytest.FixtureRequest) -> str:
    """The kind of device that a journey is made on."""
    return str(request.param)


@pytest.fixture
def visit(browser: Browser, platform: RunningPlatform, device: str) -> Iterator[Callable[..., Page]]:
    """Open the platform as a new person: visit(path, locale=..., dark=...) returns the page."""
    contexts: list[BrowserContext] = []

    def open_page(path: str = "/", *, locale: str = "en", dark: bool = False, **more: Any) -> Page:
        # Without the service worker, which hides requests from what watches a page; its own journey asks for it.
        context = browser.new_context(
            **{"service_workers": "block", **more},
            base_url=platform.url,
            locale=locale,
            color_scheme="dark" if dark else "light",
            **VIEWPORTS[device],
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "pageerror", lambda error: page.evaluate("text => { (window.eduErrors ??= []).push(text) }", str(error))
        )
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def shoot(device: str) -> Callable[[Page, str], None]:
    """Keep a screenshot of a page under var/screenshots, for people to look at."""

    def keep(page: Page, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(SCREENSHOTS / f"{name}-{device}.png"), full_page=False)

    return keep


class Account:
    """Somebody with an account on the platform, and a token for the API."""

    def __init__(self, platform: RunningPlatform, role: str) -> None:
        self.email = f"{role}-{uuid.uuid4().hex[:8]}@example.org"
        platform.manage("create_user", self.email, "--role", role, "--password-stdin", stdin=f"{PASSWORD}\n")
        self.token = platform.manage("create_token", self.email)


def sign_in(page: Page, email: str) -> None:
    """Sign in through the form and come back to where the page was."""
    back = page.url
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)
    page.goto(back)


PLAYBACK = """() => {
  const video = document.querySelector('edu-player video');
  return {
    time: video.currentTime,
    frames: video.getVideoPlaybackQuality().totalVideoFrames,
    audio: video.webkitAudioDecodedByteCount ?? 0,
    paused: video.paused,
  };
}"""


def assert_plays(page: Page | Frame, *, from_s: float = 0.0) -> None:
    """Assert that the picture advances and that sound was decoded, from a given second on."""
    page.wait_for_function("() => document.querySelector('edu-player video')?.readyState >= 2")
    page.evaluate("() => { const v = document.querySelector('edu-player video'); v.muted = true; return v.play(); }")
    before = page.evaluate(PLAYBACK)
    page.wait_for_function(
        """([time, frames]) => {
          const video = document.querySelector('edu-player video');
          return video.currentTime > time + 1
            && video.getVideoPlaybackQuality().totalVideoFrames > frames + 10
            && video.webkitAudioDecodedByteCount > 0;
        }""",
        arg=[max(before["time"], from_s), before["frames"]],
    )


@pytest.fixture(scope="session")
def creator(platform: RunningPlatform) -> Account:
    return Account(platform, "creator")


@pytest.fixture(scope="session")
def student(platform: RunningPlatform) -> Account:
    return Account(platform, "student")


def call(platform: RunningPlatform, method: str, path: str, *, token: str, body: object = None) -> dict[str, object]:
    """Call the API as a program and return its JSON."""
    request = urllib.request.Request(
        f"{platform.url}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        text = response.read()
    return dict(json.loads(text)) if text else {}


def import_lesson(platform: RunningPlatform, creator: Account, source: Path, *, title: str, wait: bool) -> str:
    return platform.manage(
        "import_video", str(source), "--title", title, "--subject", "mathematics", "--grade", "9", "--language", "zh",
        "--creator", creator.email, *(["--wait"] if wait else []),
    )  # fmt: skip


@pytest.fixture(scope="session")
def chinese_lesson(platform: RunningPlatform, creator: Account) -> str:
    """A published lesson in Chinese with captions; returns its id."""
    video_id = import_lesson(platform, creator, make_lesson(seconds=16), title="二次函数的图像", wait=True)
    call(platform, "PUT", f"/api/v1/videos/{video_id}/captions", token=creator.token,
         body={"language": "zh", "text": CAPTIONS_ZH})  # fmt: skip
    return video_id


@pytest.fixture(scope="session")
def short_lesson(platform: RunningPlatform, creator: Account) -> str:
    return import_lesson(platform, creator, make_lesson(seconds=8), title="一元一次方程", wait=True)


@pytest.fixture
def playlist(platform: RunningPlatform, creator: Account, chinese_lesson: str, short_lesson: str) -> Iterator[str]:
    """A published playlist of two lessons in two sections; returns its id."""
    made = call(platform, "POST", "/api/v1/playlists", token=creator.token,
                body={"title": "初三复习", "description": "函数与方程", "language": "zh"})  # fmt: skip
    path = f"/api/v1/playlists/{made['id']}"
    sections = [{"title": "函数", "videos": [chinese_lesson]}, {"title": "方程", "videos": [short_lesson]}]
    call(platform, "PUT", f"{path}/items", token=creator.token, body={"sections": sections})
    call(platform, "POST", f"{path}/publish", token=creator.token)
    yield str(made["id"])
    call(platform, "DELETE", path, token=creator.token)


def allow(platform: RunningPlatform, creator: Account, playlist: str, *domains: str) -> None:
    path = f"/api/v1/playlists/{playlist}/embedding"
    call(platform, "PUT", path, token=creator.token, body={"allowed_domains": list(domains)})


class SchoolSite:
    """A site with pages of its own on a port of the loopback."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.cookies: list[str | None] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.cookies.append(self.headers.get("Cookie"))
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                if self.path == "/set-canary":
                    self.send_header("Set-Cookie", CANARY)
                self.end_headers()
                self.wfile.write(site.pages.get(self.path, "<!doctype html><p>A page</p>").encode())

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def port(self) -> int:
        return self.server.server_port

    def show(self, code: str) -> str:
        """Put code into a page of the school and return the page's address."""
        path = f"/page-{len(self.pages)}"
        self.pages[path] = (
            "<!doctype html><html lang=en><meta name=viewport content='width=device-width'><title>Class 5b</title>"
            f"<body style='font-family:sans-serif;margin:12px'><h1>Class 5b</h1><p>Watch this at home.</p>{code}"
        )
        return f"http://localhost:{self.port}{path}"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)


@pytest.fixture
def school() -> Iterator[SchoolSite]:
    site = SchoolSite()
    yield site
    site.stop()


@pytest.fixture
def strict(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], tmp_path: Path, device: str, school: SchoolSite
) -> Iterator[BrowserContext]:
    """A browser of a student at the school, in which third-party cookies and storage are blocked, as the canary proves.

    Its profile says so (cookie_controls_mode 1).
    """
    profile = tmp_path / "profile"
    (profile / "Default").mkdir(parents=True)
    preferences = {"profile": {"cookie_controls_mode": 1, "block_third_party_cookies": True}}
    (profile / "Default" / "Preferences").write_text(json.dumps(preferences))
    context = browser_type.launch_persistent_context(str(profile), **browser_type_launch_args, **VIEWPORTS[device])
    context.set_default_timeout(20_000)
    page = context.new_page()
    framed = f"http://127.0.0.1:{school.port}/framed"
    page.goto(f"http://127.0.0.1:{school.port}/set-canary")
    page.goto(framed)
    assert school.cookies[-1] == "canary=1", "the browser keeps no cookie at all"
    page.goto(school.show(f"<iframe src='{framed}'></iframe>"))
    page.frame_locator("iframe").locator("p").wait_for()
    assert school.cookies[-1] is None, "third-party cookies are not blocked in this browser"
    page.close()
    yield context
    context.close()


def framed(page: Page) -> Frame:
    """Return the frame of a page of the school, once it shows something."""
    page.wait_for_function("() => document.querySelector('iframe') !== null")
    handle = page.locator("iframe").first.element_handle()
    assert handle
    frame = handle.content_frame()
    assert frame
    return frame

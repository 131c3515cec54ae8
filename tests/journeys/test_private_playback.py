"""What is not public, in a real browser: for whom it plays, how it goes on, and how soon it ends (DESIGN, rule 10)."""

import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Frame, Page, Route, expect

from tests.journeys.conftest import (
    ON_EMBEDDED_PARTS,
    Account,
    SchoolSite,
    allow,
    assert_plays,
    call,
    framed,
    import_lesson,
    sign_in,
)
from tests.media_factory import make_lesson
from tests.servers.platform import RunningPlatform
from tests.waiting import wait_until

# What a kind of device changes here is seen in the other journeys.
pytestmark = [
    pytest.mark.journey, pytest.mark.servers, pytest.mark.timeout(300), ON_EMBEDDED_PARTS,
    pytest.mark.parametrize("device", ["desktop"], indirect=True),
]  # fmt: skip

Visit = Callable[..., Page]
LENGTH_S = 60
FIRST_SEGMENTS = 6  # about half a minute
REMEMBERED_S = 5
WITHOUT_MEDIA_SOURCE = (
    "for (const name of ['MediaSource', 'ManagedMediaSource', 'WebKitMediaSource']) delete window[name];"
)
BEGIN = "() => { const v = document.querySelector('edu-player video'); v.muted = true; void v.play(); }"
SEEK = "(time) => { document.querySelector('edu-player video').currentTime = time; }"
TIME = "() => document.querySelector('edu-player video').currentTime"
GONE = "You may not watch this lesson on this page any more."


@pytest.fixture(scope="session")
def long_lesson(platform: RunningPlatform, creator: Account) -> str:
    return import_lesson(platform, creator, make_lesson(seconds=LENGTH_S, height=180), title="三角函数", wait=True)


@pytest.fixture
def show_to(platform: RunningPlatform, creator: Account, long_lesson: str) -> Iterator[Callable[..., None]]:
    """Change who may watch the lesson; in the end it is public again."""

    def change(visibility: str, **more: str) -> None:
        body = {"visibility": visibility, **more}
        call(platform, "PATCH", f"/api/v1/videos/{long_lesson}", token=creator.token, body=body)

    yield change
    call(platform, "POST", f"/api/v1/videos/{long_lesson}/publish", token=creator.token)
    change("public")


class Gate:
    """Holds back what a player fetches after the first segments until it is opened: players keep all of a short lesson."""

    def __init__(self, context: BrowserContext) -> None:
        self.is_open = False
        self.held: list[Route] = []
        context.route(re.compile(r"/seg_\d+\.m4s"), self.take)

    def take(self, route: Route) -> None:
        number = re.search(r"seg_(\d+)", route.request.url)
        if self.is_open or (number and int(number[1]) < FIRST_SEGMENTS):
            route.continue_()
        else:
            self.held.append(route)

    def open(self) -> None:
        self.is_open = True
        for route in self.held:
            route.continue_()
        self.held.clear()


def hls_url(page: Page | Frame) -> str:
    return str(page.evaluate("() => document.querySelector('edu-player').getAttribute('hls-url')"))


def status(platform: RunningPlatform, path: str) -> int:
    try:
        with urllib.request.urlopen(f"{platform.url}{path}", timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def assert_ended(platform: RunningPlatform, path: str) -> None:
    """Assert that an address is refused within seconds."""
    wait_until(lambda: status(platform, path) == 403, timeout_s=REMEMBERED_S + 2, message="the address is still open")


def assert_cut_off(platform: RunningPlatform, page: Page | Frame, path: str, gate: Gate) -> None:
    """Assert that an address is refused within seconds, and that the player, which waits for more of it, says so."""
    assert_ended(platform, path)
    gate.open()
    expect(page.locator(".player-problem")).to_contain_text(GONE)


def assert_goes_on(page: Page | Frame, *, from_s: float) -> None:
    """Assert that the picture is at a second, or goes on from there, and that no problem is told."""
    assert_plays(page, from_s=from_s)
    assert from_s <= page.evaluate(TIME) < from_s + 10
    expect(page.locator(".player-problem")).to_have_count(0)


def test_an_organizations_lesson_plays_for_its_members_until_they_leave(
    platform: RunningPlatform, creator: Account, student: Account, long_lesson: str, show_to: Callable[..., None],
    visit: Visit,
) -> None:  # fmt: skip
    organization = platform.manage("create_organization", "Elm Street School")
    platform.manage("add_member", creator.email, "--organization", organization, "--role", "manager")
    members = f"/api/v1/organizations/{organization}/members"
    call(platform, "POST", members, token=creator.token, body={"email": student.email})
    show_to("organization", organization=organization)

    stranger = visit(f"/watch/{long_lesson}")
    assert stranger.locator("edu-player").count() == 0
    page = visit("/")
    sign_in(page, student.email)
    gate = Gate(page.context)
    page.goto(f"/watch/{long_lesson}")
    assert_plays(page)
    path = hls_url(page)
    assert re.fullmatch(r"/media/s/[^/]+/assets/.+/master\.m3u8", path)
    stranger.goto(path)
    assert status(platform, path.replace("/s/", "/s/x", 1)) == 403, "any session will do"

    page.evaluate(SEEK, 45)
    call(platform, "DELETE", f"{members}?email={urllib.parse.quote(student.email)}", token=creator.token)
    assert_cut_off(platform, page, path, gate)
    page.get_by_role("button", name="Load the page again").click()
    expect(page.locator("h1")).to_have_text("Not found")


@pytest.mark.parametrize("way", ["hls.js", "native"])
def test_an_unlisted_lesson_goes_on_with_a_new_session_and_ends_with_publication(
    platform: RunningPlatform, creator: Account, long_lesson: str, show_to: Callable[..., None], visit: Visit, way: str
) -> None:
    show_to("unlisted")
    page = visit("/")
    if way == "native":
        page.context.add_init_script(WITHOUT_MEDIA_SOURCE)
    gate = Gate(page.context)
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(urllib.parse.urlsplit(request.url).path))

    def begin() -> None:
        page.goto(f"/watch/{long_lesson}?t=0")  # not where it stopped before
        page.wait_for_selector("edu-player[upgraded]")
        page.evaluate(BEGIN)  # the browser's own HLS loads nothing before
        assert_plays(page)

    begin()
    path = hls_url(page)
    source = str(page.evaluate("() => document.querySelector('edu-player video').currentSrc"))
    assert source.startswith(f"{platform.url}{path}" if way == "native" else "blob:")
    session, _, key = path.partition("assets/")
    its_own = [
        found for found in fetched if f"assets/{key.partition('/')[0]}/" in found
    ]  # others' stills are beside it
    assert its_own
    assert all(found.startswith(session) for found in its_own)

    # Whoever may still watch goes on by themselves when their session is ended.
    page.evaluate(SEEK, 45)
    show_to("public")
    show_to("unlisted")
    assert_ended(platform, path)
    gate.open()
    assert_goes_on(page, from_s=45)

    now = str(platform.get(f"/api/v1/videos/{long_lesson}")["playback"]["hls_url"])
    gate.is_open = False
    begin()
    page.evaluate(SEEK, 45)
    call(platform, "POST", f"/api/v1/videos/{long_lesson}/unpublish", token=creator.token)
    assert_cut_off(platform, page, hls_url(page), gate)
    assert_ended(platform, now)


def test_an_embed_only_lesson_goes_on_in_a_frame_without_cookies_by_loading_it_again(
    platform: RunningPlatform, creator: Account, long_lesson: str, show_to: Callable[..., None],
    strict: BrowserContext, school: SchoolSite,
) -> None:  # fmt: skip
    body = {"title": "课堂", "language": "zh"}
    playlist = str(call(platform, "POST", "/api/v1/playlists", token=creator.token, body=body)["id"])
    path = f"/api/v1/playlists/{playlist}"
    call(platform, "POST", f"{path}/items", token=creator.token, body={"videos": [long_lesson]})
    call(platform, "POST", f"{path}/publish", token=creator.token)
    show_to("embed")
    allow(platform, creator, playlist, f"localhost:{school.port}")
    page, gate = strict.new_page(), Gate(strict)
    page.goto(school.show(f"<iframe src='{platform.url}/embed/playlist/{playlist}' width=640 height=360></iframe>"))
    frame = framed(page)
    assert_plays(frame)
    before = hls_url(frame)

    frame.evaluate(SEEK, 45)
    allow(platform, creator, playlist, f"localhost:{school.port}", "*.example.org")  # ends the sessions of all frames
    assert_cut_off(platform, frame, before, gate)
    frame.get_by_role("button", name="Load the page again").click()
    frame.wait_for_url(re.compile(r"[?&]t=4\d"))
    assert_goes_on(frame, from_s=45)
    assert hls_url(frame) != before

    gate.is_open = False
    frame.goto(frame.url.replace("t=45", "t=0"))
    assert_plays(frame)
    frame.evaluate(SEEK, 45)
    allow(platform, creator, playlist, "school.example.org")
    assert_cut_off(platform, frame, hls_url(frame), gate)
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        frame.get_by_role("button", name="Load the page again").click()

"""A school's own site shows lessons and playlists of ours in frames, in a browser that keeps no third-party cookies.

The school's pages come from localhost and the platform from 127.0.0.1: two sites, as browsers tell them apart.
"""

import html
import json
import re
import urllib.parse
import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.conftest import (
    Account,
    SchoolSite,
    allow,
    assert_plays,
    call,
    framed,
    sign_in,
)
from tests.servers.platform import RunningPlatform

pytestmark = [pytest.mark.journey, pytest.mark.servers, pytest.mark.timeout(300)]

Visit = Callable[..., Page]
Shoot = Callable[[Page, str], None]


def code_of(page: Page) -> str:
    """Return the code that a page of ours offers to copy."""
    return page.locator("#share-code").input_value()


def oembed_code(platform: RunningPlatform, path: str) -> str:
    """Return the code that a content system makes of a pasted address: discovery, then oEmbed."""
    with urllib.request.urlopen(f"{platform.url}{path}", timeout=30) as page:
        head = page.read().decode().partition("</head>")[0]
    found = re.search(r'type="application/json\+oembed" href="([^"]+)"', head)
    assert found
    with urllib.request.urlopen(f"{html.unescape(found[1])}&maxwidth=320", timeout=30) as answer:
        fields = json.load(answer)
    assert (fields["width"], fields["height"]) == (320, 180)
    return str(fields["html"])


def test_a_schools_page_plays_a_lesson_and_a_playlist_without_cookies(
    platform: RunningPlatform, chinese_lesson: str, playlist: str, visit: Visit, strict: BrowserContext,
    school: SchoolSite, shoot: Shoot,
) -> None:  # fmt: skip
    page = strict.new_page()
    with_cookies: list[str] = []
    strict.on(
        "response", lambda response: with_cookies.append(response.url) if response.headers.get("set-cookie") else None
    )
    for name, path in (("video", f"/watch/{chinese_lesson}"), ("playlist", f"/playlist/{playlist}")):
        for code in (code_of(visit(path)), oembed_code(platform, path)):
            page.goto(school.show(code))
            assert_plays(framed(page))
        shoot(page, f"embed-{name}")
        width = page.evaluate("() => document.querySelector('iframe').getBoundingClientRect().right")
        assert width <= page.evaluate("() => innerWidth"), "the frame is wider than the school's page"
    assert with_cookies == []
    assert [cookie for cookie in strict.cookies() if cookie["name"] != "canary"] == []


def test_a_playlist_in_a_frame_goes_on_by_itself_and_by_its_list(
    playlist: str, short_lesson: str, chinese_lesson: str, visit: Visit, strict: BrowserContext, school: SchoolSite,
    device: str,
) -> None:  # fmt: skip
    page = strict.new_page()
    page.goto(school.show(code_of(visit(f"/playlist/{playlist}"))))
    frame = framed(page)
    assert_plays(frame)
    frame.evaluate("() => { const v = document.querySelector('edu-player video'); v.currentTime = v.duration - 0.5; }")
    expect(page.frame_locator("iframe").locator("edu-next [role=status]")).to_contain_text("一元一次方程")
    frame.wait_for_url(re.compile(rf"video={short_lesson}"))
    expect(page.frame_locator("iframe").locator("h1")).to_contain_text("一元一次方程")
    assert_plays(frame)
    assert "play=" not in frame.evaluate("() => location.search")
    if device == "phone":
        page.frame_locator("iframe").locator(".frame-open").click()
    page.frame_locator("iframe").get_by_role("link", name="二次函数的图像").last.click()
    frame.wait_for_url(re.compile(rf"video={chinese_lesson}"))
    assert_plays(frame)


def test_the_browser_refuses_sites_that_are_not_listed(
    platform: RunningPlatform, creator: Account, playlist: str, visit: Visit, strict: BrowserContext, school: SchoolSite
) -> None:
    code = code_of(visit(f"/playlist/{playlist}"))
    allow(platform, creator, playlist, f"localhost:{school.port}", "*.example.org")
    page = strict.new_page()
    page.goto(school.show(code))
    assert_plays(framed(page))

    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    allow(platform, creator, playlist, "school.example.org", f"localhost:{school.port - 1}")
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.goto(school.show(code))
    assert framed(page).url.startswith("chrome-error:")

    # Our own host is never locked out: the studio's preview shows it.
    studio = visit("/")
    sign_in(studio, creator.email)
    studio.goto(f"/studio/playlists/{playlist}")
    studio.get_by_role("link", name="Preview").click()
    assert_plays(framed(studio))


def test_an_embed_only_lesson_plays_in_listed_frames_and_nowhere_else(
    platform: RunningPlatform, creator: Account, playlist: str, short_lesson: str, visit: Visit,
    strict: BrowserContext, school: SchoolSite,
) -> None:  # fmt: skip
    video = f"/api/v1/videos/{short_lesson}"
    code = code_of(visit(f"/playlist/{playlist}")).replace(f"/{playlist}", f"/{playlist}?video={short_lesson}")
    call(platform, "PATCH", video, token=creator.token, body={"visibility": "embed"})
    try:
        allow(platform, creator, playlist, f"localhost:{school.port}")
        page = strict.new_page()
        page.goto(school.show(code))
        frame = framed(page)
        assert_plays(frame)
        assert "/media/s/" in str(frame.evaluate("() => document.querySelector('edu-player').getAttribute('hls-url')"))
        frame.wait_for_function("() => document.querySelector('edu-player').danmakuIsLive === true")
        frame.evaluate("() => { document.querySelector('edu-player video').loop = true; }")
        call(platform, "POST", f"{video}/danmaku", token=creator.token, body={"position_ms": 2000, "text": "看这里"})
        frame.wait_for_function("() => document.querySelector('edu-player').danmakuVisible() > 0")

        address = urllib.parse.urlsplit(frame.url)
        page.goto(f"{platform.url}{address.path}?video={short_lesson}")
        expect(page.locator("h1")).to_have_text("This lesson is shown only inside the pages of its school")
        for path in (f"/watch/{short_lesson}", f"/embed/video/{short_lesson}"):
            page.goto(f"{platform.url}{path}")
            assert page.locator("edu-player").count() == 0
        page.goto(f"{platform.url}/playlist/{playlist}")
        expect(page.locator("main")).not_to_contain_text("一元一次方程")

        allow(platform, creator, playlist, "school.example.org")
        with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            page.goto(school.show(code))
    finally:
        call(platform, "PATCH", video, token=creator.token, body={"visibility": "public"})


def test_a_playlist_is_watched_lesson_after_lesson(
    playlist: str, chinese_lesson: str, short_lesson: str, visit: Visit, shoot: Shoot
) -> None:
    page = visit(f"/playlist/{playlist}")
    shoot(page, "playlist")
    page.get_by_role("link", name="Play all").click()
    page.wait_for_url(re.compile(f"/watch/{chinese_lesson}"))
    assert_plays(page)
    expect(page.locator(".list-strip")).to_contain_text("Lesson 1 of 2")
    shoot(page, "watch-playlist")
    end = "() => { const v = document.querySelector('edu-player video'); v.currentTime = v.duration - 0.5; void v.play(); }"
    page.evaluate(end)
    page.get_by_role("button", name="Stay here").click()
    page.get_by_role("switch", name="Autoplay").uncheck()
    page.evaluate(end)
    page.wait_for_function("() => document.querySelector('edu-player video').ended")
    assert page.evaluate("() => document.querySelector('edu-next').isWaiting") is False
    page.get_by_role("switch", name="Autoplay").check()
    page.evaluate(end)
    expect(page.locator("edu-next [role=status]")).to_contain_text("一元一次方程")
    page.get_by_role("link", name="Play now").click()
    page.wait_for_url(re.compile(f"/watch/{short_lesson}"))
    assert_plays(page)
    expect(page.locator(".list-strip")).to_contain_text("Lesson 2 of 2")
    page.get_by_role("link", name="Previous").click()
    page.wait_for_url(re.compile(f"/watch/{chinese_lesson}"))


def test_a_creator_makes_and_orders_a_playlist_in_the_studio(
    platform: RunningPlatform, creator: Account, chinese_lesson: str, short_lesson: str, visit: Visit, shoot: Shoot,
    device: str,
) -> None:  # fmt: skip
    page = visit("/studio/playlists")
    sign_in(page, creator.email)
    page.get_by_label("Title").fill(f"Revision {device}")
    page.get_by_role("button", name="Make the playlist").click()
    page.get_by_label("二次函数的图像").check()
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_label("Link of a lesson").fill(f"{platform.url}/watch/{short_lesson}")
    page.get_by_role("button", name="Add", exact=True).click()
    items = page.locator(".arranged-item h3")
    expect(items).to_have_text(["二次函数的图像", "一元一次方程"])
    page.get_by_label("Another section").fill("Later")
    page.get_by_role("button", name="Add the section").click()
    expect(page.locator(".arranged-section")).to_have_count(2)
    last = page.locator(".arranged-section").last

    def is_saved() -> None:
        page.wait_for_function("() => document.querySelector('edu-playlist-editor').isSaved")

    page.get_by_role("button", name="Move 一元一次方程 up").click()
    expect(items).to_have_text(["一元一次方程", "二次函数的图像"])
    expect(page.get_by_role("button", name="Move 一元一次方程 up")).to_be_focused()
    is_saved()
    if device == "desktop":
        page.locator(".arranged").evaluate("element => element.scrollIntoView({block: 'center', behavior: 'instant'})")
        page.locator(".arranged-item .drag-handle").first.hover()  # waits until nothing moves any more
        target = last.locator(".arranged-items").bounding_box()
        assert target
        page.mouse.down()
        page.mouse.move(target["x"] + 60, target["y"] + 10, steps=12)
        page.mouse.move(target["x"] + 60, target["y"] + 20, steps=3)
        page.mouse.up()
    else:
        for _ in range(2):
            page.get_by_role("button", name="Move 一元一次方程 down").click()
    expect(last.locator("h3")).to_have_text(["一元一次方程"])
    is_saved()
    page.reload()
    expect(last.locator("h3")).to_have_text(["一元一次方程"])
    shoot(page, "studio-playlist")
    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_role("button", name="Unpublish").wait_for()
    page.get_by_label("Sites that may show this playlist").fill("school.example.org\nno domain/at all")
    page.locator("#embed form button").click()
    expect(page.locator("#embed .field-error")).to_contain_text("Line 2")
    page.get_by_label("Sites that may show this playlist").fill("school.example.org")
    page.locator("#embed form button").click()
    expect(page.get_by_label("Sites that may show this playlist")).to_have_value("school.example.org")
    shoot(page, "studio-embed")
    page.locator("details.share summary").filter(has_text="Delete").click()
    page.get_by_role("button", name="Delete the playlist").click()
    page.wait_for_url(re.compile(r"/studio/playlists$"))
    expect(page.locator("main")).not_to_contain_text(f"Revision {device}")

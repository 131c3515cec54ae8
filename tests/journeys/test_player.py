"""What a viewer does with the player: two captions at once, a part that repeats, a wide picture, a lost network."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import CAPTIONS_ZH, Account, assert_plays, call, import_lesson
from tests.media_factory import make_lesson
from tests.servers.platform import RunningPlatform

pytestmark = [pytest.mark.journey, pytest.mark.servers, pytest.mark.timeout(300)]

CAPTIONS_EN = """WEBVTT

00:00.000 --> 00:04.000
Hello, today we learn about parabolas.

00:08.000 --> 00:12.000
The vertex lies on the axis of symmetry.

00:20.000 --> 00:24.000
Plot each point, then join them.
"""
KEEP_SAVING = (
    "localStorage.setItem('eduvideo-player', JSON.stringify({ saver: true, captions: true, captionLanguages: ['en'] }))"
)
# Counts how often it goes back, and how far it comes before that.
WATCH_LOOP = """() => {
  const video = document.querySelector('edu-player video');
  window.looped = { times: 0, furthest: 0 };
  video.addEventListener('seeked', () => { window.looped.times += 1; });
  video.addEventListener('timeupdate', () => { window.looped.furthest = Math.max(window.looped.furthest, video.currentTime); });
}"""
LINE_IN_SIGHT = """text => {
  const list = document.querySelector('.transcript ol').getBoundingClientRect();
  const line = document.querySelector('.transcript [aria-current]');
  const box = line?.getBoundingClientRect();
  return Boolean(line?.textContent.includes(text) && box.top >= list.top && box.bottom <= list.bottom);
}"""


@pytest.fixture(scope="module")
def lesson(platform: RunningPlatform, creator: Account) -> str:
    """A lesson in Chinese with captions in two languages; returns its id."""
    video_id = import_lesson(platform, creator, make_lesson(seconds=30), title="抛物线", wait=True)
    for language, text in (("zh", CAPTIONS_ZH), ("en", CAPTIONS_EN)):
        call(platform, "PUT", f"/api/v1/videos/{video_id}/captions", token=creator.token,
             body={"language": language, "text": text})  # fmt: skip
    return video_id


def seek(page: Page, seconds: float) -> None:
    page.evaluate("s => { document.querySelector('edu-player video').currentTime = s; }", seconds)
    page.wait_for_function(
        "s => { const v = document.querySelector('edu-player video'); return !v.seeking; }", arg=seconds
    )


def test_a_viewer_has_two_captions_a_slow_loop_and_a_wide_picture(
    lesson: str, visit: Callable[..., Page], shoot: Callable[[Page, str], None], device: str
) -> None:
    page = visit(f"/watch/{lesson}", dark=device == "phone")
    assert_plays(page)
    page.keyboard.press("k")
    seek(page, 9)
    page.locator(".bar-settings").click()
    panel = page.locator("#player-panel")
    panel.get_by_role("radiogroup", name="Captions", exact=True).get_by_role("radio", name="English").check()
    panel.get_by_role("radiogroup", name="Second captions").get_by_role("radio", name="中文").check()
    panel.get_by_text("Look of captions").click()
    panel.get_by_role("radio", name="125%").check()
    expect(panel.locator(".caption-sample")).to_be_visible()
    shoot(page, "player-captions-panel")
    panel.get_by_role("radio", name="0.25×").check()
    page.keyboard.press("Escape")
    english, chinese = page.locator(".caption-layer p[lang=en]"), page.locator(".caption-layer p[lang=zh]")
    expect(english).to_contain_text("axis of symmetry")
    expect(chinese).to_contain_text("对称轴")
    upper, lower = english.bounding_box(), chinese.bounding_box()
    assert upper and lower and upper["y"] + upper["height"] <= lower["y"]
    shoot(page, "player-two-captions")

    for time, key in ((5, "["), (6, "]")):
        seek(page, time)
        page.keyboard.press(key)
        expect(page.locator(".loop-marks")).to_be_visible()
    page.evaluate(WATCH_LOOP)
    page.keyboard.press(">")  # 0.5×
    page.keyboard.press("k")
    shoot(page, "player-loop")
    page.wait_for_function("() => window.looped.times >= 2")
    page.keyboard.press("k")  # a pause and a look elsewhere do not end it
    seek(page, 20)
    page.keyboard.press("k")
    page.wait_for_function("() => document.querySelector('edu-player video').currentTime < 7")
    assert page.evaluate("() => window.looped.furthest") <= 20.5
    page.keyboard.press("\\")
    expect(page.locator(".loop-marks")).to_be_hidden()

    page.evaluate("() => { document.querySelector('edu-player video').volume = 0.5; }")
    page.keyboard.press("m")  # sound on again, as loud as that
    page.keyboard.press("t")
    page.keyboard.press("?")
    expect(page.locator(".key-help")).to_contain_text("Repeat from here")
    shoot(page, "player-keys")
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_selector("edu-player[upgraded]")
    assert page.evaluate(
        "() => { const { volume, muted } = document.querySelector('edu-player video'); return [volume, muted]; }"
    ) == [0.5, False]
    box = page.locator("edu-player").bounding_box()
    assert box and (box["width"] == page.evaluate("() => document.documentElement.clientWidth"))  # theatre is kept
    assert_plays(page)
    seek(page, 1)
    expect(page.locator(".caption-layer p")).to_have_count(2)
    assert page.evaluate("() => document.querySelector('edu-player video').playbackRate") == 0.5
    shoot(page, "player-theatre")


def test_a_lesson_goes_on_by_itself_after_an_outage_and_its_transcript_follows(
    lesson: str, visit: Callable[..., Page], shoot: Callable[[Page, str], None], device: str
) -> None:
    page = visit("/")
    page.evaluate(KEEP_SAVING)  # little is loaded ahead then, and nothing before somebody is there
    page.goto(f"/watch/{lesson}")
    page.locator(".player-start").click()
    assert_plays(page)
    page.context.set_offline(True)
    page.evaluate("() => { document.querySelector('edu-player video').playbackRate = 3; }")
    expect(page.locator(".player-away")).to_contain_text("You are offline")
    page.wait_for_function("() => document.querySelector('edu-player video').readyState < 3")
    shoot(page, "player-offline")
    page.context.set_offline(False)
    page.wait_for_function("() => document.querySelector('edu-player video').currentTime > 25")
    expect(page.locator(".player-away")).to_have_count(0)

    if device == "phone":
        page.get_by_role("button", name="Transcript").click()
    else:
        page.locator("details.transcript summary").click()
    page.get_by_role("combobox", name="Language of the transcript").select_option("en")
    seek(page, 21)
    page.wait_for_function(LINE_IN_SIGHT, arg="Plot each point")
    page.get_by_role("searchbox", name="Find in the transcript").fill("VERTEX")
    expect(page.locator(".transcript li:visible")).to_have_count(1)
    shoot(page, "player-transcript")
    page.locator(".transcript li:visible a").click()
    page.wait_for_function("() => Math.abs(document.querySelector('edu-player video').currentTime - 8) < 3")

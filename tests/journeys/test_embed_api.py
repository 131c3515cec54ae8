"""A school's page works the player in our frame by messages, as docs/embedding.md says; other windows cannot."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Frame, Page, expect

from tests.journeys.conftest import SchoolSite, assert_plays, framed
from tests.servers.platform import RunningPlatform

pytestmark = [pytest.mark.journey, pytest.mark.servers, pytest.mark.timeout(300)]

Visit = Callable[..., Page]
Shoot = Callable[[Page, str], None]

SCRIPT = """<script src="{url}/embed/eduvideo.js"></script><script>
  const heard = [];
  const player = EduVideo.player("#lesson");
  for (const name of ["ready", "item", "play", "pause", "ended", "seeked", "ratechange", "volumechange", "captions", "error"]) {{
    player.addEventListener(name, (event) => heard.push([name, event.detail]));
  }}
</script>"""
STRANGER = """<!doctype html><title>An advertisement</title><script>
  for (const message of [{eduvideo: 1, type: "hello"}, {eduvideo: 1, type: "play", id: 1}, {eduvideo: 1, type: "seek", value: 0}]) {
    parent.frames[0].postMessage(message, "*");
  }
  addEventListener("message", () => { document.title = "It answered"; });
</script>"""


def school_page(platform: RunningPlatform, school: SchoolSite, path: str) -> str:
    """Return a page of the school that holds our frame and works it, beside the frame of a stranger."""
    school.pages["/stranger"] = STRANGER
    code = (
        f'<iframe id="lesson" src="{platform.url}{path}" title="Lesson" allow="autoplay; fullscreen" '
        'style="border:0;width:100%;aspect-ratio:16/9"></iframe>'
    )
    return school.show(code + SCRIPT.format(url=platform.url))


def in_frame(frame: Frame, what: str) -> Any:
    return frame.evaluate(f"() => document.querySelector('edu-player video').{what}")


def test_a_schools_page_plays_seeks_and_hears(
    platform: RunningPlatform, chinese_lesson: str, strict: BrowserContext, school: SchoolSite, shoot: Shoot
) -> None:
    page = strict.new_page()
    page.goto(school_page(platform, school, f"/embed/video/{chinese_lesson}?t=3&muted=1&captions=zh&lang=zh"))
    ready = page.evaluate("() => player.ready")
    assert (ready["version"], ready["id"], ready["title"]) == (1, chinese_lesson, "二次函数的图像")
    assert (ready["positionMs"], ready["isMuted"], ready["captionLanguages"]) == (3000, True, ["zh"])
    frame = framed(page)
    page.evaluate("() => player.play()")
    assert_plays(frame, from_s=3)
    page.evaluate("async () => { await player.pause(); await player.seek(9000); await player.setRate(1.5); }")
    page.wait_for_function("() => heard.some(([name, {positionMs}]) => name === 'seeked' && positionMs === 9000)")
    state = page.evaluate("() => player.getState()")
    assert (state["isPaused"], state["rate"], state["captions"]) == (True, 1.5, "zh")
    shoot(page, "embed-api")

    # A stranger's frame in the same page says the same, and is not heard.
    page.evaluate(
        f"""() => new Promise((loaded) => {{
          const ad = document.createElement("iframe");
          ad.src = "http://127.0.0.1:{school.port}/stranger";
          ad.onload = loaded;
          document.body.append(ad);
        }})"""
    )
    page.evaluate("() => player.getState()")  # what came before it has been heard by now
    assert (in_frame(frame, "paused"), in_frame(frame, "currentTime")) == (True, 9)
    assert page.frames[-1].title() == "An advertisement"

    refused = "(ask) => ask().then(() => 'done', ({code}) => code)"
    assert page.evaluate(f"() => ({refused})(() => player.setCaptions('fr'))") == "not-offered"
    assert page.evaluate(f"() => ({refused})(() => player.setRate(99))") == "bad-value"
    names = page.evaluate("() => [...new Set(heard.map(([name]) => name))]")
    assert {"ready", "play", "pause", "seeked", "ratechange", "captions"} <= set(names)
    assert "error" not in names
    assert [cookie for cookie in strict.cookies() if cookie["name"] != "canary"] == []


def test_a_playlist_in_a_frame_tells_each_lesson(
    platform: RunningPlatform, playlist: str, chinese_lesson: str, short_lesson: str, strict: BrowserContext,
    school: SchoolSite,
) -> None:  # fmt: skip
    page = strict.new_page()
    page.goto(school_page(platform, school, f"/embed/playlist/{playlist}?muted=1&danmaku=0"))
    items = "() => heard.filter(([name]) => name === 'item').map(([, {id, number, total}]) => [id, number, total])"
    page.evaluate("() => player.ready")
    page.wait_for_function(f"() => ({items})().length === 1")
    assert page.evaluate(items) == [[chinese_lesson, 1, 2]]
    page.evaluate("() => player.next()")
    page.wait_for_function(f"() => ({items})().length === 2")
    assert page.evaluate(items)[1] == [short_lesson, 2, 2]
    page.wait_for_function("async () => !(await player.getState()).isPaused")  # the next one plays on
    state = page.evaluate("() => player.getState()")
    assert (state["id"], state["isMuted"], state["danmaku"]) == (short_lesson, True, None)
    assert page.evaluate("() => player.next().catch(({code}) => code)") == "not-offered"


def test_a_frame_without_a_lesson_says_so(
    platform: RunningPlatform, strict: BrowserContext, school: SchoolSite, shoot: Shoot
) -> None:
    page = strict.new_page()
    page.goto(school_page(platform, school, "/embed/video/none"))
    assert page.evaluate("() => player.ready.catch(({code}) => code)") == "unavailable"
    expect(page.frame_locator("#lesson").get_by_role("link", name="Search on EduVideo")).to_be_visible()
    shoot(page, "embed-problem")


def test_the_code_follows_what_is_chosen_and_shows_it(
    platform: RunningPlatform, chinese_lesson: str, visit: Visit, shoot: Shoot
) -> None:
    page = visit(f"/watch/{chinese_lesson}")
    page.get_by_text("Share and embed").click()
    panel = page.locator("edu-embed-code")
    panel.get_by_label("Begin at").fill("0:05")
    panel.get_by_label("Danmaku").uncheck()
    panel.get_by_label("Begins by itself").check()
    panel.get_by_label("Captions").select_option("zh")
    query = "t=5&autoplay=1&muted=1&danmaku=0&captions=zh"
    code = panel.locator("textarea").input_value()
    assert f'src="{platform.url}/embed/video/{chinese_lesson}?{query}"' in code.replace("&amp;", "&")
    assert panel.locator("iframe").count() == 0
    panel.get_by_role("link", name="Preview").click()
    frame = framed(page)
    frame.wait_for_function("() => document.querySelector('edu-player video')?.currentTime > 5")
    panel.locator("iframe").scroll_into_view_if_needed()
    shoot(page, "embed-code")

"""The main job in a real browser, on a phone and on a desktop: upload, transcode, publish, find, watch with danmaku."""

import re
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from tests.journeys.conftest import PLAYBACK, Account, assert_plays, call, import_lesson, sign_in
from tests.media_factory import make_lesson
from tests.servers.platform import RunningPlatform
from tests.waiting import wait_until

pytestmark = [pytest.mark.journey, pytest.mark.servers, pytest.mark.timeout(300)]

Visit = Callable[..., Page]
Shoot = Callable[[Page, str], None]


def keeps_place(request: Request, *, from_ms: int) -> bool:
    """Tell whether a request keeps a viewer's place at a given millisecond or after it."""
    if request.method != "PUT" or not request.url.endswith("/progress"):
        return False
    return bool(request.post_data_json["position_ms"] >= from_ms)


def test_a_lesson_plays_before_its_encode_has_ended(
    platform: RunningPlatform, creator: Account, visit: Visit, shoot: Shoot, device: str
) -> None:
    source = make_lesson(seconds=120, height=720)
    video_id = import_lesson(platform, creator, source, title=f"Early {device}", wait=False)

    def state() -> str:
        return str(platform.get(f"/api/v1/videos/{video_id}", token=creator.token)["processing"]["state"])

    wait_until(lambda: state() == "playable", timeout_s=90, message="the lesson did not become playable")
    page = visit(f"/watch/{video_id}")
    assert_plays(page)
    assert state() == "playable", "the encode had ended before the picture was seen to advance; use a longer lesson"
    shoot(page, "watch-early")
    call(platform, "DELETE", f"/api/v1/videos/{video_id}", token=creator.token)


def test_danmaku_written_in_one_window_flies_in_another(
    student: Account, creator: Account, chinese_lesson: str, visit: Visit, shoot: Shoot, device: str
) -> None:
    text = f"这里好难 from {device}"
    writer, watcher = visit(f"/watch/{chinese_lesson}"), visit(f"/watch/{chinese_lesson}", dark=True)
    sign_in(writer, student.email)
    for page in (watcher, writer):
        assert_plays(page)
        page.evaluate("() => { document.querySelector('edu-player video').loop = true; }")  # on a slow machine too
    watcher.wait_for_function("() => document.querySelector('edu-player').danmakuIsLive === true")
    field = writer.locator("edu-danmaku-form input[name=text]")
    field.fill(text)
    field.press("Enter")
    expect(watcher.locator("edu-danmaku-list")).to_contain_text(text)
    expect(writer.locator("edu-danmaku-list")).to_contain_text(text)
    watcher.wait_for_function("() => document.querySelector('edu-player').danmakuVisible() > 0")  # its turn may come
    watcher.mouse.move(0, 0)
    watcher.wait_for_selector("media-controller[userinactive]")
    # The controls have gone; what flies is still seen.
    assert watcher.evaluate("() => getComputedStyle(document.querySelector('.danmaku-layer')).opacity") == "1"
    shoot(watcher, "watch-danmaku-dark")
    shoot(writer, "watch-danmaku")
    writer.locator(".form-undo").click()
    for page in (watcher, writer):
        expect(page.locator("edu-danmaku-list")).not_to_contain_text(text)

    # A question that is answered becomes an entry of the study guide.
    question, answer = f"顶点在哪里 {device}", f"在对称轴上 {device}"
    writer.locator("edu-danmaku-form select[name=kind]").select_option("question")
    field.fill(question)
    field.press("Enter")
    expect(watcher.locator("edu-danmaku-list")).to_contain_text(question)
    sign_in(watcher, creator.email)
    if device == "phone":
        watcher.locator("edu-tabs button[data-part=danmaku]").click()
    watcher.get_by_role("button", name=f"More about “{question}”").click()
    shoot(watcher, "watch-danmaku-menu")
    watcher.locator("edu-danmaku-menu").get_by_role("button", name="Answer").click()
    watcher.keyboard.type(answer)
    shoot(watcher, "watch-danmaku-answer")
    watcher.keyboard.press("Enter")
    expect(writer.locator("edu-danmaku-list")).to_contain_text(answer)
    writer.reload()
    entry = writer.locator(".guide details", has_text=question)
    expect(entry).to_contain_text(answer)
    assert_plays(writer)

    # Who comes back goes on where they stopped: found at home, and on the lesson's page itself.
    # By way of the third second: a place within a second of the one that was kept last is no news.
    with writer.expect_response(lambda answer: keeps_place(answer.request, from_ms=10_000)):
        writer.evaluate("""async () => {
          const video = document.querySelector('edu-player video');
          for (const seconds of [3, 10]) {
            video.pause();
            video.currentTime = seconds;
            await video.play();
            const paused = new Promise((resolve) => video.addEventListener('pause', resolve, { once: true }));
            video.pause();
            await paused;
          }
        }""")
    writer.goto("/")
    begun = writer.locator(f"section:has(#begun) a.card-link[href='/watch/{chinese_lesson}']")
    expect(begun.locator("progress")).to_be_visible()
    shoot(writer, "home-begun")
    begun.click()
    expect(writer.locator(".player-resume")).to_contain_text("0:10")
    shoot(writer, "watch-resumed")
    assert_plays(writer, from_s=10.0)


def test_what_a_viewer_sets_in_the_player_stays(chinese_lesson: str, visit: Visit, shoot: Shoot, device: str) -> None:
    page = visit(f"/watch/{chinese_lesson}", locale="zh-CN")
    assert_plays(page)
    if device == "phone":
        page.wait_for_selector("media-controller[userinactive]")
        page.locator("edu-player video").tap()  # brings the controls back and presses none of them
        assert not page.evaluate(PLAYBACK)["paused"]
    page.locator(".bar-danmaku").click()
    page.locator(".bar-captions").click()
    page.locator(".bar-settings").click()
    panel = page.locator("#player-panel")
    expect(panel).to_be_in_viewport(ratio=0.95)
    shoot(page, "watch-settings")
    panel.get_by_role("radio", name="1.5×").check()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    choose_danmaku(page, device, shoot)

    page.reload()
    page.wait_for_selector("edu-player[upgraded]")
    assert_plays(page)
    now = page.evaluate("""() => {
      const video = document.querySelector('edu-player video');
      const captions = [...video.textTracks].filter((track) => track.kind === 'captions');
      return [video.playbackRate, captions.map((track) => track.mode), document.querySelector('edu-player').danmakuVisible()];
    }""")
    assert now == [1.5, ["showing"], 0]
    expect(page.locator(".bar-danmaku")).to_have_attribute("aria-pressed", "false")
    assert page.locator("media-play-button").first.get_attribute("aria-label") in {"播放", "暂停"}
    page.keyboard.press("d")
    expect(page.locator(".bar-danmaku")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(OVERLAY) == {"opacity": "0.5", "height": pytest.approx(0.25, abs=0.1)}


OVERLAY = """() => {
  const canvas = document.querySelector('.danmaku-layer canvas');
  return { opacity: canvas.style.opacity, height: canvas.clientHeight / canvas.parentElement.clientHeight };
}"""


def choose_danmaku(page: Page, device: str, shoot: Shoot) -> None:
    """Let danmaku be half transparent in the upper quarter; the panel leaves a phone's picture free."""
    button = page.locator(".bar-danmaku-settings")
    button.scroll_into_view_if_needed()  # a scroll that comes after the press would close the panel
    button.click()
    panel = page.locator("#danmaku-panel")
    panel.get_by_role("slider", name="不透明度").fill("0.5")
    panel.get_by_role("radio", name="¼").check()
    panel.get_by_role("textbox", name="要屏蔽的词").fill("剧透")
    panel.get_by_role("button", name="添加").click()
    expect(panel.get_by_role("listitem")).to_contain_text("剧透")
    shoot(page, "watch-danmaku-settings")
    box, picture = panel.bounding_box(), page.locator("edu-player").bounding_box()
    assert box and picture
    assert device != "phone" or box["y"] >= picture["y"] + picture["height"] - 1
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_the_parts_of_a_lesson_are_tabs_on_a_phone(
    chinese_lesson: str, visit: Visit, shoot: Shoot, device: str
) -> None:
    page = visit(f"/watch/{chinese_lesson}")
    page.wait_for_selector("edu-player[upgraded]")
    transcript = page.locator("details.transcript li").first
    if device == "phone":
        expect(page.locator(".about")).to_be_visible()
        expect(transcript).to_be_hidden()
        page.get_by_role("button", name="Transcript").click()
        expect(page.locator(".about")).to_be_hidden()
    else:
        expect(page.locator("edu-tabs")).to_be_hidden()
        page.locator("details.transcript summary").click()
    expect(transcript).to_be_visible()
    shoot(page, "watch-transcript")
    transcript.locator("a").click()
    page.wait_for_function("() => !document.querySelector('edu-player video').paused")


def test_a_creator_uploads_with_a_cut_network_publishes_and_deletes(
    platform: RunningPlatform, visit: Visit, shoot: Shoot, device: str, tmp_path: Path
) -> None:
    page = visit("/accounts/signup/")
    email = f"new-{uuid.uuid4().hex[:8]}@example.org"
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password1]").fill("correct horse 7")
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/(\?.*)?$"))
    page.goto("/accounts/me")
    page.get_by_role("button", name="I teach").click()

    source = tmp_path / "牛顿 第二定律 🚀.mp4"
    source.write_bytes(make_lesson(seconds=10, height=720, bitrate_kbps=8000).read_bytes())
    page.goto("/studio")
    page.locator("edu-new-lesson button[type=submit]").click()
    expect(page.locator("edu-new-lesson input[type=file]")).to_be_focused()  # what is wrong is in sight
    page.locator("edu-new-lesson input[name=title]").fill(f"Newton's second law {device}")
    page.locator("edu-new-lesson textarea[name=description]").fill("Force, mass and acceleration")
    page.locator("edu-new-lesson select[name=subject]").select_option("physics")
    page.locator("edu-new-lesson select[name=grade]").select_option("10")
    page.locator("edu-new-lesson select[name=language]").select_option("en")
    page.locator("edu-new-lesson input[type=file]").set_input_files(str(source))
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")

    def limit(bytes_per_s: int, *, offline: bool) -> None:
        network.send(
            "Network.emulateNetworkConditions",
            {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_s},
        )

    limit(3_000_000, offline=False)
    page.locator("edu-new-lesson button[type=submit]").click()
    page.wait_for_function("() => (document.querySelector('edu-upload')?.sentBytes ?? 0) > 1_000_000")
    expect(page.locator("edu-upload progress")).to_be_in_viewport()
    limit(0, offline=True)
    shoot(page, "studio-upload-offline")
    page.wait_for_function("() => document.querySelector('edu-upload').isWaiting === true")
    limit(-1, offline=False)
    expect(page.locator("edu-processing")).to_be_visible(timeout=60_000)
    shoot(page, "studio-processing")
    expect(page.locator("edu-processing")).to_have_attribute("state", "ready", timeout=120_000)
    shoot(page, "studio-ready")
    watch_url = page.locator("edu-processing a[href^='/watch/']").first.get_attribute("href")
    assert watch_url

    page.goto(watch_url.replace("/watch/", "/studio/"))
    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_role("button", name="Unpublish").wait_for()
    visitor = visit("/browse?subject=physics&grade=10")
    expect(visitor.locator("main")).to_contain_text(f"Newton's second law {device}")
    shoot(visitor, "browse")
    visitor.goto(watch_url)
    assert_plays(visitor)

    page.get_by_role("button", name="Unpublish").click()
    page.get_by_role("button", name="Publish", exact=True).wait_for()
    visitor.goto("/browse?subject=physics&grade=10")
    expect(visitor.locator("main")).not_to_contain_text(f"Newton's second law {device}")
    answer = visitor.goto(watch_url)
    assert answer and answer.status == 404

    page.get_by_role("button", name="Delete").first.click()
    page.locator("dialog[open] button").filter(has_text="Delete").click()
    page.wait_for_url(re.compile(r"/studio/?$"))
    expect(page.locator("main")).not_to_contain_text(f"Newton's second law {device}")


@pytest.mark.parametrize("words", ["函数", "二次函數", "配方法"], ids=["two-characters", "traditional", "only-spoken"])
def test_search_finds_chinese_words_and_lands_on_the_second(
    words: str, platform: RunningPlatform, chinese_lesson: str, visit: Visit, shoot: Shoot
) -> None:
    def is_indexed() -> bool:
        found = platform.get("/api/v1/search?q=%E9%85%8D%E6%96%B9%E6%B3%95")["items"]
        return any(item["video"]["id"] == chinese_lesson and item["moments"] for item in found)

    wait_until(is_indexed, timeout_s=20, message="the captions were not indexed")
    page = visit("/", locale="zh-CN")
    page.goto(f"/search?q={words}")
    expect(page.locator("main")).to_contain_text("二次函数的图像")
    shoot(page, f"search-{len(words)}")
    if words == "配方法":
        page.locator(f"main a[href^='/watch/{chinese_lesson}?t=']").first.click()
        page.wait_for_url(re.compile(r"\?t=8"))
        assert_plays(page, from_s=8.0)


def test_sign_out_ends_the_session(student: Account, visit: Visit) -> None:
    page = visit("/")
    sign_in(page, student.email)
    page.goto("/accounts/logout/")
    page.locator("main form button[type=submit]").first.click()
    page.goto("/studio")
    page.wait_for_url(re.compile("/accounts/login/"))


def test_pages_work_without_script(platform: RunningPlatform, chinese_lesson: str, browser: object) -> None:
    context = browser.new_context(base_url=platform.url, java_script_enabled=False, locale="zh-CN")  # type: ignore[attr-defined]
    page = context.new_page()
    for path in ("/", "/browse?subject=mathematics&grade=9", "/search?q=函数"):
        page.goto(path)
        expect(page.locator(f"a[href*='/watch/{chinese_lesson}']").first).to_be_visible()
    page.goto(f"/watch/{chinese_lesson}")
    expect(page.get_by_role("heading", level=1, name="二次函数的图像")).to_be_visible()
    page.locator("edu-player video").focus()
    page.keyboard.press("Space")  # the browser's own controls and HLS

    def is_seen_and_heard() -> bool:
        now = page.evaluate(PLAYBACK)
        return bool(now["time"] > 1 and now["frames"] > 10 and now["audio"] > 0)

    wait_until(is_seen_and_heard, timeout_s=15, message="the browser did not play the lesson by itself")
    context.close()

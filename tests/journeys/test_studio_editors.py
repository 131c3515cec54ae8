"""A creator edits a lesson in place, and a session that ends in the middle takes nothing away."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import CAPTIONS_ZH, PASSWORD, Account, call, import_lesson, sign_in
from tests.media_factory import make_lesson
from tests.servers.platform import RunningPlatform

pytestmark = [pytest.mark.journey, pytest.mark.servers, pytest.mark.timeout(300)]

Visit = Callable[..., Page]
Shoot = Callable[[Page, str], None]
FORGET_PICTURES = (
    "from eduvideo.media.models import TranscodeJob as J; of = J.objects.filter(asset__video__public_id='%s'); "
    "of.filter(work='posters').delete(); of.update(poster_candidates=[])"
)
FORMULA = "## 判别式 [0:03]\n\n$\\Delta = b^2 - 4ac$"


@pytest.fixture(scope="module")
def lesson(platform: RunningPlatform, creator: Account) -> str:
    """A lesson of this journey's own, which nobody else looks at."""
    return import_lesson(platform, creator, make_lesson(seconds=16), title="一元二次方程", wait=True)


def _begin_anew(platform: RunningPlatform, creator: Account, lesson: str) -> None:
    """Take back what the same journey has done on another device."""
    for part in ("chapters", "poster", "study-guide"):
        call(platform, "DELETE", f"/api/v1/videos/{lesson}/{part}", token=creator.token)
    call(platform, "PUT", f"/api/v1/videos/{lesson}/captions", token=creator.token,
         body={"language": "zh", "text": CAPTIONS_ZH})  # fmt: skip


def test_a_creator_edits_a_lesson_in_place(
    platform: RunningPlatform, creator: Account, lesson: str, visit: Visit, shoot: Shoot, device: str
) -> None:
    _begin_anew(platform, creator, lesson)
    page = visit()
    sign_in(page, creator.email)
    page.goto(f"/studio/{lesson}")
    if device == "phone":
        page.locator(".preview > summary").click()
    page.locator("edu-player[upgraded]").wait_for(timeout=60_000)  # the player is loaded after all else
    _set_chapters(page, shoot)
    stored = call(platform, "GET", f"/api/v1/videos/{lesson}/chapters", token=creator.token)
    assert stored["items"] == [{"start_ms": 0, "title": "引入"}, {"start_ms": 9000, "title": "求根公式"}]
    _edit_a_caption(page, shoot)
    shown = call(platform, "GET", f"/api/v1/videos/{lesson}/captions", token=creator.token)
    assert "改正了的字幕" in str(shown["items"])
    poster = _choose_a_poster(page, shoot)
    _write_a_guide(page, shoot, device)
    _lose_the_session_and_nothing_else(page, shoot, creator)
    guide = call(platform, "GET", f"/api/v1/videos/{lesson}/study-guide", token=creator.token)
    assert str(guide["markdown"]).strip() == FORMULA
    page.goto(f"/watch/{lesson}")
    expect(page.locator("edu-player")).to_have_attribute("poster", poster)
    expect(page.locator(".guide :is(code.math, .katex)").first).to_be_attached()
    assert page.evaluate("() => window.eduErrors ?? []") == []


def _section(page: Page, name: str) -> None:
    page.locator(f"#section-{name}").evaluate("section => section.scrollIntoView({behavior: 'instant'})")


def _saved(page: Page, name: str) -> None:
    expect(page.locator(f"#section-{name} .form-status").first).to_contain_text("Saved")


def _set_chapters(page: Page, shoot: Shoot) -> None:
    """Paste two lines into a title, then drag the second one to the middle and push it by a key."""
    _section(page, "chapters")
    page.get_by_role("button", name="Add a chapter here").click()
    title = page.get_by_label("Title of chapter 1")
    title.evaluate(
        """field => {
          const data = new DataTransfer();
          data.setData('text/plain', '0:00 引入\\n0:04 - 求根公式');
          field.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
        }"""
    )
    handle = page.get_by_role("slider", name="求根公式")
    box, track = handle.bounding_box(), page.locator(".chapter-track").bounding_box()
    assert box
    assert track
    assert box["width"] >= 44
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(track["x"] + track["width"] / 2, box["y"] + 60, steps=5)
    expect(handle).to_have_attribute("aria-valuetext", "0:08")
    shoot(page, "studio-chapters")
    page.mouse.up()
    handle.press("ArrowRight")
    expect(handle).to_have_attribute("aria-valuetext", "0:09")
    page.locator("#section-chapters button[type=submit], #section-chapters form > button").last.click()
    _saved(page, "chapters")


def _edit_a_caption(page: Page, shoot: Shoot) -> None:
    _section(page, "captions")
    page.get_by_role("button", name=re.compile("^Edit the captions")).click()
    text = page.get_by_label("Text of caption 2")
    text.fill("改正了的字幕，它的文字非常非常长，长得在这么短的时间里谁也读不完，所以这里要提醒。")
    expect(page.locator(".cue-warning").first).to_contain_text("Too fast to read")
    text.evaluate("field => field.scrollIntoView({block: 'center', behavior: 'instant'})")
    shoot(page, "studio-captions")
    text.fill("改正了的字幕")
    page.get_by_role("button", name="Save the captions").click()
    _saved(page, "captions")


def _choose_a_poster(page: Page, shoot: Shoot) -> str:
    _section(page, "poster")
    before = page.locator(".poster-now img").get_attribute("src")
    page.locator(".poster-choice input:not([value=automatic])").last.check()
    _saved(page, "poster")
    shoot(page, "studio-poster")
    after = page.locator(".poster-now img").get_attribute("src")
    assert after
    assert after != before
    return after


def _write_a_guide(page: Page, shoot: Shoot, device: str) -> None:
    _section(page, "guide")
    page.get_by_label("Study guide", exact=True).and_(page.locator("textarea")).fill(FORMULA)
    if device == "phone":
        page.locator(".guide-tabs").get_by_role("button", name="Preview").click()
    expect(page.locator(".guide-preview .katex").first).to_be_visible()
    shoot(page, "studio-guide")


def _lose_the_session_and_nothing_else(page: Page, shoot: Shoot, creator: Account) -> None:
    page.wait_for_function("() => Object.keys(localStorage).some((key) => key.endsWith('study-guide:guide'))")
    page.context.clear_cookies()
    page.locator("#section-guide form > button").last.click()
    expect(page.locator("#section-guide .form-status")).to_contain_text("You are signed out")
    shoot(page, "studio-signed-out")
    page.locator("#section-guide").get_by_role("link", name="Sign in again").click()
    page.locator("input[name=login]").fill(creator.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/studio/*")
    _section(page, "guide")
    page.locator("#section-guide").get_by_role("button", name="Put it back").click()
    expect(page.locator("#section-guide textarea")).to_have_value(FORMULA)
    page.locator("#section-guide form > button").last.click()
    _saved(page, "guide")


def test_a_lesson_from_before_gets_pictures_when_its_creator_asks(
    platform: RunningPlatform, creator: Account, lesson: str, visit: Visit, shoot: Shoot
) -> None:
    platform.manage("shell", "-c", FORGET_PICTURES % lesson)
    call(platform, "DELETE", f"/api/v1/videos/{lesson}/poster", token=creator.token)
    page = visit()
    sign_in(page, creator.email)
    page.goto(f"/studio/{lesson}")
    _section(page, "poster")
    shoot(page, "studio-poster-asks")
    page.get_by_role("button", name="Make pictures to choose from").click()
    last = page.locator(".poster-choice input:not([value=automatic])").last
    last.wait_for(timeout=60_000)
    last.check()
    _saved(page, "poster")
    _section(page, "poster")
    shoot(page, "studio-poster-made")
    assert page.evaluate("() => window.eduErrors ?? []") == []


def test_a_guide_that_somebody_else_saved_meanwhile_is_shown_beside_ones_own(
    platform: RunningPlatform, creator: Account, lesson: str, visit: Visit, shoot: Shoot
) -> None:
    path = f"/api/v1/videos/{lesson}/study-guide"
    page = visit()
    sign_in(page, creator.email)
    page.goto(f"/studio/{lesson}")
    _section(page, "guide")  # its editor is loaded when it comes into view
    page.locator("edu-guide .guide-tools button").first.wait_for()
    call(platform, "PUT", path, token=creator.token, body={"markdown": f"Theirs {time.monotonic()}"})
    page.get_by_label("Study guide", exact=True).and_(page.locator("textarea")).fill(FORMULA)
    save = page.locator("#section-guide form > button").last
    save.click()
    expect(page.locator("#section-guide [role=alert]")).to_contain_text("Somebody else saved this study guide")
    save.scroll_into_view_if_needed()
    shoot(page, "studio-guide-of-two")
    assert "Theirs" in str(call(platform, "GET", path, token=creator.token)["markdown"])
    save.click()
    _saved(page, "guide")
    assert str(call(platform, "GET", path, token=creator.token)["markdown"]).strip() == FORMULA

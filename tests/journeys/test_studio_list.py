"""A creator's many lessons: changed at once without and with script, published at a time, and how they are watched."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import VIEWPORTS, Account, assert_plays, call, sign_in
from tests.servers.platform import RunningPlatform

pytestmark = [pytest.mark.journey, pytest.mark.servers, pytest.mark.timeout(300)]

MOVE = "from eduvideo.community.retention import move_watching; move_watching()"
REPORT = """async (id) => {
  const csrf = /csrftoken=([^;]+)/.exec(document.cookie)[1];
  const parts = Array.from({length: 50}, (_, part) => part);
  const headers = {"Content-Type": "application/json", "X-CSRFToken": csrf};
  const body = JSON.stringify({parts, again: [10], played_ms: 8000});
  await fetch(`/api/v1/videos/${id}/views`, {method: "POST", headers});
  return (await fetch(`/api/v1/videos/${id}/watched`, {method: "POST", headers, body})).status;
}"""


def drafts(platform: RunningPlatform, account: Account) -> list[str]:
    """Make three drafts whose recordings are still to come; returns their ids."""
    about = {"subject": "mathematics", "grade": "8", "language": "en", "filename": "a.mp4", "size_bytes": 1000}
    titles = ("Halves", "Thirds <b>", "A title that is so long that it needs more than one line of a phone, and a bit")
    made = [
        call(platform, "POST", "/api/v1/videos", token=account.token, body={"title": title, **about})
        for title in titles
    ]
    return [str(video["id"]) for video in made]


def test_many_lessons_are_changed_and_published_at_a_time(
    platform: RunningPlatform,
    browser: Browser,
    visit: Callable[..., Page],
    shoot: Callable[[Page, str], None],
    device: str,
) -> None:
    account = Account(platform, "creator")
    ids = drafts(platform, account)

    def about(name: str) -> list[object]:
        return [call(platform, "GET", f"/api/v1/videos/{one}", token=account.token)[name] for one in ids]

    plain = browser.new_context(base_url=platform.url, locale="en", java_script_enabled=False, **VIEWPORTS[device])
    page = plain.new_page()
    page.goto("/studio?state=draft")
    sign_in(page, account.email)
    expect(page.locator(".lesson-row")).to_have_count(3)
    for row in page.locator(".lesson-row").all():
        still, title, pick = (row.locator(part).bounding_box() for part in (".still", "h3", ".pick"))
        assert still and title and pick
        assert still["x"] + still["width"] <= title["x"], "the picture lies over the title"
        assert min(pick["width"], pick["height"]) >= (44 if device == "phone" else 40)
        row.locator("[name=ids]").check()
    page.select_option("#bulk_do", "grade")
    page.select_option("#bulk_grade", "9")
    shoot(page, "studio-bulk-without-script")
    page.locator("#bulk button:not([type=button])").click()
    expect(page.locator(".messages")).to_contain_text("3 lessons were changed.")
    assert about("grade") == ["9", "9", "9"]
    plain.close()

    page = visit("/studio?state=draft", locale="zh-CN", dark=True)
    sign_in(page, account.email)
    page.locator(".lesson-row [name=ids]").first.check()
    expect(page.locator(".bulk-count")).to_have_text("已选 1 节")
    page.locator("[data-action=page]").click()
    expect(page.locator(".bulk-count")).to_have_text("已选 3 节")
    page.select_option("#bulk_do", "schedule")
    page.fill("#bulk_schedule", "2027-06-01T12:30")
    here = page.evaluate("() => new Date('2027-06-01T12:30').toISOString().replace('.000Z', 'Z')")
    shoot(page, "studio-bulk")
    page.locator("#bulk button:not([type=button])").click()
    expect(page.locator(".messages")).to_contain_text("已更改 3 节课。")
    assert about("publish_at") == [here] * 3
    page.goto("/studio?state=scheduled")
    expect(page.locator(".chip time").first).to_contain_text("2027")
    shoot(page, "studio-scheduled")

    page.locator(".lesson-row [name=ids]").first.check()
    page.select_option("#bulk_do", "delete")
    page.locator("#bulk button:not([type=button])").click()
    page.locator(".bulk-sure input").check()
    shoot(page, "studio-bulk-delete")
    page.locator(".bulk-job button").click()
    expect(page.locator(".messages")).to_contain_text("已删除 1 节课。")
    expect(page.locator(".lesson-row")).to_have_count(2)


def test_what_is_really_watched_becomes_a_curve(
    platform: RunningPlatform,
    visit: Callable[..., Page],
    shoot: Callable[[Page, str], None],
    creator: Account,
    chinese_lesson: str,
) -> None:
    for _ in range(4):
        assert visit("/").evaluate(REPORT, chinese_lesson) == 204
    watching = visit(f"/watch/{chinese_lesson}")
    assert_plays(watching, from_s=1.0)
    with watching.expect_response(f"**/videos/{chinese_lesson}/watched") as told:
        watching.evaluate("() => dispatchEvent(new Event('pagehide'))")
    assert told.value.status == 204
    report = told.value.request.post_data_json
    assert report["parts"][:6] == [0, 1, 2, 3, 4, 5]
    assert report["played_ms"] >= 1_000
    platform.manage("shell", "-v0", "-c", MOVE)

    page = visit(f"/studio/{chinese_lesson}/analytics")
    sign_in(page, creator.email)
    chart = page.locator("section", has=page.locator("#chart-retention"))
    expect(chart.locator("canvas")).to_be_visible()
    slider = chart.get_by_role("slider")
    # Others may have watched the lesson too.
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"^0:00 · Played it \d+% · Played it again \d+%$"))
    slider.focus()
    for _ in range(10):
        slider.press("ArrowRight")
    expect(chart.locator(".chart-readout")).to_contain_text(re.compile(r"Played it again [1-9]\d*%"))
    expect(chart.locator(".chart-readout a")).to_have_attribute("href", f"/watch/{chinese_lesson}?t=1")
    chart.scroll_into_view_if_needed()
    shoot(page, "studio-analytics")
    chart.get_by_text("As a table").click()
    expect(chart.locator("tbody tr")).to_have_count(100)
    page.goto("/studio/analytics")
    expect(page.locator("main")).to_contain_text("二次函数的图像")
    shoot(page, "studio-analytics-overview")

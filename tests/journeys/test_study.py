"""A student reads a study guide with formulas, prints it, and writes notes with and without a network."""

import io
import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Account, call, sign_in
from tests.servers.platform import RunningPlatform

pytestmark = [pytest.mark.journey, pytest.mark.servers, pytest.mark.timeout(300)]

GUIDE = r"""# 顶点 [0:05]
二次函数$y=ax^2+bx+c$的顶点是 $$V\left(-\frac{b}{2a},\sqrt{2}\right)$$

::: key 要点
水的生成：$\ce{2H2 + O2 -> 2H2O}$
:::

![图 1](FIGURE)

# 练习
::: answer 顶点在哪里？
在对称轴 $x=0$ 上。
:::
# 出错
$\undefined x$ 与 $\href{javascript:alert(1)}{x}$
"""
WATCH_POLICY = """
  window.reports = [];
  addEventListener('securitypolicyviolation', (event) => window.reports.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
KEPT = """() => new Promise((resolve) => {
  indexedDB.open('eduvideo-notes').onsuccess = ({ target }) => {
    target.result.transaction('notes').objectStore('notes').getAll().onsuccess = (event) => {
      resolve(event.target.result.map(({ text }) => text));
    };
  };
})"""


def upload_figure(platform: RunningPlatform, creator: Account, lesson: str) -> str:
    file = io.BytesIO()
    Image.new("RGB", (800, 400), "#8fb0ff").save(file, "PNG")
    request = urllib.request.Request(
        f"{platform.url}/api/v1/videos/{lesson}/figures", method="POST", data=file.getvalue(),
        headers={"Authorization": f"Bearer {creator.token}", "Content-Type": "image/png"},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=30) as response:
        return str(json.loads(response.read())["url"])


def test_a_guide_is_read_and_printed_and_notes_survive_a_lost_network(
    platform: RunningPlatform,
    creator: Account,
    student: Account,
    short_lesson: str,
    visit: Callable[..., Page],
    shoot: Callable[[Page, str], None],
    device: str,
) -> None:
    for note in raw_notes(platform, student, short_lesson):
        forget(platform, student, short_lesson, note)  # of a try that failed
    guide = GUIDE.replace("FIGURE", upload_figure(platform, creator, short_lesson))
    call(platform, "PUT", f"/api/v1/videos/{short_lesson}/study-guide", token=creator.token, body={"markdown": guide})

    page = visit("/", dark=device == "phone")
    page.add_init_script(WATCH_POLICY)
    page.goto(f"/guide/{short_lesson}")
    expect(page.locator(".guide code.math.drawn .katex")).to_have_count(5)
    expect(page.locator(".guide code.math.wrong")).to_have_text("\\undefined x")
    expect(page.locator(".guide figure img")).to_have_js_property("complete", value=True)
    assert page.evaluate("() => document.querySelector('.guide figure img').naturalWidth") == 800
    expect(page.locator(".guide a[href*=javascript]")).to_have_count(0)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    shoot(page, "guide")
    page.emulate_media(media="print")
    expect(page.locator(".guide details .katex").last).to_be_visible()  # answers are unfolded on paper
    expect(page.locator(".top")).to_be_hidden()
    shoot(page, "guide-print")
    page.emulate_media(media="screen")
    assert page.evaluate("() => window.reports") == []

    sign_in(page, student.email)
    page.goto(f"/watch/{short_lesson}")
    page.wait_for_selector("edu-player[upgraded]")
    if device == "phone":
        page.get_by_role("button", name="Study guide", exact=True).click()
    page.locator(".guide").first.scroll_into_view_if_needed()
    expect(page.locator(".guide code.math.drawn").first).to_be_visible()
    assert page.evaluate("() => window.reports") == []
    if device == "phone":
        page.get_by_role("button", name="Notes", exact=True).click()
    field = page.get_by_role("textbox", name="New note")
    page.evaluate("() => { document.querySelector('edu-player video').currentTime = 3; }")
    expect(page.locator(".notes-stamp")).to_have_text("At 0:03")
    field.press_sequentially("Vertex <b>")
    expect(page.locator(".notes-status")).to_have_text("Saved")
    field.press("Control+Enter")
    page.context.set_offline(True)
    field.fill("written offline")
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".notes-status")).to_contain_text("Kept on this device. It is sent when you are online again.")
    expect(page.locator(".notes-list li")).to_have_count(2)
    shoot(page, "notes-offline")
    assert page.evaluate(KEPT) == ["written offline"]
    assert notes_of(platform, student, short_lesson) == ["Vertex <b>"]

    page.context.set_offline(False)
    page.goto(f"/me/notes/{short_lesson}")
    expect(page.locator(".notes-status")).to_have_text("Saved")
    assert notes_of(platform, student, short_lesson) == ["Vertex <b>", "written offline"]
    assert page.evaluate(KEPT) == []
    expect(page.locator(".notes-list li")).to_have_count(2)
    shoot(page, "notes")
    page.get_by_role("button", name="Delete").first.click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".notes-text").first).to_have_text("Vertex <b>")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as Markdown").click()
    assert f"- [0:03]({platform.url}/watch/{short_lesson}?t=3) Vertex <b>" in download.value.path().read_text("utf-8")


def raw_notes(platform: RunningPlatform, student: Account, lesson: str) -> Any:
    return call(platform, "GET", f"/api/v1/videos/{lesson}/notes", token=student.token)["items"]


def notes_of(platform: RunningPlatform, student: Account, lesson: str) -> list[str]:
    return [note["text"] for note in raw_notes(platform, student, lesson)]


def forget(platform: RunningPlatform, student: Account, lesson: str, note: dict[str, Any]) -> None:
    request = urllib.request.Request(
        f"{platform.url}/api/v1/videos/{lesson}/notes/{note['id']}", method="DELETE",
        headers={"Authorization": f"Bearer {student.token}", "If-Match": f'"{note["version"]}"'},
    )  # fmt: skip
    urllib.request.urlopen(request, timeout=30).close()

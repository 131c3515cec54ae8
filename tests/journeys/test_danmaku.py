"""Danmaku are text, whatever they say: drawn, listed and read in a real browser under the site's own policy."""

import json
import urllib.request
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.journeys.conftest import ON_EMBEDDED_PARTS, PASSWORD, Account, call, import_lesson, sign_in
from tests.media_factory import make_lesson
from tests.servers.platform import RunningPlatform

pytestmark = [pytest.mark.journey, pytest.mark.servers, pytest.mark.timeout(300)]

CALLS = ("alert(1)", "top.hit=1", "import('/xss.js')", "fetch('/xss')", "eval('hit=1')")
# Each is to run one of the calls; {0} is the call.
WAYS = (
    "<script>{0}</script>", "</script><script>{0}</script>", "<img src=/xss onerror={0}>", "<svg onload={0}>",
    "<svg><script>{0}</script></svg>", "<iframe srcdoc='<script>parent.{0}</script>'>", "<body onload={0}>",
    "<details open ontoggle={0}>", "<video src=/xss onerror={0}>", "<input autofocus onfocus={0}>",
    "<a href=javascript:{0}>x</a>", "javascript:{0}", '"><img src=/xss onerror={0}>', "'-{0}-'", '";{0}//',
    "${{{0}}}", "{{{{{0}}}}}", "<!--><img src=/xss onerror={0}>", "<math><mtext><img src=/xss onerror={0}>",
    "<style>@import'/xss.css'</style>{0}", "<base href=//xss.example>{0}", "<form action=javascript:{0}><button>",
    "<object data=javascript:{0}>", "<embed src=javascript:{0}>", "<marquee onstart={0}>", "<p style=background:url(/xss)>{0}",
    "<link rel=stylesheet href=/xss.css>{0}", "<meta http-equiv=refresh content=0;url=/xss>{0}", "<template><script>{0}",
    "<noscript><img src=/xss onerror={0}>", "<textarea><img src=/xss onerror={0}>", "<title><img src=/xss onerror={0}>",
    "<xss onclick={0} tabindex=1 autofocus>", "<audio autoplay onerror={0} src=/xss>", "<select autofocus onfocus={0}>",
    "&lt;script&gt;{0}&lt;/script&gt;", "\\u003cscript\\u003e{0}", "<scr<script>ipt>{0}</script>", "<IMG SRC=/xss ONERROR={0}>",
    "<svg/onload={0}//",
)  # fmt: skip
HOSTILE = [way.format(command) for way in WAYS for command in CALLS]
# No limit, overlaps allowed: everything is drawn.
ALL_OF_THEM = {"chosen": {"max_on_screen": 0, "avoid_overlap": False, "area": 1}, "isMerged": True}
WATCH_OUT = """
  localStorage.setItem('eduvideo-danmaku', %r);
  window.reports = [];
  addEventListener('securitypolicyviolation', (event) => window.reports.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
IS_LIVE = "() => document.querySelector('edu-player').danmakuIsLive === true"
# Most of the picture's width and height has ink.
IS_DRAWN = """() => {
  const { width, height } = document.querySelector('.danmaku-layer canvas');
  const pixels = document.querySelector('.danmaku-layer canvas').getContext('2d').getImageData(0, 0, width, height).data;
  return pixels.filter((value, place) => place % 4 === 3 && value).length > width * height / 4;
}"""
FOUND = """() => ({
  hit: window.hit ?? null, reports: window.reports,
  scripts: [...document.scripts].map((script) => script.src || script.type),
  inside: document.querySelectorAll('edu-danmaku-list :is(img, svg, iframe, a, script), .guide :is(img, svg, iframe, script)').length,
})"""


@ON_EMBEDDED_PARTS
@pytest.mark.parametrize("device", ["desktop"], indirect=True)
def test_two_hundred_hostile_danmaku_are_only_text(
    platform: RunningPlatform,
    creator: Account,
    visit: Callable[..., Page],
    shoot: Callable[[Page, str], None],
) -> None:
    assert len(HOSTILE) == 200
    # Its own: others write danmaku and a study guide into theirs.
    lesson = import_lesson(platform, creator, make_lesson(seconds=8), title="二百条弹幕", wait=True)
    author = f"hostile-{uuid.uuid4().hex[:8]}@example.org"
    platform.manage("create_user", author, "--role", "student", "--name", HOSTILE[10], "--password-stdin", stdin=f"{PASSWORD}\n")  # fmt: skip
    import_hostile(platform, creator, lesson)
    call(platform, "POST", f"/api/v1/videos/{lesson}/danmaku", token=platform.manage("create_token", author),
         body={"position_ms": 10, "text": HOSTILE[0]})  # fmt: skip

    page = visit("/")
    page.add_init_script(WATCH_OUT % json.dumps(ALL_OF_THEM))
    dialogs: list[str] = []
    asked: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, creator.email)
    page.goto(f"/watch/{lesson}")
    scripts = page.evaluate(FOUND)["scripts"]
    page.wait_for_selector("edu-player[upgraded]")
    page.evaluate("() => { document.querySelector('edu-player video').currentTime = 4; }")
    page.wait_for_function("() => document.querySelector('edu-player').danmakuVisible() >= 200")
    expect(page.locator(".danmaku-curve path")).to_have_count(2)
    page.wait_for_function(IS_DRAWN)
    shoot(page, "watch-danmaku-dense")
    expect(page.locator("edu-danmaku-list li")).to_have_count(201)
    assert set(HOSTILE) <= set(said_in(page))
    page.locator("edu-danmaku-list [data-id]").last.click()
    expect(page.locator("edu-danmaku-menu .menu-text")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".guide")).to_contain_text(HOSTILE[1])
    assert page.evaluate(FOUND) == {"hit": None, "reports": [], "scripts": scripts, "inside": 0}
    page.goto(f"/studio/{lesson}/danmaku")  # where authors are named
    expect(page.locator("main")).to_contain_text(HOSTILE[10])
    assert page.evaluate(FOUND)["hit"] is None
    assert page.evaluate(FOUND)["reports"] == []
    assert dialogs == []
    assert [url for url in asked if "xss" in url] == []
    hide_all(platform, creator, lesson)


@ON_EMBEDDED_PARTS
@pytest.mark.parametrize("device", ["desktop"], indirect=True)
def test_the_tabs_of_a_browser_share_one_stream(
    platform: RunningPlatform, creator: Account, short_lesson: str, visit: Callable[..., Page]
) -> None:
    path = f"/watch/{short_lesson}"
    first = visit(path)
    first.wait_for_function(IS_LIVE)
    second = first.context.new_page()
    streams: list[str] = []
    second.on("request", lambda request: streams.append(request.url) if "/danmaku/live" in request.url else None)
    second.goto(path)
    second.wait_for_function(IS_LIVE)
    text = f"once {uuid.uuid4().hex[:6]}"
    call(platform, "POST", f"/api/v1/videos/{short_lesson}/danmaku", token=creator.token, body={"position_ms": 500, "text": text})  # fmt: skip
    for page in (first, second):
        expect(page.locator("edu-danmaku-list li", has_text=text)).to_have_count(1)
    assert streams == []
    first.close()
    hide_all(platform, creator, short_lesson)
    expect(second.locator("edu-danmaku-list li", has_text=text)).to_have_count(0)
    assert len(streams) == 1


def said_in(page: Page) -> list[str]:
    found: list[str] = page.locator("edu-danmaku-list li [value] > span").evaluate_all(
        "(spans) => spans.map((span) => [...span.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join('').trim())"
    )
    return found


def import_hostile(platform: RunningPlatform, creator: Account, video_id: str) -> None:
    """Bring them into a lesson in every mode; as questions, since comments that say nearly the same would be one."""
    modes = ("scroll", "reverse", "top", "bottom")
    items: list[dict[str, Any]] = [
        {"id": f"h{place}", "position_ms": 10 + place, "text": text, "mode": modes[place % 4], "kind": "question"}
        for place, text in enumerate(HOSTILE)
    ]
    items[2] |= {"kind": "answer", "reply_to": "h1"}
    request = urllib.request.Request(
        f"{platform.url}/api/v1/videos/{video_id}/danmaku/import",
        data=json.dumps({"format": "eduvideo-danmaku", "version": 1, "items": items}).encode(),
        headers={"Authorization": f"Bearer {creator.token}", "Content-Type": "application/octet-stream"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert json.loads(answer.read()) == {"added": 200, "skipped": 0}


def hide_all(platform: RunningPlatform, creator: Account, video_id: str) -> None:
    """Leave the lesson to other journeys as it was."""
    shown = call(platform, "GET", f"/api/v1/videos/{video_id}/danmaku/segments/0", token=creator.token)["items"]
    assert isinstance(shown, list)
    call(platform, "POST", f"/api/v1/videos/{video_id}/danmaku/decisions", token=creator.token,
         body={"action": "hide", "ids": [item["id"] for item in shown]})  # fmt: skip

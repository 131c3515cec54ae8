"""The frame of every page: without a network, without a session, without script, and by keyboard alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import PASSWORD, VIEWPORTS, Account, assert_plays, sign_in
from tests.servers.platform import RunningPlatform

pytestmark = [pytest.mark.journey, pytest.mark.servers, pytest.mark.timeout(180)]

KEPT_ADDRESSES = """async () => {
  const kept = [];
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys()) kept.push(new URL(request.url).pathname);
  return kept;
}"""
# Elements that can be pressed and are smaller than 24 px, or on phones than 44 px; links in running text may be.
SMALL_TARGETS = """(least) => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary, textarea")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".hidden, p:not(.actions, .more), .skip, .chips, .card-by"))
  .map((one) => [one, (one.closest("label") ?? one).getBoundingClientRect()])
  .filter(([, box]) => box.width && box.bottom > 0 && (box.height < least - 0.5 || box.width < 24))
  .map(([one, box]) => `${one.outerHTML.slice(0, 90)} ${Math.round(box.width)}x${Math.round(box.height)}`)"""
FOCUS = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const outlined = [one, one.closest(".search"), one.parentElement].some((part) => {
    const style = part && getComputedStyle(part);
    return style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  });
  const box = one.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return { name: one.outerHTML.slice(0, 90), outlined, seen: !!top && (one.contains(top) || top.contains(one)) };
}"""


def test_without_a_network(
    visit: Callable[..., Page], shoot: Callable[[Page, str], None], student: Account, chinese_lesson: str
) -> None:
    page = visit("/", service_workers="allow")
    sign_in(page, student.email)
    page.evaluate("() => navigator.serviceWorker.ready")
    page.reload()
    page.wait_for_function("() => navigator.serviceWorker.controller")
    page.goto(f"/watch/{chinese_lesson}")
    page.wait_for_selector("edu-player[upgraded]")
    assert_plays(page)
    page.goto("/accounts/me")
    kept = page.evaluate(KEPT_ADDRESSES)
    assert "/offline" in kept
    # Files and the page without a network: no media, nothing of the API, no page of anybody.
    assert [path for path in kept if path != "/offline" and not path.startswith("/static/")] == []

    page.context.set_offline(True)
    page.goto("/browse?subject=mathematics")
    expect(page.get_by_role("heading", name="There is no network")).to_be_visible()
    expect(page.get_by_role("link", name="二次函数的图像")).to_be_visible()
    assert page.evaluate("() => getComputedStyle(document.querySelector('.button')).borderRadius") == "22px"
    shoot(page, "offline")
    page.context.set_offline(False)
    expect(page.get_by_role("heading", level=1, name="Mathematics")).to_be_visible()


def test_a_form_outlives_its_session(
    visit: Callable[..., Page], shoot: Callable[[Page, str], None], platform: RunningPlatform
) -> None:
    person = Account(platform, "student")
    page = visit("/accounts/me")
    sign_in(page, person.email)
    page.goto("/accounts/me")
    name = page.locator("edu-kept-form input[name=display_name]")
    name.fill('Ada "<b>Lovelace</b>"')
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.context.add_cookies([cookie for cookie in cookies if cookie["name"] != "sessionid"])  # type: ignore[misc]
    page.locator("edu-kept-form button[type=submit], edu-kept-form button:not([type])").first.click()
    page.wait_for_url("**/accounts/login/**")
    page.locator("input[name=login]").fill(person.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/accounts/me")
    offer = page.locator(".kept-offer")
    expect(offer).to_contain_text("was not sent yet")
    shoot(page, "kept-form")
    offer.get_by_role("button", name="Put it back").click()
    expect(name).to_have_value('Ada "<b>Lovelace</b>"')
    page.locator("edu-kept-form button[type=submit], edu-kept-form button:not([type])").first.click()
    expect(page.locator(".messages")).to_contain_text("Saved.")
    expect(offer).to_have_count(0)
    assert page.evaluate("() => Object.keys(localStorage).filter((key) => key.startsWith('eduvideo-kept')).length") == 0


def test_the_design_reaches_its_contrast(
    visit: Callable[..., Page], shoot: Callable[[Page, str], None], platform: RunningPlatform
) -> None:
    page = visit("/")
    sign_in(page, Account(platform, "staff").email)
    page.goto("/design")
    page.wait_for_function("() => document.querySelector('.sample .ratio').textContent")
    assert page.locator(".ratio.low").all_inner_texts() == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    shoot(page, "design")
    page.locator(".scheme-dark").scroll_into_view_if_needed()
    shoot(page, "design-dark")


def test_without_script(
    browser: Browser, platform: RunningPlatform, device: str, chinese_lesson: str, student: Account
) -> None:
    context = browser.new_context(base_url=platform.url, java_script_enabled=False, **VIEWPORTS[device])
    page = context.new_page()
    page.goto("/")
    page.get_by_role("searchbox").fill("二次函数")
    page.get_by_role("searchbox").press("Enter")
    page.locator(".hit a, .hits a").first.click()
    expect(page).to_have_url(f"{platform.url}/watch/{chinese_lesson}")
    expect(page.get_by_role("heading", level=1)).to_have_text("二次函数的图像")
    page.goto("/accounts/login/?next=/accounts/me")
    page.locator("input[name=login]").fill(student.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    expect(page).to_have_url(f"{platform.url}/accounts/me")
    page.locator("button[value=zh-hans]").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    context.close()


def test_targets_and_focus(visit: Callable[..., Page], device: str, chinese_lesson: str) -> None:
    page = visit("/")
    least = 44 if device == "phone" else 24
    for path in ("/", "/browse", "/search?q=函数", f"/watch/{chinese_lesson}", "/accounts/login/"):
        page.goto(path)
        assert page.evaluate(SMALL_TARGETS, least) == [], path
    page.goto("/browse")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.goto("/browse")
    page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
    assert page.locator(".skip").evaluate("(link) => link.getBoundingClientRect().bottom") <= 0
    page.goto("/browse")
    for _ in range(25):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUS)
        if found:
            assert found["outlined"], found["name"]
            page.wait_for_function(f"() => ({FOCUS})().seen")  # pages scroll smoothly

"""A student likes, saves, follows and comments, and finds all of it again; with script and without."""

import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import PASSWORD, VIEWPORTS, Account
from tests.servers.platform import RunningPlatform

pytestmark = [pytest.mark.journey, pytest.mark.servers, pytest.mark.timeout(300)]

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"


def test_a_student_likes_saves_follows_and_comments(
    platform: RunningPlatform,
    browser: Browser,
    device: str,
    short_lesson: str,
    visit: Callable[..., Page],
    shoot: Callable[[Page, str], None],
) -> None:
    student = Account(platform, "student")
    said = f"{HOSTILE} why at 0:03? {uuid.uuid4().hex[:6]}"
    page = visit(f"/watch/{short_lesson}")
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))

    # Nobody yet: the button leads to the sign-in, and that comes back.
    page.locator(".reactions .toggle").first.click()
    page.locator("input[name=login]").fill(student.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(lambda url: url.endswith(f"/watch/{short_lesson}"))

    page.wait_for_function("() => customElements.get('edu-toggle')")
    for name in ("Like", "Favorite", "Follow"):
        button = page.locator(".reactions, .maker").get_by_role("button", name=name)
        with page.expect_response(lambda answer: answer.request.method == "PUT"):
            button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
    shoot(page, "community-buttons")

    page.locator(".discussion").scroll_into_view_if_needed()
    page.locator("#comment-text").fill(said)
    page.locator("form[data-new] button").click()
    mine = page.locator(".comment", has_text=said)
    expect(mine).to_be_visible()
    expect(page.locator("#comment-text")).to_have_value("")
    mine.get_by_role("link", name="0:03").click()
    page.wait_for_function("() => document.querySelector('edu-player video').currentTime >= 3")
    mine.scroll_into_view_if_needed()
    shoot(page, "community-below")

    # What they wrote while the session ended is offered again.
    page.locator("#comment-text").fill("One more thought")
    page.context.clear_cookies(name="sessionid")
    page.locator("form[data-new] button").click()
    page.locator(".comment-status a").click()
    page.locator("input[name=login]").fill(student.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(lambda url: "/watch/" in url)
    page.locator(".discussion").scroll_into_view_if_needed()
    page.locator(".discussion").get_by_role("button", name="Put it back").first.click()
    expect(page.locator("#comment-text")).to_have_value("One more thought")

    for path, text in (("favorites", "一元一次方程"), ("following", "一元一次方程"), ("comments", said)):
        page.goto(f"/me/{path}")
        expect(page.locator("main")).to_contain_text(text)
        shoot(page, f"community-{path}")
    assert dialogs == []
    assert not page.evaluate("window.eduErrors")

    plain = browser.new_context(
        base_url=platform.url, locale="en", java_script_enabled=False, storage_state=page.context.storage_state(),
        **VIEWPORTS[device],
    )  # fmt: skip
    try:
        without_script(plain.new_page(), short_lesson, said, shoot)
    finally:
        plain.close()


def without_script(page: Page, lesson: str, said: str, shoot: Callable[[Page, str], None]) -> None:
    page.goto(f"/watch/{lesson}")
    like = page.locator(".reactions, .maker").get_by_role("button", name="Like")
    expect(like).to_have_attribute("aria-pressed", "true")
    like.click()
    expect(like).to_have_attribute("aria-pressed", "false")
    page.get_by_role("link", name="Read the comments").click()
    expect(page.locator(".comment", has_text=said)).to_be_visible()
    page.locator("#comment-text").fill("Without any script")
    page.locator("form[data-new] button").click()
    written = page.locator(".comment", has_text="Without any script")
    expect(written).to_be_visible()
    shoot(page, "community-without-script")
    written.locator("summary").click()
    written.get_by_role("button", name="Take back").click()
    page.get_by_role("button", name="Take back").click()
    expect(page.locator(".comment", has_text="Without any script")).to_have_count(0)

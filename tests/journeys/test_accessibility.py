"""axe on every kind of page: phone and desktop, light and dark, both languages."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.journeys.conftest import ON_EMBEDDED_PARTS, Account, sign_in
from tests.servers.platform import RunningPlatform

pytestmark = [pytest.mark.journey, pytest.mark.servers, pytest.mark.timeout(300)]

OPEN_PAGES = ["/", "/browse", "/browse?subject=mathematics", "/search?q=函数", "/search?q=zzz", "/watch/{id}",
              "/watch/{id}?list={list}", "/playlist/{list}", "/embed/video/{id}", "/embed/playlist/{list}", "/embed/video/none",
              "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/nothing"]  # fmt: skip
OWN_PAGES = ["/studio", "/studio/{id}", "/studio/playlists", "/studio/playlists/{list}", "/accounts/me", "/watch/{id}",
             "/accounts/logout/"]  # fmt: skip


# media-chrome 4.19 marks this button with aria-checked, which a role of button does not have; every reader ignores it.
KNOWN = "<media-captions-button"


def faults(page: Page) -> list[str]:
    """Return what axe finds, one line a rule, with the first element it means; what unfolds is unfolded."""
    page.evaluate("() => { for (const one of document.querySelectorAll('details.share')) one.open = true; }")
    violations = [
        item for item in Axe().run(page).response["violations"] if not item["nodes"][0]["html"].startswith(KNOWN)
    ]
    return [f"{page.url}: {item['id']}: {item['nodes'][0]['html'][:160]}" for item in violations]


@ON_EMBEDDED_PARTS
@pytest.mark.parametrize(("locale", "dark"), [("en", False), ("zh-CN", True)], ids=["english-light", "chinese-dark"])
def test_axe_finds_nothing(
    locale: str,
    dark: bool,
    visit: Callable[..., Page],
    platform: RunningPlatform,
    creator: Account,
    chinese_lesson: str,
    playlist: str,
) -> None:
    page = visit("/", locale=locale, dark=dark)
    found: list[str] = []
    for path in OPEN_PAGES:
        page.goto(path.format(id=chinese_lesson, list=playlist))
        if page.locator("edu-player").count():
            page.wait_for_selector("edu-player[upgraded]")
        found += faults(page)
    sign_in(page, creator.email)
    for path in OWN_PAGES:
        page.goto(path.format(id=chinese_lesson, list=playlist))
        found += faults(page)
    page = visit("/", locale=locale, dark=dark)
    sign_in(page, Account(platform, "staff").email)
    page.goto("/operations")
    found += faults(page)
    assert found == []

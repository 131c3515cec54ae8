"""axe on every kind of page, phone and desktop: each is seen in one language on the one and in the other on the other,
and on both in both color schemes, of which the second can only change contrasts."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.journeys.conftest import Account, call, sign_in
from tests.servers.platform import RunningPlatform

pytestmark = [pytest.mark.journey, pytest.mark.servers, pytest.mark.timeout(400)]

OPEN_PAGES = ["/", "/browse", "/browse?subject=mathematics", "/search?q=函数", "/search?q=zzz", "/watch/{id}",
              "/watch/{id}?list={list}", "/watch/{id}/comments", "/guide/{guide}", "/creator/{creator}",
              "/playlist/{list}", "/embed/video/{id}", "/embed/playlist/{list}", "/accounts/login/",
              "/accounts/signup/", "/accounts/password/reset/", "/offline"]  # fmt: skip
MISSING_PAGES = ["/nothing", "/embed/video/none"]
OWN_PAGES = ["/", "/studio", "/studio/{id}", "/studio/{id}/danmaku", "/studio/{id}/analytics", "/studio/analytics",
             "/studio/playlists", "/studio/playlists/{list}", "/accounts/me", "/me/history", "/me/favorites",
             "/me/following", "/me/notes", "/me/comments", "/me/danmaku", "/watch/{id}", "/accounts/logout/"]  # fmt: skip
STAFF_PAGES = ["/operations", "/moderation", "/design"]
LANGUAGES, SCHEMES = ("en", "zh-hans"), ("light", "dark")

# media-chrome 4.19 marks this button with aria-checked, which a role of button does not have; every reader ignores it.
KNOWN = "<media-captions-button"


def faults(page: Page, *, only: str = "") -> list[str]:
    """Return what axe finds, one line a rule, with the first element it means; what unfolds is unfolded."""
    page.evaluate("() => { for (const one of document.querySelectorAll('details.share')) one.open = true; }")
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if only:
        options["runOnly"] = [only]
    violations = [
        item
        for item in Axe().run(page, options=options).response["violations"]
        if not item["nodes"][0]["html"].startswith(KNOWN)
    ]
    return [f"{page.url}: {item['id']}: {item['nodes'][0]['html'][:160]}" for item in violations]


class Rounds:
    """Visits pages, each in the language and the scheme whose turn it is."""

    def __init__(self, page: Page, url: str, turn: int) -> None:
        self.page, self.url, self.turn = page, url, turn
        self.found: list[str] = []

    def visit(self, path: str, *, status: int = 200) -> None:
        self.turn += 1
        language = LANGUAGES[self.turn % 2]
        self.page.context.add_cookies([{"name": "language", "value": language, "url": self.url}])
        answer = self.page.goto(path)
        if answer is None or answer.status != status:
            self.found.append(f"{path} did not answer {status}")
        if path.startswith(("/watch/", "/embed/")) and self.page.locator("edu-player").count():
            self.page.wait_for_selector("edu-player[upgraded]")
        self.look(language)

    def look(self, note: str) -> None:
        first, second = SCHEMES[self.turn // 2 % 2], SCHEMES[(self.turn // 2 + 1) % 2]
        self.dress(first)
        if self.page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
            self.found.append(f"{self.page.url}: scrolls sideways")
        self.found += [f"{fault} ({note}, {first})" for fault in faults(self.page)]
        self.dress(second)
        self.found += [f"{fault} ({note}, {second})" for fault in faults(self.page, only="color-contrast")]

    def dress(self, scheme: str) -> None:
        # Without motion: a color on its way to another has the contrast of neither.
        self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # a literal


def test_what_is_chosen_shows_where_the_system_has_its_own_colors(
    visit: Callable[..., Page], short_lesson: str
) -> None:
    page = visit("/browse?subject=mathematics")
    page.emulate_media(forced_colors="active")
    color = "(one) => getComputedStyle(one).backgroundColor"
    chosen, other = (page.locator(f".choice{which}").first for which in ("[aria-current]", ":not([aria-current])"))
    assert chosen.evaluate(color) != other.evaluate(color)


@pytest.fixture
def names(
    platform: RunningPlatform, creator: Account, chinese_lesson: str, short_lesson: str, playlist: str
) -> dict[str, str]:
    """What the addresses above name."""
    guide = {"markdown": "## 要点\n\n- 移项要变号\n\n[看例题](?t=3)\n\n$x = \\frac{b}{a}$"}
    call(platform, "PUT", f"/api/v1/videos/{short_lesson}/study-guide", token=creator.token, body=guide)
    return {"id": chinese_lesson, "guide": short_lesson, "list": playlist}


def test_axe_finds_nothing(
    device: str,
    visit: Callable[..., Page],
    platform: RunningPlatform,
    creator: Account,
    names: dict[str, str],
) -> None:
    page = visit(f"/watch/{names['id']}")
    address = page.locator("main a[href^='/creator/']").first.get_attribute("href") or ""
    names["creator"] = address.rsplit("/", 1)[-1]
    rounds = Rounds(page, platform.url, 0 if device == "phone" else 1)
    for path in OPEN_PAGES:
        rounds.visit(path.format(**names))
    for path in MISSING_PAGES:
        rounds.visit(path, status=404)
    rounds.visit(f"/watch/{names['id']}")
    page.locator(".bar-danmaku-settings").click()
    page.locator("#danmaku-panel form").wait_for()
    rounds.look("panel of danmaku")
    sign_in(page, creator.email)
    for path in OWN_PAGES:
        rounds.visit(path.format(**names))
    staff = visit("/")
    sign_in(staff, Account(platform, "staff").email)
    of_staff = Rounds(staff, platform.url, rounds.turn)
    for path in STAFF_PAGES:
        of_staff.visit(path)
    found = rounds.found + of_staff.found
    assert not found, "\n".join(found)

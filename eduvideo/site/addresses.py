"""Where a public page lives, for search engines: its canonical address, and those that fix its language.

`?hl=zh-hans` and `?hl=en` show a page in that language whoever asks; without it the reader's own is used. A page that
names no address (base.html) asks not to be indexed.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest

PARAMETER = "hl"
HREFLANG = {"zh-hans": "zh-Hans", "en": "en"}


@dataclass(frozen=True, slots=True)
class PageAddress:
    """Absolute addresses of one page: in the reader's language, as it was asked for, and by hreflang."""

    plain: str
    canonical: str
    alternates: tuple[tuple[str, str], ...]


def page_address(request: HttpRequest, path: str) -> PageAddress:
    """Return the addresses of the page at a path of ours, which may have a query."""
    plain = f"{settings.EDUVIDEO.base_url}{path}"
    by_language = {language: f"{plain}{'&' if '?' in path else '?'}{PARAMETER}={language}" for language in HREFLANG}
    alternates = [(HREFLANG[language], url) for language, url in by_language.items()]
    return PageAddress(
        plain=plain,
        canonical=by_language.get(language_of_address(request), plain),
        alternates=(*alternates, ("x-default", plain)),
    )


def language_of_address(request: HttpRequest) -> str:
    """Return the language that an address fixes, or an empty text."""
    language = request.GET.get(PARAMETER, "")
    return language if language in HREFLANG else ""


def watch_path(public_id: str) -> str:
    return f"/watch/{public_id}"


def guide_path(public_id: str) -> str:
    return f"/guide/{public_id}"


def playlist_path(public_id: str) -> str:
    return f"/playlist/{public_id}"


def creator_path(public_id: str) -> str:
    return f"/creator/{public_id}"


def browse_path(*, subject: str = "", grade: str = "", **more: str) -> str:
    """Return the one address of a subject, a grade or both: always in this order, without what is empty."""
    given = {"subject": subject, "grade": grade, **more}
    query = urlencode({name: value for name, value in given.items() if value})
    return f"/browse?{query}" if query else "/browse"

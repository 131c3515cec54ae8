"""What search engines find here: robots.txt, and sitemaps with Google's video extension.

Read from the database each time, so that what was withdrawn is gone at once, and cut by ranges of pk into files of at
most 250 addresses: the last costs what the first does, about as much as a page of ours, and each has its own lastmod.
(Django's sitemaps count with OFFSET, and walk all rows for one lastmod that every file is given.) sitemaps.org allows
50,000 addresses and 50 MB a file; a lesson takes 8 kB at most. Elements and their order are those of the schemas of
sitemaps.org 0.9 and Google's sitemap-video 1.1.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar
from xml.etree import ElementTree as ET

from django.db.models import BigIntegerField, ExpressionWrapper, F, Max, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import Truncator
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from eduvideo.catalog.models import Playlist, Video
from eduvideo.catalog.queries import listed_counts, listed_playlists
from eduvideo.core.errors import NotFoundError
from eduvideo.embedding.links import absolute
from eduvideo.site.addresses import browse_path, creator_path, playlist_path, watch_path
from eduvideo.site.structured_data import still_urls

PER_FILE = 250
MAX_BLOCK = 10**12
MAX_DESCRIPTION = 500  # characters; Google reads 2048
MAX_DURATION_S = 28_800  # of the schema; a longer one is not told
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
VIDEO = "http://www.google.com/schemas/sitemap-video/1.1"
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2
LESSON_COLUMNS = (
    "public_id", "title", "description", "published_at", "updated_at", "asset__public_id", "asset__duration_ms",
    "asset__poster_prefix", "asset__current_job__public_id", "asset__current_job__playable_token",
    "asset__current_job__poster", "asset__current_job__thumbnail",
)  # fmt: skip
CHANGES = {"updated_at__max": Max("updated_at"), "published_at__max": Max("published_at")}
M = TypeVar("M", bound=Model)

ET.register_namespace("", SITEMAP)
ET.register_namespace("video", VIDEO)
asked_anew = cache_control(public=True, max_age=0, must_revalidate=True)
kept_for_minutes = cache_control(public=True, max_age=300)  # of what names no lesson, and looks at all of them


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Say what is not for engines, and where the sitemap is."""
    context = {"sitemap": absolute("/sitemap.xml")}
    return render(request, "site/robots.txt", context, content_type="text/plain; charset=utf-8")


@require_safe
@kept_for_minutes
def index(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - the same for everyone
    """List the sitemaps, each range of rows that has something listed. Three queries."""
    root = _element(None, SITEMAP, "sitemapindex")
    _add(root, "sitemap", "/sitemaps/browse.xml")
    for block, changed_at in _blocks(Video.objects.listed()):
        _add(root, "sitemap", f"/sitemaps/lessons-{block}.xml", changed_at)
    for block, changed_at in _blocks(listed_playlists()):
        _add(root, "sitemap", f"/sitemaps/playlists-{block}.xml", changed_at)
    for block, changed_at in _blocks(_lessons_of_creators(), by="owner"):
        _add(root, "sitemap", f"/sitemaps/creators-{block}.xml", changed_at)
    return _answer(root)


@require_safe
@asked_anew
def browse(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Give home and the page of every subject, grade and pair of them that has a lesson. One query."""
    pairs = listed_counts()
    root = _element(None, SITEMAP, "urlset")
    for path in (
        "/",
        browse_path(),
        *dict.fromkeys(browse_path(subject=subject) for subject, _grade in pairs),
        *dict.fromkeys(browse_path(grade=grade) for _subject, grade in pairs),
        *(browse_path(subject=subject, grade=grade) for subject, grade in pairs),
    ):
        _add(root, "url", path)
    return _answer(root)


@require_safe
@asked_anew
def lessons(request: HttpRequest, block: int) -> HttpResponse:  # noqa: ARG001
    """Give the listed lessons of one range, each with its video. One query."""
    root = _element(None, SITEMAP, "urlset")
    for video in _block(Video.objects.listed().select_related("asset__current_job").only(*LESSON_COLUMNS), block):
        page = _add(root, "url", watch_path(video.public_id), _changed_at(video.updated_at, video.published_at))
        _add_video(page, video)
    return _answer(root)


@require_safe
@asked_anew
def playlists(request: HttpRequest, block: int) -> HttpResponse:  # noqa: ARG001
    """Give the published playlists of one range. One query."""
    root = _element(None, SITEMAP, "urlset")
    for playlist in _block(listed_playlists(), block):
        _add(root, "url", playlist_path(playlist.public_id), _changed_at(playlist.updated_at, playlist.published_at))
    return _answer(root)


@require_safe
@asked_anew
def creators(request: HttpRequest, block: int) -> HttpResponse:  # noqa: ARG001
    """Give the pages of those creators of one range who have a listed lesson. One query."""
    first = min(block, MAX_BLOCK) * PER_FILE
    lessons_of = _lessons_of_creators().filter(owner__gte=first, owner__lt=first + PER_FILE)
    changes = lessons_of.values("owner").annotate(**CHANGES).order_by("owner")
    pages = changes.values_list("owner__public_id", "updated_at__max", "published_at__max")
    if not pages:
        raise NotFoundError
    root = _element(None, SITEMAP, "urlset")
    for public_id, updated_at, published_at in pages:
        _add(root, "url", creator_path(public_id), _changed_at(updated_at, published_at))
    return _answer(root)


def _lessons_of_creators() -> QuerySet[Video]:
    """Return the lessons by which a creator's page is worth finding."""
    return Video.objects.listed().filter(owner__is_active=True)


def _blocks(rows: QuerySet[Video] | QuerySet[Playlist], *, by: str = "pk") -> Iterable[tuple[int, datetime]]:
    """Return the ranges of pk that have rows, and when one of them changed last. One query, over all rows."""
    block = ExpressionWrapper(F(by) / PER_FILE, output_field=BigIntegerField())
    changes = rows.order_by().annotate(block=block).values("block").annotate(**CHANGES)
    found = changes.order_by("block").values_list("block", "updated_at__max", "published_at__max")
    return [(block, _changed_at(updated_at, published_at)) for block, updated_at, published_at in found]


def _block(rows: QuerySet[M], block: int) -> list[M]:
    """Return the rows of one range; raises NotFoundError where there is none, which no sitemap may be. One query."""
    first = min(block, MAX_BLOCK) * PER_FILE
    found = list(rows.filter(pk__gte=first, pk__lt=first + PER_FILE).order_by("pk"))
    if not found:
        raise NotFoundError
    return found


def _changed_at(updated_at: datetime, published_at: datetime | None) -> datetime:
    """Return when a page became what it is: publishing is no edit."""
    return max(updated_at, published_at or updated_at)


def _add(root: ET.Element, kind: str, path: str, changed_at: datetime | None = None) -> ET.Element:
    entry = _element(root, SITEMAP, kind)
    _element(entry, SITEMAP, "loc", absolute(path))
    if changed_at:
        _element(entry, SITEMAP, "lastmod", _moment(changed_at))
    return entry


def _add_video(page: ET.Element, video: Video) -> None:
    """Say what Google wants to know of a video; one without a still may not be named."""
    stills = still_urls(video)
    if not stills:
        return
    about = _element(page, VIDEO, "video")
    _element(about, VIDEO, "thumbnail_loc", stills[0])
    _element(about, VIDEO, "title", video.title)
    _element(about, VIDEO, "description", Truncator(video.description or video.title).chars(MAX_DESCRIPTION))
    _element(about, VIDEO, "player_loc", absolute(f"/embed/video/{video.public_id}"))
    duration_s = (video.asset.duration_ms or 0) // 1000
    if 0 < duration_s <= MAX_DURATION_S:
        _element(about, VIDEO, "duration", str(duration_s))
    if video.published_at:
        _element(about, VIDEO, "publication_date", _moment(video.published_at))


def _element(parent: ET.Element | None, namespace: str, name: str, text: str = "") -> ET.Element:
    tag = f"{{{namespace}}}{name}"
    made = ET.Element(tag) if parent is None else ET.SubElement(parent, tag)
    made.text = NOT_XML.sub("", text)
    return made


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _answer(root: ET.Element) -> HttpResponse:
    text = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return HttpResponse(text, content_type="application/xml; charset=utf-8")

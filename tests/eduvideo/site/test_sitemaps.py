import re
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import User
from eduvideo.catalog import services as catalog
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.core import clock
from eduvideo.media.models import Asset, TranscodeJob
from eduvideo.site.sitemaps import PER_FILE
from tests.factories.catalog import a_playlist, a_video, asking

pytestmark = pytest.mark.django_db

BASE = settings.EDUVIDEO.base_url
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
VIDEO = "{http://www.google.com/schemas/sitemap-video/1.1}"
# The order of the schema's sequence, and what in it may not be missing.
ELEMENTS = ["thumbnail_loc", "title", "description", "player_loc", "duration", "publication_date"]
REQUIRED = set(ELEMENTS[:4])


def fetched(path: str) -> ET.Element:
    """Fetch a sitemap or an index and hold it to its schema."""
    answer = asking(None).get(path)
    assert answer.status_code == 200, path
    assert answer["Content-Type"] == "application/xml; charset=utf-8"
    root = ET.fromstring(answer.content)
    assert ("max-age=0" in answer["Cache-Control"]) is (root.tag == f"{SITEMAP}urlset")
    kind = {"sitemapindex": "sitemap", "urlset": "url"}[root.tag.removeprefix(SITEMAP)]
    assert 0 < len(root) <= 50_000
    assert len(answer.content) < 50_000_000
    for entry in root:
        assert entry.tag == SITEMAP + kind
        names = [child.tag for child in entry]
        assert names in [
            [SITEMAP + "loc"],
            [SITEMAP + "loc", SITEMAP + "lastmod"],
            [SITEMAP + "loc", SITEMAP + "lastmod", VIDEO + "video"],
        ]
        assert re.fullmatch(re.escape(BASE) + r"/\S*", entry[0].text or "")
        if len(entry) > 1:
            assert datetime.fromisoformat(entry[1].text or "").tzinfo
        if len(entry) > 2:
            check_video(entry[2])
    return root


def check_video(video: ET.Element) -> None:
    names = [child.tag.removeprefix(VIDEO) for child in video]
    assert names == [name for name in ELEMENTS if name in names]
    assert set(names) >= REQUIRED
    assert all(child.text for child in video)
    said = {child.tag.removeprefix(VIDEO): child.text or "" for child in video}
    assert len(said["title"]) <= 120 and len(said["description"]) <= 2048
    assert 1 <= int(said.get("duration", 1)) <= 28_800
    assert said["thumbnail_loc"].startswith(BASE) and said["player_loc"].startswith(f"{BASE}/embed/video/")


def pages() -> dict[str, ET.Element]:
    """Return every address of every sitemap that the index names, as an engine finds them."""
    found = {}
    for file in fetched("/sitemap.xml"):
        for entry in fetched((file[0].text or "").removeprefix(BASE)):
            found[(entry[0].text or "").removeprefix(BASE)] = entry
    return found


def test_engines_find_each_public_page_once_and_nothing_else() -> None:
    video = a_video(title="Light & <shadow>\x0b", subject="physics", grade="8")
    Video.objects.filter(pk=video.pk).update(description="x&" * 5000)
    hidden = [
        a_video(subject="law", state=VideoState.DRAFT), a_video(subject="law", state=VideoState.WITHDRAWN),
        *(a_video(subject="law", visibility=kind) for kind in Visibility.values if kind != Visibility.PUBLIC),
    ]  # fmt: skip
    lists = [a_playlist(video), a_playlist(*hidden[:1], is_published=False)]
    found = pages()
    assert set(found) == {
        "/", "/browse", "/browse?subject=physics", "/browse?grade=8", "/browse?subject=physics&grade=8",
        f"/watch/{video.public_id}", f"/playlist/{lists[0].public_id}", f"/creator/{video.owner.public_id}",
    }  # fmt: skip
    said = {child.tag.removeprefix(VIDEO): child.text for child in found[f"/watch/{video.public_id}"][2]}
    assert said["title"] == "Light & <shadow>"
    assert said["duration"] == "60"
    assert said["thumbnail_loc"] == f"{BASE}/media/{video.asset.played_prefix}poster.jpg"


def test_what_is_withdrawn_is_gone_with_the_next_request() -> None:
    video, other = a_video(), a_video()
    assert f"/watch/{video.public_id}" in pages()
    catalog.unpublish_video(video, by=video.owner)
    assert f"/watch/{video.public_id}" not in pages()
    catalog.delete_video(other, by=other.owner)
    assert not [path for path in pages() if "/watch/" in path]


def test_a_file_knows_when_it_changed() -> None:
    video = a_video()
    moment = clock.now().replace(microsecond=0)
    for updated_at, published_at in ((moment, moment - timedelta(days=1)), (moment - timedelta(days=1), moment)):
        Video.objects.filter(pk=video.pk).update(updated_at=updated_at, published_at=published_at)
        file = next(file for file in fetched("/sitemap.xml") if "lessons" in (file[0].text or ""))
        entry = pages()[f"/watch/{video.public_id}"]
        assert file[1].text == entry[1].text == moment.isoformat()


def test_a_lesson_without_a_still_or_of_a_day_says_less() -> None:
    video = a_video()
    Asset.objects.update(duration_ms=24 * 3_600_000)
    assert [child.tag for child in pages()[f"/watch/{video.public_id}"][2]][-1] == VIDEO + "publication_date"
    TranscodeJob.objects.update(poster="", thumbnail="")
    assert len(pages()[f"/watch/{video.public_id}"]) == 2


def test_many_lessons_are_many_files_of_one_query() -> None:
    first = a_video()
    for number in (1, 2):
        asset = Asset.objects.create(state="ready", is_public=True, current_job=first.asset.current_job)
        Video.objects.create(
            pk=first.pk + number * PER_FILE, asset=asset, owner=first.owner, title="Far", subject="law", grade="1",
            language="en", state=VideoState.PUBLISHED, published_at=clock.now(),
        )  # fmt: skip
    files = [file[0].text or "" for file in fetched("/sitemap.xml")]
    paths = [file.removeprefix(BASE) for file in files if "lessons" in file]
    assert len(paths) == 3
    for path in paths:
        with CaptureQueriesContext(connection) as queries:
            assert len(fetched(path)) == 1
        assert len(queries) == 1


@pytest.mark.parametrize("block", ["7", "9" * 30, "x", "-1"])
def test_there_is_no_empty_file(block: str) -> None:
    a_video()
    assert asking(None).get(f"/sitemaps/lessons-{block}.xml").status_code == 404


def test_a_creator_is_found_while_they_have_something_to_show() -> None:
    video = a_video()
    moment = clock.now().replace(microsecond=0)
    Video.objects.update(updated_at=moment, published_at=moment - timedelta(days=1))
    Video.objects.filter(pk=a_video(owner=video.owner).pk).update(updated_at=moment - timedelta(days=2))
    path = f"/creator/{video.owner.public_id}"
    file = next(file for file in fetched("/sitemap.xml") if "creators" in (file[0].text or ""))
    assert file[1].text == pages()[path][1].text == moment.isoformat()
    with CaptureQueriesContext(connection) as queries:
        fetched((file[0].text or "").removeprefix(BASE))
    assert len(queries) == 1
    User.objects.filter(pk=video.owner.pk).update(is_active=False)
    assert path not in pages()
    User.objects.update(is_active=True)
    Video.objects.update(visibility=Visibility.UNLISTED)
    assert path not in pages()
    assert asking(None).get(f"/sitemaps/creators-{video.owner.pk // PER_FILE}.xml").status_code == 404


def test_robots_know_the_sitemap_and_what_is_not_for_them() -> None:
    answer = asking(None).get("/robots.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    lines = answer.content.decode().splitlines()
    assert f"Sitemap: {BASE}/sitemap.xml" in lines
    assert "Disallow: /studio" in lines
    assert not [
        line for line in lines if line.startswith(("Disallow: /search", "Disallow: /media", "Disallow: /watch"))
    ]

import json
import re
from datetime import datetime

import pytest
from django.conf import settings

from eduvideo.catalog import services as catalog
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.site.structured_data import iso_duration
from tests.factories.catalog import a_video, asking

pytestmark = pytest.mark.django_db

BASE = settings.EDUVIDEO.base_url
SCRIPT = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


def graph_of(video: Video, language: str = "en") -> list[dict[str, object]]:
    page = asking(None).get(f"/watch/{video.public_id}?hl={language}").content.decode()
    found = SCRIPT.findall(page)
    assert len(found) == 1
    data = json.loads(found[0])
    assert data["@context"] == "https://schema.org"
    return list(data["@graph"])


def test_a_lesson_has_all_that_google_asks_for_and_teachers_look_for() -> None:
    video = a_video(title="Light", subject="physics", grade="8", language="en")
    lesson, crumbs = graph_of(video)
    url, played = f"{BASE}/watch/{video.public_id}", f"{BASE}/media/{video.asset.played_prefix}"
    uploaded = datetime.fromisoformat(str(lesson.pop("uploadDate")))
    assert uploaded == video.published_at
    assert uploaded.tzinfo
    assert lesson == {
        "@type": ["VideoObject", "LearningResource"],
        "@id": f"{url}#video",
        "name": "Light",
        "description": "Light",
        "thumbnailUrl": [f"{played}poster.jpg", f"{played}thumbnail.jpg"],
        "url": url,
        "embedUrl": f"{BASE}/embed/video/{video.public_id}",
        "duration": "PT1M",
        "inLanguage": "en",
        "educationalLevel": [
            {"@type": "DefinedTerm", "name": "Grade 8", "alternateName": "初二", "termCode": "2", "inDefinedTermSet": "ISCED 2011"}
        ],
        "about": {"@type": "Thing", "name": "Physics"},
        "learningResourceType": "Lesson",
        "isAccessibleForFree": True,
        "author": {"@type": "Person", "name": video.owner.display_name},
        "publisher": {"@type": "Organization", "name": "EduVideo", "url": f"{BASE}/"},
        "potentialAction": {
            "@type": "SeekToAction",
            "target": f"{url}?t={{seek_to_second_number}}",
            "startOffset-input": "required name=seek_to_second_number",
        },
    }  # fmt: skip
    assert crumbs["@type"] == "BreadcrumbList"
    assert [(step["position"], step["name"], step["item"]) for step in crumbs["itemListElement"]] == [
        (1, "All lessons", f"{BASE}/browse"),
        (2, "Physics", f"{BASE}/browse?subject=physics"),
        (3, "Grade 8", f"{BASE}/browse?subject=physics&grade=8"),
        (4, "Light", url),
    ]  # fmt: skip


def test_chapters_are_clips_that_meet_and_leave_nothing_to_seek() -> None:
    video = a_video()
    marks = [catalog.NewChapter(0, "Halves"), catalog.NewChapter(30_400, "Thirds"), catalog.NewChapter(30_900, "Again")]
    catalog.set_chapters(video, marks)
    lesson = graph_of(video)[0]
    assert "potentialAction" not in lesson
    url = f"{BASE}/watch/{video.public_id}"
    assert lesson["hasPart"] == [
        {"@type": "Clip", "name": "Halves", "startOffset": 0, "endOffset": 30, "url": f"{url}?t=0"},
        {"@type": "Clip", "name": "Again", "startOffset": 30, "endOffset": 60, "url": f"{url}?t=30"},
    ]


def test_it_speaks_the_language_of_the_page() -> None:
    lesson, crumbs = graph_of(a_video(subject="physics", grade="8"), "zh-hans")
    assert lesson["about"] == {"@type": "Thing", "name": "物理"}
    assert crumbs["itemListElement"][0]["name"] == "全部课程"  # type: ignore[index]


def test_a_title_cannot_leave_the_script() -> None:
    title = '</script><script>alert("1")</script><!--'
    video = a_video(title=title)
    catalog.set_chapters(video, [catalog.NewChapter(0, title)])
    lesson = graph_of(video)[0]
    assert lesson["name"] == title
    assert lesson["hasPart"][0]["name"] == title  # type: ignore[index]


@pytest.mark.parametrize(
    "kept", [{"state": VideoState.DRAFT}, {"visibility": Visibility.UNLISTED}, {"visibility": Visibility.ORGANIZATION}]
)
def test_what_is_not_public_says_nothing(kept: dict[str, str]) -> None:
    video = a_video(**kept)  # type: ignore[arg-type]
    page = asking(video.owner).get(f"/watch/{video.public_id}").content.decode()
    assert "ld+json" not in page
    assert "og:image" not in page


@pytest.mark.parametrize(
    ("duration_ms", "written"), [(0, "PT1S"), (59_999, "PT59S"), (60_000, "PT1M"), (3_661_000, "PT1H1M1S"), (7_200_000, "PT2H")]
)  # fmt: skip
def test_lengths_are_iso_8601(duration_ms: int, written: str) -> None:
    assert iso_duration(duration_ms) == written

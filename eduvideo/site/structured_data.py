"""What search engines read of a public lesson: schema.org as JSON-LD. Pure but for the addresses of our settings.

A VideoObject that is a LearningResource too, with a Clip for each chapter, or how to seek where there are none; and the
way to it by subject and grade. Fields as in Google's "Video (VideoObject, Clip, BroadcastEvent) structured data" and
"Learning video"; the transcript stays on the page.
"""

from collections.abc import Sequence

from django.utils import translation
from django.utils.translation import gettext as _

from eduvideo.catalog.models import Video
from eduvideo.catalog.queries import ChapterMark
from eduvideo.catalog.taxonomy import GRADE_BY_ID, SUBJECT_BY_ID, Grade
from eduvideo.embedding.links import absolute
from eduvideo.media.queries import poster_url, thumbnail_url
from eduvideo.site.addresses import browse_path, watch_path

CHINESE = "zh-hans"
ISCED = "ISCED 2011"
SECOND = "seek_to_second_number"

Json = dict[str, object]


def lesson_graph(video: Video, *, chapters: Sequence[ChapterMark]) -> Json:
    """Return the graph of a public lesson, in the page's language. No query when CARD_RELATIONS were selected."""
    return {"@context": "https://schema.org", "@graph": [_lesson(video, chapters), _breadcrumbs(video)]}


def iso_duration(duration_ms: int) -> str:
    """Return a length as ISO 8601 writes it, in whole seconds, at least one."""
    minutes, seconds = divmod(max(duration_ms // 1000, 1), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "H"), (minutes, "M"), (seconds, "S"))
    return "PT" + "".join(f"{number}{unit}" for number, unit in parts if number)


def still_urls(video: Video) -> list[str]:
    """Return the absolute addresses of a public lesson's stills, the largest first."""
    return [absolute(url) for url in (poster_url(video.asset), thumbnail_url(video.asset)) if url]


def _lesson(video: Video, chapters: Sequence[ChapterMark]) -> Json:
    url = absolute(watch_path(video.public_id))
    grade, subject = GRADE_BY_ID[video.grade], SUBJECT_BY_ID[video.subject]
    found: Json = {
        "@type": ["VideoObject", "LearningResource"],
        "@id": f"{url}#video",
        "name": video.title,
        "description": video.description or video.title,
        "thumbnailUrl": still_urls(video),
        "uploadDate": (video.published_at or video.created_at).isoformat(),
        "url": url,
        "embedUrl": absolute(f"/embed/video/{video.public_id}"),
        "inLanguage": video.language,
        "educationalLevel": [_level(grade)],
        "about": {"@type": "Thing", "name": str(subject.name)},
        "learningResourceType": "Lesson",
        "isAccessibleForFree": True,
        "author": {"@type": "Person", "name": video.owner.display_name},
        "publisher": {"@type": "Organization", "name": "EduVideo", "url": absolute("/")},
    }
    duration_ms = video.asset.duration_ms
    if duration_ms is not None:
        found["duration"] = iso_duration(duration_ms)
    if chapters:
        found["hasPart"] = _clips(chapters, url=url, duration_ms=duration_ms)
    else:
        found["potentialAction"] = {
            "@type": "SeekToAction",
            "target": f"{url}?t={{{SECOND}}}",
            "startOffset-input": f"required name={SECOND}",
        }
    return found


def _level(grade: Grade) -> Json:
    with translation.override(CHINESE):
        chinese = str(grade.name)
    return {
        "@type": "DefinedTerm",
        "name": str(grade.name),
        "alternateName": chinese,
        "termCode": str(grade.isced),
        "inDefinedTermSet": ISCED,
    }


def _clips(chapters: Sequence[ChapterMark], *, url: str, duration_ms: int | None) -> list[Json]:
    """Return a Clip for each second at which a chapter begins; each ends where the next one begins."""
    starts = {chapter.start_ms // 1000: chapter.title for chapter in chapters}
    seconds = [*starts]
    ends = [*seconds[1:], max((duration_ms or 0) // 1000, seconds[-1] + 1)]
    return [
        {"@type": "Clip", "name": starts[start], "startOffset": start, "endOffset": end, "url": f"{url}?t={start}"}
        for start, end in zip(seconds, ends, strict=True)
    ]


def _breadcrumbs(video: Video) -> Json:
    subject, grade = SUBJECT_BY_ID[video.subject], GRADE_BY_ID[video.grade]
    steps = (
        (_("All lessons"), browse_path()),
        (str(subject.name), browse_path(subject=subject.id)),
        (str(grade.name), browse_path(subject=subject.id, grade=grade.id)),
        (video.title, watch_path(video.public_id)),
    )
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": absolute(path)}
            for place, (name, path) in enumerate(steps, 1)
        ],
    }

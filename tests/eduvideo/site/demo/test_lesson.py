"""What the demo lessons promise."""

from itertools import pairwise

import pytest

from eduvideo.catalog.taxonomy import GRADE_BY_ID, SUBJECT_BY_ID
from eduvideo.site.demo.diagrams import DIAGRAMS
from eduvideo.site.demo.lesson import DemoLesson
from eduvideo.site.demo.seeding import LESSONS, danmaku_of


def test_there_are_enough_lessons_of_enough_kinds() -> None:
    assert len(LESSONS) >= 12
    assert len({lesson.title for lesson in LESSONS}) == len({lesson.key for lesson in LESSONS}) == len(LESSONS)
    assert len({lesson.subject for lesson in LESSONS}) >= 6
    assert len({lesson.grade for lesson in LESSONS}) >= 6
    assert sum(lesson.language == "zh" for lesson in LESSONS) * 2 == len(LESSONS)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.key)
def test_a_lesson_is_whole(lesson: DemoLesson) -> None:
    assert lesson.subject in SUBJECT_BY_ID
    assert lesson.grade in GRADE_BY_ID
    assert 24_000 <= lesson.duration_ms <= 50_000
    assert all(slide.diagram in DIAGRAMS for slide in lesson.slides)
    cues = list(lesson.cues())
    assert all(start < end <= lesson.duration_ms for start, end, _text in cues)
    assert all(before[1] <= after[0] for before, after in pairwise(cues))
    has_chinese = [any("一" <= sign <= "鿿" for sign in text) for _start, _end, text in cues]
    assert all(has_chinese) if lesson.language == "zh" else not any(has_chinese)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.key)
def test_danmaku_are_the_same_every_time_and_inside_the_lesson(lesson: DemoLesson) -> None:
    items = danmaku_of(lesson, teacher=None)
    assert items == danmaku_of(lesson, teacher=None)
    assert 15 <= len(items) <= 40
    assert all(0 <= item.position_ms < lesson.duration_ms for item in items)

from pathlib import Path

import pytest

from eduvideo.accounts.models import Role
from eduvideo.catalog.models import Video
from eduvideo.catalog.taxonomy import GRADE_BY_ID, SUBJECT_BY_ID
from eduvideo.danmaku.models import Danmaku
from eduvideo.media.captions import parse_captions
from eduvideo.media.models import Asset, AssetState
from eduvideo.site.demo import seeding
from eduvideo.site.demo.diagrams import DIAGRAMS
from eduvideo.site.demo.film import frames, make_film
from eduvideo.site.demo.lesson import DemoLesson
from eduvideo.site.demo.seeding import LESSONS, danmaku_of, seed
from eduvideo.study.guide import guide_html
from tests.factories.danmaku import a_person


def test_there_is_something_for_many() -> None:
    assert len(LESSONS) >= 12
    assert len({lesson.subject for lesson in LESSONS}) >= 6
    assert len({lesson.grade for lesson in LESSONS}) >= 6
    assert {lesson.language for lesson in LESSONS} == {"zh", "en"}
    assert len({lesson.title for lesson in LESSONS}) == len({lesson.key for lesson in LESSONS}) == len(LESSONS)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.key)
class TestEveryLesson:
    def test_keeps_its_promises(self, lesson: DemoLesson) -> None:
        assert lesson.subject in SUBJECT_BY_ID
        assert lesson.grade in GRADE_BY_ID
        assert {slide.diagram for slide in lesson.slides} <= DIAGRAMS.keys()
        cues = parse_captions(lesson.webvtt())
        assert len(cues) == sum(len(slide.said) for slide in lesson.slides)
        assert cues[-1].end_ms <= lesson.duration_ms
        assert "<details>" in guide_html(lesson.study_guide())

    def test_has_danmaku_that_are_the_same_every_time(self, lesson: DemoLesson) -> None:
        items = danmaku_of(lesson, teacher=None)
        assert items == danmaku_of(lesson, teacher=None)
        assert 15 <= len(items) <= 40
        assert all(0 <= item.position_ms < lesson.duration_ms for item in items)

    def test_has_pictures_that_move(self, lesson: DemoLesson) -> None:
        film = frames(lesson)
        first, second = next(film), next(film)
        assert first != second


@pytest.mark.slow
@pytest.mark.django_db
def test_seeding_twice_makes_nothing_twice_and_goes_on_after_an_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    def write_bytes(lesson: DemoLesson, target: Path) -> None:
        if len(made) == 3:
            raise KeyboardInterrupt
        made.append(lesson.key)
        target.write_bytes(b"film of " + lesson.key.encode())

    def encode_at_once(video: Video) -> None:
        Asset.objects.filter(pk=video.asset_id).update(state=AssetState.READY)

    made: list[str] = []
    owner = a_person(Role.CREATOR)
    monkeypatch.setattr(seeding, "_wait_for_worker", encode_at_once)
    with pytest.raises(KeyboardInterrupt):
        seed(owner, make_film=write_bytes, on_lesson=lambda _number, _lesson: None)
    assert Video.objects.count() == 3
    made.extend(["more"])
    assert seed(owner, make_film=write_bytes, on_lesson=lambda _number, _lesson: None) == len(LESSONS) - 3
    count = Danmaku.objects.count()
    assert seed(owner, make_film=write_bytes, on_lesson=lambda _number, _lesson: None) == 0
    assert Video.objects.count() == len(LESSONS)
    assert Danmaku.objects.count() == count


@pytest.mark.slow
def test_a_film_has_picture_and_sound(tmp_path: Path) -> None:
    import json
    import subprocess

    from transcoding.settings import programs

    make_film(LESSONS[0], tmp_path / "film.mp4")
    command = [
        programs().ffprobe,
        "-v",
        "error",
        "-show_streams",
        "-show_format",
        "-of",
        "json",
        str(tmp_path / "film.mp4"),
    ]
    facts = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)
    assert {stream["codec_type"] for stream in facts["streams"]} == {"video", "audio"}
    assert abs(float(facts["format"]["duration"]) * 1000 - LESSONS[0].duration_ms) < 500

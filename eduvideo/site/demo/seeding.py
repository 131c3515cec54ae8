"""Sending the demo lessons down the road of an upload, one after the other, so that nobody's own lesson waits long."""

import random
import tempfile
import time
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path

from eduvideo.accounts.models import User
from eduvideo.catalog import services as catalog
from eduvideo.catalog.models import Video
from eduvideo.catalog.services import NewChapter
from eduvideo.danmaku.models import Danmaku
from eduvideo.danmaku.services import NewDanmaku, add_danmaku_bulk
from eduvideo.media.captioning import put_captions
from eduvideo.media.models import AssetState, Priority
from eduvideo.media.slots import is_any_worker_alive
from eduvideo.site.demo.lesson import SLIDE_MS, DemoLesson
from eduvideo.site.demo.lessons_en import LESSONS_EN
from eduvideo.site.demo.lessons_zh import LESSONS_ZH
from eduvideo.study.queries import study_guide_of
from eduvideo.study.services import set_study_guide

LESSONS = tuple(lesson for pair in zip_longest(LESSONS_ZH, LESSONS_EN) for lesson in pair if lesson)
COMMON = {
    "zh": ("打卡", "前排学习", "666", "老师好", "这里要考", "没听懂，再看一遍", "学到了", "二倍速也能听懂", "做笔记中",
           "原来如此", "懂了懂了", "这个图太清楚了", "课代表来了", "三刷了", "妙啊", "收藏了", "考前复习", "终于明白了",
           "板书好工整", "同桌推荐来的", "这一步是关键", "暂停抄一下", "老师讲得真好", "明天考试，冲"),
    "en": ("here to learn", "taking notes", "rewatching this part", "so clear", "thank you!", "wait, again please",
           "this will be in the test", "nice diagram", "good morning from Lagos", "that makes sense now",
           "oh, that is why", "day 3 of revising", "pausing to copy this", "greetings from Chengdu", "saved for later",
           "my teacher said the same", "best explanation so far", "one more time", "watching before my exam",
           "finally clear", "this step is the key", "hello class", "love the drawing", "almost got it"),
}  # fmt: skip
ANSWERS = {"zh": "好问题，看学习指南里的例题。", "en": "Good question: see the example in the study guide."}
COLORS = ("#ffffff", "#ffffff", "#ffffff", "#ffd54f", "#80deea", "#a5d6a7", "#f48fb1")
MODES = ("top", *["scroll"] * 15)
DANMAKU_PER_LESSON = 24
POLL_S = 0.5
PATIENCE_S = 120

Film = Callable[[DemoLesson, Path], None]


class NothingTranscodesError(Exception):
    """No worker has taken a demo lesson for two minutes, and none is there."""


def seed(owner: User, *, make_film: Film, on_lesson: Callable[[int, DemoLesson], None]) -> int:
    """Make what is missing of the demo lessons; return how many were new. Interrupted, it goes on the next time."""
    made = 0
    for number, lesson in enumerate(LESSONS, 1):
        on_lesson(number, lesson)
        video = Video.objects.filter(owner=owner, title=lesson.title).select_related("asset").first()
        if video is None:
            video = publish_lesson(lesson, owner=owner, make_film=make_film)
            made += 1
        complete_lesson(video, lesson, owner=owner)
        _wait_for_worker(video)
    return made


def publish_lesson(lesson: DemoLesson, *, owner: User, make_film: Film) -> Video:
    """Film a lesson and publish it as an upload would be."""
    with tempfile.TemporaryDirectory(prefix="eduvideo-demo-") as folder:
        file = Path(folder, f"{lesson.key}.mp4")
        make_film(lesson, file)
        return catalog.create_video_from_file(
            file,
            owner=owner,
            title=lesson.title,
            description=lesson.description,
            subject=lesson.subject,
            grade=lesson.grade,
            language=lesson.language,
            publish=True,
            priority=Priority.BULK,
        )


def complete_lesson(video: Video, lesson: DemoLesson, *, owner: User) -> None:
    """Add chapters, captions, guide and danmaku where they are missing."""
    if not video.chapters.exists():
        marks = [NewChapter(number * SLIDE_MS, slide.heading) for number, slide in enumerate(lesson.slides)]
        catalog.set_chapters(video, marks)
    if not video.asset.caption_tracks.exists():
        put_captions(video.asset, language=lesson.language, text=lesson.webvtt())
    if not study_guide_of(video):
        set_study_guide(video, markdown=lesson.study_guide())
    if not Danmaku.objects.filter(video=video).exists():
        add_danmaku_bulk(video, danmaku_of(lesson, teacher=owner))


def danmaku_of(lesson: DemoLesson, *, teacher: User | None) -> list[NewDanmaku]:
    """Return a lesson's danmaku in the order of time, the same every time."""
    chance = random.Random(lesson.key)  # noqa: S311 - demo, not a secret
    texts = [*lesson.remarks, *chance.sample(COMMON[lesson.language], k=DANMAKU_PER_LESSON - len(lesson.remarks))]
    times = sorted(chance.randrange(500, lesson.duration_ms - 500) for _ in texts)
    chance.shuffle(texts)
    items = []
    for number, (time_ms, text) in enumerate(zip(times, texts, strict=True)):
        is_question = text.endswith(("?", "？"))
        items.append(
            NewDanmaku(
                time_ms,
                text,
                mode=chance.choice(MODES),
                color=chance.choice(COLORS),
                kind="question" if is_question else "comment",
                writer=f"demo-{number % 9}",
            )
        )
        if is_question:
            reply_ms = min(time_ms + 1500, lesson.duration_ms - 100)
            items.append(
                NewDanmaku(
                    reply_ms, ANSWERS[lesson.language], color="#ffd54f", kind="teacher", weight=10, author=teacher
                )
            )
    return sorted(items, key=lambda item: item.position_ms)


def _wait_for_worker(video: Video) -> None:
    """Return when a lesson has been encoded, has failed, or waits for long; raise when nobody is there to encode it."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        video.asset.refresh_from_db(fields=["state"])
        if video.asset.state in {AssetState.READY, AssetState.FAILED}:
            return
        time.sleep(POLL_S)
    if video.asset.state in {AssetState.WAITING, AssetState.PROCESSING} and not is_any_worker_alive():
        raise NothingTranscodesError(
            f"{video.title} has not been encoded within {PATIENCE_S} s; is the transcoder running?"
        )

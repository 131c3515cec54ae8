"""Reads of danmaku."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from operator import itemgetter
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet

from eduvideo.catalog.models import Video
from eduvideo.core.prepared import Given, Prepared
from eduvideo.danmaku.formats.records import Record
from eduvideo.danmaku.models import Danmaku, DanmakuCounter, DanmakuPolicy, DanmakuState, Kind
from eduvideo.danmaku.policy import Policy, decided_policy, policy_of_grade
from eduvideo.danmaku.segments import SHOWN_PER_SEGMENT, DanmakuItem, DanmakuSegment, News, css_color

MOST_ASKED = 2_000  # questions and answers of one lesson in its study guide
CHOSEN_AMONG = 4 * SHOWN_PER_SEGMENT
NO_COUNTER = DanmakuCounter()  # of a video on which nobody has said anything
BACKLOG = 500  # who missed more than this fetches segments again
EXPORTED = tuple(field.name if field.name != "id" else "public_id" for field in fields(Record))
COLUMNS = ("seq", "public_id", "position_ms", "mode", "color", "size_px", "text", "weight", "kind", "author_key",
           "likes", "reply_to")  # fmt: skip


# The ORM would name the 500 that were chosen one by one, which takes longer than all else. SQLite keeps the order of a
# CROSS JOIN, so it looks up these and goes through no minute again; PostgreSQL does so by itself.
SEGMENT = f"""
WITH weightiest AS (
    SELECT id, weight, text_key FROM danmaku_danmaku
    WHERE video_id = %s AND segment = %s AND state = 'visible' AND mode <> 'special'
    ORDER BY weight DESC, text_key, id LIMIT {CHOSEN_AMONG}
), told AS (
    SELECT min(id) AS first, max(weight) AS weight, count(*) AS count FROM weightiest
    GROUP BY text_key ORDER BY max(weight) DESC, text_key LIMIT {SHOWN_PER_SEGMENT}
)
SELECT seq, public_id, position_ms, mode, color, size_px, text, told.weight, kind, author_key,
    likes, reply_to, told.count
FROM told CROSS JOIN danmaku_danmaku WHERE id = told.first
"""  # noqa: S608 - our own numbers


def segment(video: Video, n: int) -> DanmakuSegment:
    """Return minute n (from 0) of a video: the 500 of the greatest weight, by position. Two queries."""
    return segment_until(video, n, cursor=cursor(video))


def segment_until(video: Video, n: int, *, cursor: int) -> DanmakuSegment:
    """Return minute n as it was at a cursor that was read before; what came later comes by the stream. One query.

    Comments that say the same are one: the first of them, with the greatest of their weights and their count. In a
    minute of more than 2,000 these are looked for among the weightiest, so that no minute takes longer.
    """
    with connection.cursor() as asked:
        asked.execute(SEGMENT, [video.pk, n])
        rows = [row for row in asked.fetchall() if row[0] <= cursor]  # in SQL, SQLite would take the wrong index
    rows.sort(key=itemgetter(2, 0))
    return DanmakuSegment(str(cursor), tuple(_item(row[:-1], count=row[-1]) for row in rows))


def cursor(video: Video) -> int:
    """Return the number of the last change to a video's danmaku; everything up to it can be read. One query."""
    return DanmakuCounter.objects.filter(video=video).values_list("last_seq", flat=True).first() or 0


def visible_counts(videos: Iterable[Video]) -> dict[int, int]:
    """Return how many danmaku each video shows, by its pk. One query, or none with `danmaku_counter` selected."""
    known: dict[int, int] = {}
    unknown: list[int] = []
    for video in videos:
        if Video.danmaku_counter.is_cached(video):
            known[video.pk] = getattr(video, "danmaku_counter", NO_COUNTER).visible_count
        else:
            unknown.append(video.pk)
    if unknown:
        counts = DanmakuCounter.objects.filter(video__in=unknown).values_list("video_id", "visible_count")
        known |= dict.fromkeys(unknown, 0) | dict(counts)
    return known


def latest(video: Video, limit: int) -> list[DanmakuItem]:
    """Return a video's last danmaku, newest first. One query."""
    rows = Danmaku.objects.drawn().filter(video=video).order_by("-seq").values_list(*COLUMNS)[:limit]
    return [_item(row) for row in rows]


def news(video_pk: int, *, after: int, until: int | None = None) -> News:
    """Return what happened to a video's danmaku after one cursor and until another (by default until now). Two queries.

    It is a reset when an older danmaku was changed, too much happened, or `after` was never given out.
    """
    counter = DanmakuCounter.objects.filter(video=video_pk).values_list("last_seq", "reset_seq").first()
    last_seq, reset_seq = counter or (0, 0)
    end = last_seq if until is None else until
    if reset_seq > after or after > last_seq:
        return News(end, is_reset=True)
    found = Danmaku.objects.drawn().filter(video=video_pk, seq__gt=after, seq__lte=end).order_by("seq")
    rows = list(found.values_list(*COLUMNS)[: BACKLOG + 1])
    if len(rows) > BACKLOG:
        return News(end, is_reset=True)
    return News(end, tuple((row[0], _item(row).as_json()) for row in rows))


def policy_of(video: Video) -> Policy:
    """Return what may be sent on a video: as its owner decided, else as its grade asks for. One query."""
    decided = DanmakuPolicy.objects.filter(video=video).values_list("state", "pause_s").first()
    return decided_policy(video.grade, *decided) if decided else policy_of_grade(video.grade)


# For a row of Video that other apps ask for as well: columns, and what is read from them.
POLICY_COLUMNS = {
    "danmaku_policy_state": F("danmaku_policy__state"),
    "danmaku_policy_pause_s": F("danmaku_policy__pause_s"),
}


def policy_in(row: Mapping[str, Any], *, grade: str) -> Policy:  # Any: values of the columns
    """Return what policy_of does, from a row with POLICY_COLUMNS."""
    state = row["danmaku_policy_state"]
    return decided_policy(grade, state, row["danmaku_policy_pause_s"]) if state else policy_of_grade(grade)


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """A question of a lesson and what its teachers answered, in the order in which they did."""

    id: str
    position_ms: int
    text: str
    answers: tuple[str, ...]


def answered_questions(video: Video) -> list[AnsweredQuestion]:
    """Return the questions that were answered, in the order of the lesson, as far as both are shown to all.

    Of more than two thousand questions and answers the first of the lesson count. One query.
    """
    found = sorted(_ANSWERED(video=video.pk, limit=MOST_ASKED))
    answers: dict[str, list[str]] = defaultdict(list)
    for _seq, kind, _id, question, _position_ms, text in found:
        if kind == Kind.ANSWER:
            answers[question].append(text)
    questions = [
        AnsweredQuestion(public_id, position_ms, text, answers=tuple(answers[public_id]))
        for _seq, kind, public_id, _to, position_ms, text in found
        if kind == Kind.QUESTION and public_id in answers
    ]
    return sorted(questions, key=lambda question: question.position_ms)


def _asked_and_answered(video: Given) -> QuerySet[Danmaku, tuple[int, str, str, str, int, str]]:
    """In the order of their index: by what came last, SQLite would look for the few among all danmaku."""
    given = Danmaku.objects.answers().filter(video=video)
    is_answered = Q(kind=Kind.QUESTION, public_id__in=given.values("reply_to"))
    shown = Danmaku.objects.asked().filter(video=video, state=DanmakuState.VISIBLE).order_by("position_ms")
    rows = shown.filter(is_answered | (Q(kind=Kind.ANSWER) & ~Q(reply_to="")))
    return rows.values_list("seq", "kind", "public_id", "reply_to", "position_ms", "text")


_ANSWERED = Prepared(_asked_and_answered)


def exported(video: Video) -> Iterator[Record]:
    """Yield all that was not taken off, also what is never drawn, in the order in which it came. Read as it is used."""
    rows = Danmaku.objects.filter(video=video, state=DanmakuState.VISIBLE).order_by("seq")
    for row in rows.values_list(*EXPORTED).iterator(chunk_size=2000):
        yield Record(*row)


def item_of(danmaku: Danmaku) -> DanmakuItem:
    """Return one danmaku in the shape of a segment's items."""
    return _item(tuple(getattr(danmaku, column) for column in COLUMNS))


def _item(row: Sequence[Any], *, count: int = 1) -> DanmakuItem:  # Any: values of COLUMNS
    seq, public_id, position_ms, mode, color, size_px, text, weight, kind, author_key, likes, reply_to = row
    look = (mode, css_color(color), size_px, text)
    return DanmakuItem(seq, public_id, position_ms, *look, weight, kind, author_key, likes, reply_to, count)

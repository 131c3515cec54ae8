"""Reads of danmaku."""

from collections.abc import Iterable, Iterator
from dataclasses import fields

from eduvideo.catalog.models import Video
from eduvideo.danmaku.formats.records import Record
from eduvideo.danmaku.models import Danmaku, DanmakuCounter, DanmakuState
from eduvideo.danmaku.segments import SHOWN_PER_SEGMENT, DanmakuItem, DanmakuSegment, News, css_color

BACKLOG = 500  # who missed more than this fetches segments again
EXPORTED = tuple(field.name if field.name != "id" else "public_id" for field in fields(Record))
COLUMNS = ("seq", "public_id", "position_ms", "mode", "color", "size_px", "text", "weight", "kind", "author_key")


def segment(video: Video, n: int) -> DanmakuSegment:
    """Return minute n (from 0) of a video: the 500 of the greatest weight, by position. Two queries."""
    return segment_until(video, n, cursor=cursor(video))


def segment_until(video: Video, n: int, *, cursor: int) -> DanmakuSegment:
    """Return minute n as it was at a cursor that was read before; what came later comes by the stream. One query."""
    best = Danmaku.objects.drawn().filter(video=video, segment=n).order_by("-weight", "public_id")
    # The few that came since the cursor are dropped here: asked for in SQL, SQLite would take the wrong index.
    known = [row for row in best.values_list(*COLUMNS)[:SHOWN_PER_SEGMENT] if row[0] <= cursor]
    items = sorted(map(_item, known), key=lambda item: (item.position_ms, item.seq))
    return DanmakuSegment(str(cursor), tuple(items))


def cursor(video: Video) -> int:
    """Return the number of the last change to a video's danmaku; everything up to it can be read. One query."""
    return DanmakuCounter.objects.filter(video=video).values_list("last_seq", flat=True).first() or 0


def visible_counts(videos: Iterable[Video]) -> dict[int, int]:
    """Return how many danmaku each video shows, by its pk. One query."""
    pks = [video.pk for video in videos]
    counts = DanmakuCounter.objects.filter(video__in=pks).values_list("video_id", "visible_count")
    return dict.fromkeys(pks, 0) | dict(counts)


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


def exported(video: Video) -> Iterator[Record]:
    """Yield all that was not taken off, also what is never drawn, in the order in which it came. Read as it is used."""
    rows = Danmaku.objects.filter(video=video, state=DanmakuState.VISIBLE).order_by("seq")
    for row in rows.values_list(*EXPORTED).iterator(chunk_size=2000):
        yield Record(*row)


def item_of(danmaku: Danmaku) -> DanmakuItem:
    """Return one danmaku in the shape of a segment's items."""
    return _item(tuple(getattr(danmaku, column) for column in COLUMNS))


def _item(row: tuple[int, str, int, str, int, int, str, int, str, str]) -> DanmakuItem:
    seq, public_id, position_ms, mode, color, size_px, text, weight, kind, author_key = row
    return DanmakuItem(seq, public_id, position_ms, mode, css_color(color), size_px, text, weight, kind, author_key)

"""Many danmaku at once: imports and the demo."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.core import clock
from eduvideo.core.ids import new_public_id
from eduvideo.danmaku import channel
from eduvideo.danmaku.authors import author_key
from eduvideo.danmaku.models import TEXT_CODE_POINTS, Danmaku, DanmakuCounter, DanmakuState, Kind, Mode
from eduvideo.danmaku.segments import color_number, dumps, segment_of
from eduvideo.danmaku.sequence import take_seq
from eduvideo.moderation.text import clean_line, shortened

CHUNK = 2_000  # keeps a write transaction under 100 ms
COLUMNS = (
    "public_id", "video_id", "position_ms", "segment", "mode", "kind", "color", "size_px", "text", "weight", "state",
    "author_id", "author_key", "raw", "created_at",
)  # fmt: skip
Row = tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class NewDanmaku:
    """A danmaku to be added as it is. `writer` stands for an author who has no account here, in any form."""

    position_ms: int
    text: str
    mode: str = Mode.SCROLL.value
    color: str = "#ffffff"
    size_px: int = 25
    kind: str = Kind.COMMENT.value
    weight: int = 5
    author: User | None = None
    writer: str = ""
    created_at: datetime | None = None
    raw: dict[str, Any] | None = None  # Any: JSON that is only kept


def insert_all(video: Video, items: Iterable[NewDanmaku]) -> int:
    """Insert all items in transactions of some thousands and return how many; viewers are told to fetch again."""
    prepared = Preparation(video.pk)
    remaining = iter(items)
    count = 0
    while chunk := list(islice(remaining, CHUNK)):
        _insert(
            video.pk, [prepared.row(item) for item in chunk], drawn=sum(item.mode != Mode.SPECIAL for item in chunk)
        )
        count += len(chunk)
    return count


class Preparation:
    """Turns items into rows of COLUMNS. Django's own bulk_create takes four times as long for this table."""

    def __init__(self, video_pk: int) -> None:
        self.video_pk = video_pk
        self.longest = settings.EDUVIDEO.danmaku_max_length
        self.now = clock.now()
        self.author_key = cache(partial(author_key, video_pk))

    def row(self, item: NewDanmaku) -> Row:
        writer = f"user:{item.author.pk}" if item.author else item.writer
        return (
            new_public_id(),
            self.video_pk,
            item.position_ms,
            segment_of(item.position_ms),
            item.mode,
            item.kind,
            color_number(item.color),
            item.size_px,
            shortened(clean_line(item.text), self.longest)[:TEXT_CODE_POINTS],
            item.weight,
            DanmakuState.VISIBLE.value,
            item.author.pk if item.author else None,
            self.author_key(writer) if writer else "",
            None if item.raw is None else dumps(item.raw),
            connection.ops.adapt_datetimefield_value(item.created_at or self.now),
        )


@transaction.atomic
def _insert(video_pk: int, rows: list[Row], *, drawn: int) -> None:
    last = take_seq(video_pk, count=len(rows))
    _write([(*row, seq) for seq, row in enumerate(rows, start=last - len(rows) + 1)])
    counter = DanmakuCounter.objects.filter(video=video_pk)
    counter.update(reset_seq=last, visible_count=F("visible_count") + drawn)
    transaction.on_commit(partial(channel.publish, video_pk, seq=last))


def _write(rows: list[Row]) -> None:
    """Write rows of COLUMNS and seq in the quickest way that the database has."""
    table = Danmaku._meta.db_table  # noqa: SLF001 - the documented name of it
    columns = ", ".join([*COLUMNS, "seq"])
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            values = ", ".join(["%s"] * (len(COLUMNS) + 1))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({values})", rows)  # noqa: S608 - our own names

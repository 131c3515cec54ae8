"""Many danmaku at once: imports and the demo."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache, partial
from itertools import chain, islice
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.core import clock
from eduvideo.core.ids import new_public_ids
from eduvideo.danmaku import channel
from eduvideo.danmaku.authors import author_key
from eduvideo.danmaku.models import TEXT_CODE_POINTS, Danmaku, DanmakuCounter, DanmakuState, Kind, Mode
from eduvideo.danmaku.sameness import own_key, text_key
from eduvideo.danmaku.segments import color_number, dumps, segment_of
from eduvideo.danmaku.sequence import take_seq
from eduvideo.moderation.text import clean_line, shortened

CHUNK = 2_000  # keeps a write transaction under 100 ms
STATEMENT = 400  # rows; SQLite prepares its checks once for all of them, and takes 32,766 values
REMEMBERED = 20_000  # texts, authors, colors and moments of a file come again and again
COMMENT, SPECIAL, VISIBLE = Kind.COMMENT.value, Mode.SPECIAL.value, DanmakuState.VISIBLE.value
COLUMNS = (
    "public_id", "video_id", "position_ms", "segment", "mode", "kind", "color", "size_px", "text", "weight", "state",
    "author_id", "author_key", "raw", "created_at", "text_key", "likes", "reply_to", "own_weight",
    "seq",
)  # fmt: skip
Row = tuple[str | int | None, ...]


class NewDanmaku(NamedTuple):
    """A danmaku to be added as it is. `writer` stands for an author who has no account here, in any form.

    It gets an id of its own, unless one is said so that an answer can name it in reply_to. It is a tuple because a
    frozen dataclass takes three times as long to make, and an import makes a million.
    """

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
    id: str = ""
    reply_to: str = ""


def insert_all(video: Video, items: Iterable[NewDanmaku]) -> int:
    """Insert all items in transactions of some thousands and return how many; viewers are told to fetch again.

    Their numbers are in the order of the items. They are written in the order of their positions: then a transaction
    changes few pages of the index by minutes. So the first one takes the numbers of all, and each later one a number
    of its own for what viewers are told.
    """
    prepared = Preparation(video.pk)
    given = list(items)
    places = sorted(range(len(given)), key=lambda place: given[place].position_ms)
    first = 0
    for begin in range(0, len(given), CHUNK):
        chunk = places[begin : begin + CHUNK]
        drawn = sum(given[place].mode != SPECIAL for place in chunk)
        with transaction.atomic():
            last = take_seq(video.pk, count=1 if begin else len(given))
            first = first or last - len(given) + 1
            _write(prepared.rows([given[place] for place in chunk], numbers=[first + place for place in chunk]))
            counter = DanmakuCounter.objects.filter(video=video)
            counter.update(reset_seq=last, visible_count=F("visible_count") + drawn)
            transaction.on_commit(partial(channel.publish, video.pk, seq=last))
    return len(given)


class Preparation:
    """Turns items into rows of COLUMNS. Django's own bulk_create takes four times as long for this table."""

    def __init__(self, video_pk: int) -> None:
        self.video_pk = video_pk
        self.longest = settings.EDUVIDEO.danmaku_max_length
        self.now = clock.now()
        self.author_key = lru_cache(REMEMBERED)(partial(author_key, video_pk))
        self.said = lru_cache(REMEMBERED)(self._said)
        self.color = lru_cache(REMEMBERED)(color_number)
        self.moment = lru_cache(REMEMBERED)(connection.ops.adapt_datetimefield_value)

    def rows(self, items: list[NewDanmaku], *, numbers: list[int]) -> Iterator[Row]:
        """Yield the rows of items that are written together: PostgreSQL takes one in while the next is made."""
        for item, seq, new_id in zip(items, numbers, new_public_ids(len(items)), strict=True):
            yield self._row(item, seq, item.id or new_id)

    def _row(self, item: NewDanmaku, seq: int, public_id: str) -> Row:
        position_ms, said, mode, color, size_px, kind, weight, author, writer, created_at, raw, _id, reply_to = item
        if author:
            writer = f"user:{author.pk}"
        text, key = self.said(said)
        return (
            public_id,
            self.video_pk,
            position_ms,
            segment_of(position_ms),
            mode,
            kind,
            self.color(color),
            size_px,
            text,
            weight,
            VISIBLE,
            author.pk if author else None,
            self.author_key(writer) if writer else "",
            None if raw is None else dumps(raw),
            self.moment(created_at or self.now),
            key if kind == COMMENT else own_key(public_id),
            0,
            reply_to,
            weight,
            seq,
        )

    def _said(self, text: str) -> tuple[str, int]:
        clean = shortened(clean_line(text), self.longest)[:TEXT_CODE_POINTS]
        return clean, text_key(clean)


def _write(rows: Iterator[Row]) -> None:
    """Write rows in the quickest way that the database has."""
    table, columns = Danmaku._meta.db_table, ", ".join(COLUMNS)  # noqa: SLF001 - the documented name of it
    with connection.cursor() as cursor, connection.wrap_database_errors:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        place = f"({', '.join('?' * len(COLUMNS))})"
        while some := list(islice(rows, STATEMENT)):
            insert = f"INSERT INTO {table} ({columns}) VALUES {', '.join([place] * len(some))}"  # noqa: S608 - our own names
            # Past Django's cursor, which would replace thousands of placeholders each time.
            connection.connection.execute(insert, list(chain.from_iterable(some)))

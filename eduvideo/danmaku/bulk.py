"""Many danmaku at once: imports and the demo."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.core import clock
from eduvideo.core.ids import new_public_id
from eduvideo.danmaku import channel
from eduvideo.danmaku.authors import author_key
from eduvideo.danmaku.models import TEXT_CODE_POINTS, Danmaku, DanmakuCounter, Kind, Mode
from eduvideo.danmaku.segments import color_number, segment_of
from eduvideo.danmaku.sequence import take_seq
from eduvideo.moderation.text import clean_line, shortened

CHUNK = 2_000  # keeps a write transaction under 100 ms


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
    remaining = iter(items)
    count = 0
    while rows := [_row(video.pk, item) for item in islice(remaining, CHUNK)]:
        _insert(video.pk, rows)
        count += len(rows)
    return count


@transaction.atomic
def _insert(video_pk: int, rows: list[Danmaku]) -> None:
    last = take_seq(video_pk, count=len(rows))
    for seq, row in enumerate(rows, start=last - len(rows) + 1):
        row.seq = seq
    Danmaku.objects.bulk_create(rows)
    drawn = sum(row.mode != Mode.SPECIAL for row in rows)
    counter = DanmakuCounter.objects.filter(video=video_pk)
    counter.update(reset_seq=last, visible_count=F("visible_count") + drawn)
    transaction.on_commit(partial(channel.publish, video_pk, seq=last))


def _row(video_pk: int, item: NewDanmaku) -> Danmaku:
    writer = f"user:{item.author.pk}" if item.author else item.writer
    return Danmaku(
        public_id=new_public_id(),
        video_id=video_pk,
        position_ms=item.position_ms,
        segment=segment_of(item.position_ms),
        mode=item.mode,
        kind=item.kind,
        color=color_number(item.color),
        size_px=item.size_px,
        text=shortened(clean_line(item.text), settings.EDUVIDEO.danmaku_max_length)[:TEXT_CODE_POINTS],
        weight=item.weight,
        author=item.author,
        author_key=author_key(video_pk, writer) if writer else "",
        raw=item.raw,
        created_at=item.created_at or clock.now(),
    )

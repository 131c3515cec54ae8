"""Lists of danmaku with all that is known of them: for those who moderate a lesson, and for their authors."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils.translation import gettext as _

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.catalog.queries import watchable_by
from eduvideo.core.errors import InvalidInputError
from eduvideo.core.pagination import decode_cursor, encode_cursor, page_by_time
from eduvideo.danmaku.models import Care, Danmaku, DanmakuQuerySet, DanmakuState
from eduvideo.moderation import queries as moderation
from eduvideo.moderation.models import Decision, ThingKind
from eduvideo.moderation.queries import Said

PAGE_SIZE = 50
GREATEST = 2**63 - 1


class Stand(StrEnum):
    """How a danmaku stands, as it is asked for in lists."""

    VISIBLE = "visible"
    HIDDEN = "hidden"
    REPORTED = "reported"  # weighs least until somebody decides
    PROTECTED = "protected"


class Order(StrEnum):
    NEWEST = "newest"
    POSITION = "position"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which danmaku of a lesson are asked for; empty is all. has_reports: nobody has decided on them yet."""

    stand: Stand | None = None
    kind: str = ""
    has_reports: bool = False
    author_key: str = ""
    text: str = ""
    order: Order = Order.NEWEST


@dataclass(frozen=True, slots=True)
class Entry:
    """A danmaku, what its open reports say, and the last decision on it.

    is_watchable is whether its author may still watch the lesson, and so know what it is called today.
    """

    danmaku: Danmaku
    said: Said
    decision: Decision | None
    is_watchable: bool = True

    @property
    def hidden_by(self) -> Decision | None:
        """Return the decision that keeps it hidden; None where it is shown."""
        return self.decision if self.danmaku.state == DanmakuState.HIDDEN else None


@dataclass(frozen=True, slots=True)
class Entries:
    """One page, and the cursor of the page after it."""

    items: list[Entry]
    next: str | None


def entries_of(video: Video, wanted: Wanted, *, cursor: str | None = None, size: int = PAGE_SIZE) -> Entries:
    """Return one page of a lesson's danmaku with their authors, without those that were taken back.

    Three queries, and one more to find those with reports. Raises InvalidInputError for a cursor that is not ours.
    """
    rows = _wanted(video, wanted).select_related("author")
    if wanted.order is Order.POSITION:
        rows = _after_position(rows, cursor).order_by("segment", "position_ms", "seq")
    else:
        rows = _before_seq(rows, cursor).order_by("-seq")
    found = list(rows[: size + 1])
    for row in found:
        row.video = video
    after = _cursor_of(found[size - 1], wanted.order) if len(found) > size else None
    return Entries(_entries(found[:size]), after)


def own_entries(author: User, *, cursor: str | None = None, size: int = PAGE_SIZE) -> Entries:
    """Return one page of what somebody sent to any lesson, newest first, also what is hidden or taken back.

    Each comes with its video and that one's owner. Three queries.
    """
    may_watch = ExpressionWrapper(watchable_by(author), output_field=BooleanField())
    mine = Danmaku.objects.filter(author=author).annotate(may_watch=may_watch).select_related("video__owner")
    page = page_by_time(mine, field="created_at", cursor=cursor, size=size)
    rows = zip(_entries(page.items), page.items, strict=True)
    return Entries([replace(entry, is_watchable=bool(row.may_watch)) for entry, row in rows], page.next)  # type: ignore[attr-defined]  # annotated above


def entries_by_id(ids: Collection[str]) -> dict[str, Entry]:
    """Return danmaku of any lessons with their videos and authors, by their ids. Three queries."""
    rows = Danmaku.objects.filter(public_id__in=ids).select_related("video__owner", "author")
    return {entry.danmaku.public_id: entry for entry in _entries(list(rows))}


def _entries(rows: Sequence[Danmaku]) -> list[Entry]:
    ids = [row.public_id for row in rows]
    said = moderation.said_of(ThingKind.DANMAKU, ids)
    decisions = moderation.latest_decisions(ThingKind.DANMAKU, ids)
    return [Entry(row, said.get(row.public_id, Said()), decisions.get(row.public_id)) for row in rows]


def _wanted(video: Video, wanted: Wanted) -> DanmakuQuerySet:
    rows = Danmaku.objects.filter(video=video).exclude(state=DanmakuState.DELETED)
    if wanted.stand in {Stand.VISIBLE, Stand.HIDDEN}:
        rows = rows.filter(state=wanted.stand)
    elif wanted.stand:
        rows = rows.filter(care=Care(wanted.stand))
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.has_reports:
        rows = rows.filter(public_id__in=moderation.reported_things(ThingKind.DANMAKU, video=video.public_id))
    if wanted.author_key:
        rows = rows.filter(author_key=wanted.author_key)
    return rows.filter(text__icontains=wanted.text) if wanted.text else rows


def _before_seq(rows: DanmakuQuerySet, cursor: str | None) -> DanmakuQuerySet:
    return rows.filter(seq__lt=_numbers(cursor, 1)[0]) if cursor else rows


def _after_position(rows: DanmakuQuerySet, cursor: str | None) -> DanmakuQuerySet:
    """Keep what comes after a cursor; the minute is said too because it is what the index begins with."""
    if not cursor:
        return rows
    segment, position_ms, seq = _numbers(cursor, 3)
    later = Q(position_ms__gt=position_ms) | Q(position_ms=position_ms, seq__gt=seq)
    return rows.filter(later, segment__gte=segment)


def _cursor_of(last: Danmaku, order: Order) -> str:
    return encode_cursor([last.segment, last.position_ms, last.seq] if order is Order.POSITION else [last.seq])


def _numbers(cursor: str, count: int) -> list[int]:
    numbers = [value for value in decode_cursor(cursor) if type(value) is int and 0 <= value <= GREATEST]
    if len(numbers) != count:
        raise InvalidInputError.of("cursor", _("This page cursor is not valid; start from the first page."))
    return numbers

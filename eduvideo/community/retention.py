"""Which parts of lessons are played: counted in the broker as players tell, and moved to the database once a minute.

A lesson has a hundred parts of equal length. Of each viewing a part counts once, and once more if it was played again;
a viewing is one viewer's time with a lesson until six hours pass without. What tells viewers apart is a keyed hash that
nobody can turn back, kept for these six hours; the database has sums only.

Counts are moved in batches that nothing loses or doubles: the broker takes a batch out of the counters in one step, the
transaction that adds it also notes its name, and only then is it deleted. Whatever ends in between is done by the next
task, which leaves out what is noted already.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from eduvideo.catalog.models import Video
from eduvideo.community.models import DailyWatching, MovedWatching
from eduvideo.core import clock
from eduvideo.core.broker import broker
from eduvideo.core.errors import TooManyRequestsError

PARTS = 100
FINISHED_FROM = 95  # whoever has played one of the last parts has come to the end
LONGEST_REPORT_MS = 300_000  # of the lesson: a minute at triple speed, and some patience
REPORTS_PER_MINUTE = 15
VIEWING_ENDS_S = 6 * 3600
KEPT_S = 7 * 86_400  # while nothing is moved
PER_BATCH = 50  # lessons and days of one transaction
BATCHES_AT_ONCE = 40
NOTED_FOR = timedelta(days=8)  # longer than a batch can lie in the broker
FOLDED_AFTER = timedelta(days=100)  # no range asks for longer ago by its days
FOLDED_AT_ONCE, FOLDS_AT_ONCE = 50, 100

PREFIX = "eduvideo:watching"
CHANGED, MOVING = f"{PREFIX}:changed", f"{PREFIX}:moving"

# One viewing is one string: a bit for each part that was played, from 128 the moment of the last report (48 bits,
# milliseconds), its minute (32) and how many came in that (16), a bit for the end at 224, from 256 one for each part
# that was played again. KEYS: viewing, counts, changed. ARGV: member, milliseconds played, reports a minute, seconds
# until a viewing ends, seconds for which counts are kept, the first of the last parts, how many parts are new, these,
# and those that were played again. Returns 0 if it comes too fast.
COUNT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local minute = math.floor(now / 60000)
local seen = redis.call('BITFIELD', KEYS[1], 'GET', 'u48', 128, 'GET', 'u32', 176, 'GET', 'u16', 208)
local sent = seen[2] == minute and seen[3] or 0
if sent >= tonumber(ARGV[3]) then return 0 end
redis.call('BITFIELD', KEYS[1], 'SET', 'u48', 128, now, 'SET', 'u32', 176, minute, 'SET', 'u16', 208, sent + 1)
redis.call('EXPIRE', KEYS[1], ARGV[4])
local ms = tonumber(ARGV[2])
if seen[1] == 0 then
    redis.call('HINCRBY', KEYS[2], 'viewings', 1)
else
    ms = math.min(ms, math.max(0, math.floor((now - seen[1]) * 3.5)) + 5000)
end
if ms > 0 then redis.call('HINCRBY', KEYS[2], 'ms', ms) end
local new = tonumber(ARGV[7])
for i = 8, 7 + new do
    if redis.call('SETBIT', KEYS[1], ARGV[i], 1) == 0 then
        redis.call('HINCRBY', KEYS[2], 'p' .. ARGV[i], 1)
        if tonumber(ARGV[i]) >= tonumber(ARGV[6]) and redis.call('SETBIT', KEYS[1], 224, 1) == 0 then
            redis.call('HINCRBY', KEYS[2], 'finished', 1)
        end
    end
end
for i = 8 + new, #ARGV do
    if redis.call('SETBIT', KEYS[1], 256 + ARGV[i], 1) == 0 then redis.call('HINCRBY', KEYS[2], 'a' .. ARGV[i], 1) end
end
redis.call('EXPIRE', KEYS[2], ARGV[5])
redis.call('SADD', KEYS[3], ARGV[1])
return 1
"""
# KEYS: changed, moving. ARGV: name of the batch, how many, prefix, seconds for which it is kept. What is renamed is
# counted into no more; the next report begins a counter anew.
TAKE = """
local members = redis.call('SPOP', KEYS[1], ARGV[2])
if #members == 0 then return 0 end
for _, member in ipairs(members) do
    local counts, taken = ARGV[3] .. ':counts:' .. member, ARGV[3] .. ':' .. ARGV[1] .. ':' .. member
    if redis.call('EXISTS', counts) == 1 then redis.call('RENAME', counts, taken) end
end
redis.call('SADD', ARGV[3] .. ':batch:' .. ARGV[1], unpack(members))
redis.call('EXPIRE', ARGV[3] .. ':batch:' .. ARGV[1], ARGV[4])
redis.call('SADD', KEYS[2], ARGV[1])
return #members
"""


@dataclass(frozen=True, slots=True)
class Report:
    """What a player played since its last report: new parts, parts again (0 to 99), and how much of the lesson."""

    parts: frozenset[int]
    again: frozenset[int]
    played_ms: int


class Counted(NamedTuple):
    """What one counter is of. The length tells one recording of a lesson from another."""

    video_pk: int
    day: date
    duration_ms: int

    @classmethod
    def read(cls, member: str) -> "Counted":
        video_pk, day, duration_ms = member.split(".")
        return cls(int(video_pk), date.fromisoformat(day), int(duration_ms))

    def __str__(self) -> str:
        return f"{self.video_pk}.{self.day.isoformat()}.{self.duration_ms}"


def count_watching(video: Video, report: Report, *, viewer: str) -> None:
    """Count what somebody has played; `viewer` stands for them and is not kept. No write to the database.

    Raises TooManyRequestsError for more than a player sends, BrokerError.
    """
    counted = Counted(video.pk, clock.now().date(), video.asset.duration_ms or 0)
    person = salted_hmac(PREFIX, f"{video.pk} {viewer}", algorithm="sha256").hexdigest()[:32]
    keys = (f"{PREFIX}:viewing:{person}", f"{PREFIX}:counts:{counted}", CHANGED)
    numbers = (report.played_ms, REPORTS_PER_MINUTE, VIEWING_ENDS_S, KEPT_S, FINISHED_FROM, len(report.parts))
    parts = (*sorted(report.parts), *sorted(report.again))
    if not broker().eval(COUNT, len(keys), *keys, str(counted), *map(str, (*numbers, *parts))):
        raise TooManyRequestsError(_("Too many reports of what is watched."), retry_after_s=60)


def move_watching() -> int:
    """Move what was counted into the database and return how many batches that were. Raises BrokerError."""
    moved = sum(_store(str(batch)) for batch in broker().smembers(MOVING))  # left by a task that ended half way
    for _number in range(BATCHES_AT_ONCE):
        batch = uuid.uuid4().hex
        if not broker().eval(TAKE, 2, CHANGED, MOVING, batch, str(PER_BATCH), PREFIX, str(KEPT_S)):
            break
        moved += _store(batch)
    MovedWatching.objects.filter(moved_at__lt=clock.now() - NOTED_FOR).delete()
    return moved


def fold_watching() -> int:
    """Add days of long ago to the first of their month, so that a lesson keeps twelve rows a year; return how many."""
    long_ago = DailyWatching.objects.filter(day__lt=clock.now().date() - FOLDED_AFTER).exclude(day__day=1)
    folded = 0
    for _number in range(FOLDS_AT_ONCE):
        some = _fold(list(long_ago.order_by("day", "pk").values_list("pk", flat=True)[:FOLDED_AT_ONCE]))
        folded += some
        if some < FOLDED_AT_ONCE:
            break
    return folded


@transaction.atomic
def _fold(pks: list[int]) -> int:
    # Locked where the database can: another task finds them gone.
    days = list(DailyWatching.objects.select_for_update().filter(pk__in=pks))
    for row in days:
        first, _made = DailyWatching.objects.select_for_update().get_or_create(
            video_id=row.video_id, day=row.day.replace(day=1), duration_ms=row.duration_ms
        )
        first.viewings += row.viewings
        first.watched_ms += row.watched_ms
        first.finished += row.finished
        first.parts, first.again = _sum(first.parts, row.parts), _sum(first.again, row.again)
        first.save()
    DailyWatching.objects.filter(pk__in=[row.pk for row in days]).delete()
    return len(days)


def _store(batch: str) -> bool:
    """Add a batch to the database unless it is there, then delete it; tell whether it was added."""
    members = [str(member) for member in broker().smembers(f"{PREFIX}:batch:{batch}")]
    keys = [f"{PREFIX}:{batch}:{member}" for member in members]
    steps = broker().pipeline(transaction=False)
    for key in keys:
        steps.hgetall(key)
    counts = dict(zip(map(Counted.read, members), steps.execute(), strict=True)) if members else {}
    is_new = False
    with transaction.atomic():
        if counts and _note(batch):
            _add(counts)
            is_new = True
    steps = broker().pipeline()
    steps.delete(*keys, f"{PREFIX}:batch:{batch}")
    steps.srem(MOVING, batch)
    steps.execute()
    return is_new


def _note(batch: str) -> bool:
    """Note that a batch is added, in the transaction that adds it; False if that is done."""
    try:
        with transaction.atomic():
            MovedWatching.objects.create(batch=batch, moved_at=clock.now())
    except IntegrityError:
        return False
    return True


def _add(counts: Mapping[Counted, Mapping[str, str]]) -> None:
    there = set(Video.objects.filter(pk__in={one.video_pk for one in counts}).values_list("pk", flat=True))
    known = {one: values for one, values in counts.items() if one.video_pk in there and values}
    DailyWatching.objects.bulk_create(
        [DailyWatching(video_id=one.video_pk, day=one.day, duration_ms=one.duration_ms) for one in known],
        ignore_conflicts=True,
    )
    rows = DailyWatching.objects.select_for_update().filter(
        video__in={one.video_pk for one in known}, day__in={one.day for one in known}
    )
    changed = []
    for row in rows:
        values = known.get(Counted(row.video_id, row.day, row.duration_ms))
        if values:
            _add_to(row, values)
            changed.append(row)
    DailyWatching.objects.bulk_update(changed, ["viewings", "watched_ms", "finished", "parts", "again"])


def _add_to(row: DailyWatching, values: Mapping[str, str]) -> None:
    row.viewings += int(values.get("viewings", 0))
    row.watched_ms += int(values.get("ms", 0))
    row.finished += int(values.get("finished", 0))
    row.parts = _sum(row.parts, (int(values.get(f"p{part}", 0)) for part in range(PARTS)))
    row.again = _sum(row.again, (int(values.get(f"a{part}", 0)) for part in range(PARTS)))


def _sum(before: list[int], more: Iterable[int]) -> list[int]:
    return [a + b for a, b in zip(before or [0] * PARTS, [*more] or [0] * PARTS, strict=True)]

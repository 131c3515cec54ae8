"""How fast one person may send to one video: so many per minute, and fewer at a stretch, by who it is.

The broker counts, for all processes at once; while it is away, the rows of the last minute are counted instead.
"""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.utils.translation import gettext as _

from eduvideo.core import clock
from eduvideo.core.broker import BrokerError, broker
from eduvideo.core.errors import TooManyRequestsError
from eduvideo.danmaku.models import Danmaku

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` within any `window_ms`."""

    count: int
    window_ms: int


class Speaker(StrEnum):
    """Who sends."""

    NEWCOMER = "newcomer"
    MEMBER = "member"
    MODERATOR = "moderator"


MINUTE_MS = 60_000
NEW_FOR = timedelta(days=1)
BURST = Limit(5, 5_000)
# Of each: how many times the setting's count per minute, and how many at a stretch.
ALLOWANCES = {
    Speaker.NEWCOMER: (0.5, BURST),
    Speaker.MEMBER: (1.0, BURST),
    Speaker.MODERATOR: (5.0, Limit(20, 5_000)),
}

# A sorted set of the moments within the longest window. KEYS[1]; ARGV: the member, then count and window of each limit,
# the longest window first. Returns 0 and counts the member if it is new, or the milliseconds to wait.
SCRIPT = """
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3])
for i = 2, #ARGV, 2 do
    local nth = redis.call('ZREVRANGE', KEYS[1], ARGV[i] - 1, ARGV[i] - 1, 'WITHSCORES')
    if nth[2] and nth[2] + ARGV[i + 1] > now then return nth[2] + ARGV[i + 1] - now end
end
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 0
"""


def speaker_of(*, joined_at: datetime, now: datetime, is_moderator: bool) -> Speaker:
    """Return as whom somebody sends; for its first day an account is new. Pure."""
    if is_moderator:
        return Speaker.MODERATOR
    return Speaker.NEWCOMER if now - joined_at < NEW_FOR else Speaker.MEMBER


def limits_for(speaker: Speaker, *, per_minute: int, pause_ms: int = 0) -> tuple[Limit, ...]:
    """Return what counts for somebody, the longest window first; pause_ms is that of a slow lesson. Pure."""
    times, burst = ALLOWANCES[speaker]
    limits = [Limit(max(1, int(per_minute * times)), MINUTE_MS), burst]
    if pause_ms and speaker is not Speaker.MODERATOR:
        limits.append(Limit(1, pause_ms))
    return tuple(sorted(limits, key=lambda limit: -limit.window_ms))


def check_pace(
    *, video_pk: int, author_pk: int, speaker: Speaker, pause_ms: int = 0, idempotency_key: str | None = None
) -> None:
    """Count one danmaku of an author on a video; raises TooManyRequestsError with the seconds to wait.

    pause_ms is that of a slow lesson. What comes again with its key was counted before and is let through.
    """
    limits = limits_for(speaker, per_minute=settings.EDUVIDEO.danmaku_per_minute, pause_ms=pause_ms)
    member = f"key:{idempotency_key}" if idempotency_key else uuid.uuid4().hex
    try:
        wait_ms = _wait_by_broker(f"eduvideo:danmaku:pace:{video_pk}:{author_pk}", member, limits)
    except BrokerError as error:
        logger.warning("The broker is away (%s); counting danmaku in the database", error)
        wait_ms = _wait_by_rows(video_pk, author_pk, limits)
    if wait_ms > 0:
        wait_s = -(-wait_ms // 1000)
        if pause_ms and speaker is not Speaker.MODERATOR:
            message = _("Danmaku come slowly on this lesson. You can send the next one in %(seconds)d s.")
        else:
            message = _("You are sending very fast. Try again in %(seconds)d s.")
        raise TooManyRequestsError(message % {"seconds": wait_s}, retry_after_s=wait_s)


def wait_ms_of(sent_ms: Sequence[int], *, now_ms: int, limits: Sequence[Limit]) -> int:
    """Return how long to wait, given earlier moments, newest first; 0 when one more is fine. Pure."""
    ends = [sent_ms[limit.count - 1] + limit.window_ms for limit in limits if len(sent_ms) >= limit.count]
    return max([0, *(end - now_ms for end in ends)])


def _wait_by_broker(key: str, member: str, limits: Sequence[Limit]) -> int:
    numbers = [str(number) for limit in limits for number in (limit.count, limit.window_ms)]
    return int(broker().eval(SCRIPT, 1, key, member, *numbers))


def _wait_by_rows(video_pk: int, author_pk: int, limits: Sequence[Limit]) -> int:
    now = clock.now()
    begin = now - timedelta(milliseconds=limits[0].window_ms)
    recent = Danmaku.objects.filter(author=author_pk, video=video_pk, created_at__gt=begin)
    moments = recent.order_by("-created_at").values_list("created_at", flat=True)[
        : max(limit.count for limit in limits)
    ]
    return wait_ms_of(
        [_milliseconds(moment.timestamp()) for moment in moments], now_ms=_milliseconds(now.timestamp()), limits=limits
    )


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)

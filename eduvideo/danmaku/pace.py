"""How fast one person may send to one video: so many per minute, and fewer at a stretch.

The broker counts, for all processes at once; while it is away, the rows of the last minute are counted instead.
"""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

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


BURST = Limit(5, 5_000)
MINUTE_MS = 60_000

# A sorted set of the moments of the last minute. KEYS[1]; ARGV: a unique member, then count and window of each limit,
# the longest window first. Returns 0 and counts this one, or the milliseconds to wait.
SCRIPT = """
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


def check_pace(*, video_pk: int, author_pk: int) -> None:
    """Count one danmaku of an author on a video; raises TooManyRequestsError with the seconds to wait."""
    limits = (Limit(settings.EDUVIDEO.danmaku_per_minute, MINUTE_MS), BURST)
    try:
        wait_ms = _wait_by_broker(f"eduvideo:danmaku:pace:{video_pk}:{author_pk}", limits)
    except BrokerError as error:
        logger.warning("The broker is away (%s); counting danmaku in the database", error)
        wait_ms = _wait_by_rows(video_pk, author_pk, limits)
    if wait_ms > 0:
        wait_s = -(-wait_ms // 1000)
        raise TooManyRequestsError(
            _("You are sending very fast. Try again in %(seconds)d s.") % {"seconds": wait_s}, retry_after_s=wait_s
        )


def wait_ms_of(sent_ms: Sequence[int], *, now_ms: int, limits: Sequence[Limit]) -> int:
    """Return how long to wait, given earlier moments, newest first; 0 when one more is fine. Pure."""
    ends = [sent_ms[limit.count - 1] + limit.window_ms for limit in limits if len(sent_ms) >= limit.count]
    return max([0, *(end - now_ms for end in ends)])


def _wait_by_broker(key: str, limits: Sequence[Limit]) -> int:
    numbers = [str(number) for limit in limits for number in (limit.count, limit.window_ms)]
    return int(broker().eval(SCRIPT, 1, key, uuid.uuid4().hex, *numbers))


def _wait_by_rows(video_pk: int, author_pk: int, limits: Sequence[Limit]) -> int:
    now = clock.now()
    recent = Danmaku.objects.filter(author=author_pk, video=video_pk, created_at__gt=now - timedelta(minutes=1))
    moments = recent.order_by("-created_at").values_list("created_at", flat=True)[
        : max(limit.count for limit in limits)
    ]
    return wait_ms_of(
        [_milliseconds(moment.timestamp()) for moment in moments], now_ms=_milliseconds(now.timestamp()), limits=limits
    )


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)

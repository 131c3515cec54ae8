"""One subscription per process to everything that is said in every video, kept up through the broker's restarts."""

import asyncio
import logging
from collections.abc import Callable

from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from eduvideo.core.broker import TIMEOUT_S, BrokerError
from eduvideo.danmaku.channel import PATTERN, read_message

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 4.0
SILENCE_S = 10.0  # then a ping finds out whether the broker is still there

Hear = Callable[[int, int, str], None]  # (video pk, seq, item as JSON or "")


async def listen(hear: Hear, missed: Callable[[], None]) -> None:
    """Hand every message to `hear`, for ever.

    `missed` is called whenever messages may have been lost: after each time of subscribing, and again and again while
    the broker is away, so that whoever listens can look into the database meanwhile.
    """
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            async with _client() as client, client.pubsub() as pubsub:
                await pubsub.psubscribe(PATTERN)
                while True:
                    if await _hear_next(pubsub, hear):
                        pause_s = FIRST_PAUSE_S
                        missed()
        except (BrokerError, OSError) as error:
            logger.warning("The broker is away (%s); danmaku come from the database until it is back", error)
        except Exception:  # whatever it was, the streams must go on
            logger.exception("The subscription failed; danmaku come from the database until it is renewed")
        missed()
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


async def _hear_next(pubsub: PubSub, hear: Hear) -> bool:
    """Wait for a message and hand it over; True when it says that the subscription has just begun."""
    message = await pubsub.get_message(timeout=SILENCE_S)
    if message is None:
        return False
    if message["type"] == "pmessage":
        try:
            hear(*read_message(message["channel"], message["data"]))
        except ValueError:
            logger.warning("A message that is not ours came by %s", message["channel"])
    return bool(message["type"] == "psubscribe")


def _client() -> Redis:
    """Return a client that reports a lost connection instead of mending it, since what was said meanwhile is lost."""
    return Redis.from_url(
        settings.EDUVIDEO.broker_url,
        decode_responses=True,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        health_check_interval=int(SILENCE_S),
        retry=Retry(NoBackoff(), 0),
    )

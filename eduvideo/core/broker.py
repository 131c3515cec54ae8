"""The broker as a plain key-value store and pub/sub: wake-ups, worker slots, rate limits, live danmaku.

Whatever is kept here may vanish at any moment (DESIGN, rule 3): nothing but the database is believed.
"""

from functools import cache

import redis
from django.conf import settings

TIMEOUT_S = 5.0
BrokerError = redis.RedisError


@cache
def broker() -> "redis.Redis":
    """Return this process's client, with timeouts and text answers; raises BrokerError from its calls."""
    return redis.Redis.from_url(
        settings.EDUVIDEO.broker_url,
        decode_responses=True,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        health_check_interval=30,
    )

"""Counting different people without keeping who they are.

One HyperLogLog for each video and day in the broker: it takes up to 12 kB, counts within about one percent, and nobody
can be read out of it. It ends with the next day; a broker that has lost it counts the rest of the day anew. In a frame
somebody is another person than on our pages, and than in the frames of another site.
"""

import hashlib
from datetime import date, timedelta
from enum import StrEnum

from eduvideo.core.broker import broker

KEPT = timedelta(days=2)


class Place(StrEnum):
    """Where people are counted; each has a count of its own."""

    ANYWHERE = "views"
    FRAME = "framed"


def people_with(viewer: str, *, video_pk: int, day: date, place: Place = Place.ANYWHERE) -> int | None:
    """Count a viewer in and return how many different ones there were that day; None if that is no news.

    `viewer` is any text that stands for one person. Raises BrokerError.
    """
    key = f"{place}:{day.isoformat()}:{video_pk}"
    steps = broker().pipeline(transaction=False)
    steps.pfadd(key, hashlib.sha256(viewer.encode()).hexdigest())
    steps.expire(key, KEPT)
    steps.pfcount(key)
    is_new, _kept, people = steps.execute()
    return int(people) if is_new else None

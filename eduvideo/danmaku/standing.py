"""How far an author can be relied on, by what became of what they said: part of the weight of the next danmaku.

Nobody is worth less for being new: in a new class everybody is.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q

from eduvideo.accounts.models import User
from eduvideo.core import clock
from eduvideo.core.broker import BrokerError, broker
from eduvideo.danmaku.models import Danmaku, DanmakuState

logger = logging.getLogger(__name__)

RELIED_ON, ORDINARY, DOUBTED, IGNORED = 1, 0, -2, -4
LOOKS_BACK = timedelta(days=90)
KNOWN_FOR = timedelta(days=30)
SAID_ENOUGH = 20
FEWEST_HIDDEN = 3  # one bad day, or one strict teacher, says nothing yet
KEPT_S = 600  # the broker keeps what was found for so long, so that sending asks nothing


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of an author: the age of the account, and how many danmaku of 90 days are shown and were hidden."""

    age: timedelta
    shown: int
    hidden: int


def standing_of(record: Record) -> int:
    """Return what is added to the weight of what an author says: -4 to 1. Pure."""
    said = record.shown + record.hidden
    if record.hidden >= FEWEST_HIDDEN and record.hidden * 3 >= said:
        return IGNORED
    if record.hidden >= FEWEST_HIDDEN and record.hidden * 10 >= said:
        return DOUBTED
    is_known = record.age >= KNOWN_FOR and record.shown >= SAID_ENOUGH
    return RELIED_ON if is_known and record.hidden * 50 <= said else ORDINARY


def standing(author: User) -> int:
    """Return an author's standing as it was in the last ten minutes. One query, and mostly none."""
    key = f"eduvideo:danmaku:standing:{author.public_id}"
    try:
        if (kept := broker().get(key)) is not None:
            return int(str(kept))
        found = standing_of(_record_of(author))
        broker().set(key, found, ex=KEPT_S)
    except BrokerError as error:
        logger.warning("The broker is away (%s); asking the database for an author's standing", error)
        return standing_of(_record_of(author))
    return found


def _record_of(author: User) -> Record:
    now = clock.now()
    recent = Danmaku.objects.filter(author=author, created_at__gt=now - LOOKS_BACK)
    counts = recent.aggregate(
        shown=Count("pk", filter=Q(state=DanmakuState.VISIBLE)), hidden=Count("pk", filter=Q(state=DanmakuState.HIDDEN))
    )
    return Record(now - author.date_joined, counts["shown"], counts["hidden"])

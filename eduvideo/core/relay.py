"""The outbox relay: runs the handlers of committed events, in order, at least once.

One relay works at a time (a Lease row guards it); a second one waits and takes over when the first dies.
"""

import logging
import os
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import IntegrityError, InterfaceError, OperationalError, close_old_connections, transaction
from django.db.models import F, Q

from eduvideo.core import clock
from eduvideo.core.broker import BrokerError, broker
from eduvideo.core.events import WAKE_KEY, ManyHandler, deliver, is_heard_alone, many_handlers, read_event
from eduvideo.core.models import Lease, OutboxEvent
from eduvideo.core.outages import in_one_line

logger = logging.getLogger(__name__)

BATCH = 100
MAX_ATTEMPTS = 12
MAX_BACKOFF_S = 300
MAX_PAUSE_S = 15  # between two looks for a part that is away
LEASE_NAME = "outbox-relay"
LEASE_S = 15
AWAY_S = 2
KEPT_DAYS = 7
HOLDER = f"{socket.gethostname()}:{os.getpid()}"


class AwayParts:
    """Handlers of many events whose part is away: it is looked for after a second, then after ever longer pauses.

    Until it is back the events that they hear stay in the outbox untouched, and cost nothing.
    """

    def __init__(self) -> None:
        self._pauses: dict[ManyHandler, tuple[int, datetime]] = {}

    def waiting_names(self) -> set[str]:
        """Return the names of the events that nobody needs to look at now."""
        now = clock.now()
        return {name for handler, (_, until) in self._pauses.items() if until > now for name in handler.names}

    def must_wait(self, handler: ManyHandler) -> bool:
        """Return whether a handler has to wait; where its pause is over, look whether it still has to."""
        if handler not in self._pauses:
            return False
        _, until = self._pauses[handler]
        return until > clock.now() or self.is_away(handler)

    def is_away(self, handler: ManyHandler) -> bool:
        """Look for the part that a handler needs; while it is away, the pause before the next look grows."""
        before = self._pauses.get(handler)
        try:
            handler.check()
        except Exception as error:  # noqa: BLE001 - whatever a part raises, it does not work
            if before is None:
                names = ", ".join(sorted(handler.names))
                logger.error("%s wait for a part that is away: %s", names, in_one_line(error))  # noqa: TRY400 - one line
            pause_s = min(2 * before[0], MAX_PAUSE_S) if before else 1
            self._pauses[handler] = (pause_s, clock.now() + timedelta(seconds=pause_s))
            return True
        if self._pauses.pop(handler, None):
            logger.warning("A part is back: %s go on", ", ".join(sorted(handler.names)))
        return False


def relay_due_events(away: AwayParts | None = None) -> int:
    """Deliver every due event once, oldest first, and return how many were delivered.

    A failing event is tried again with growing pauses and, after 12 attempts (about half an hour), put aside as dead
    for an operator; it does not hold up the others. `away` is what the caller keeps from one call to the next.
    """
    away = away or AwayParts()
    delivered = 0
    while batch := _due_events(but=away.waiting_names()):
        delivered += _relay(batch, away)
        if len(batch) < BATCH:
            break
    return delivered


def run(stop: threading.Event) -> None:
    """Relay until stopped: woken by the broker, or once a second without it; a database that is away is waited for."""
    away = AwayParts()
    while not stop.is_set():
        close_old_connections()
        try:
            if acquire_lease(LEASE_NAME, seconds=LEASE_S):
                relay_due_events(away)
                _wait_for_wake(stop)
            else:
                stop.wait(1.0)
        except (OperationalError, InterfaceError) as error:
            logger.warning("The database is away, the relay waits for it: %s", in_one_line(error))
            stop.wait(AWAY_S)
    with suppress(OperationalError, InterfaceError):  # it ends by itself soon
        release_lease(LEASE_NAME)


def acquire_lease(name: str, *, seconds: int) -> bool:
    """Take or prolong the named lease for this process; False while another process holds it."""
    now = clock.now()
    end = now + timedelta(seconds=seconds)
    mine_or_over = Lease.objects.filter(Q(holder=HOLDER) | Q(expires_at__lte=now), name=name)
    if mine_or_over.update(holder=HOLDER, expires_at=end):
        return True
    try:
        with transaction.atomic():
            _, created = Lease.objects.get_or_create(name=name, defaults={"holder": HOLDER, "expires_at": end})
    except IntegrityError:  # another process made it in the same moment
        return False
    return created


def release_lease(name: str) -> None:
    """Give the lease back, if this process has it."""
    Lease.objects.filter(name=name, holder=HOLDER).delete()


def remove_old_events() -> int:
    """Delete delivered events after a week; the dead ones stay."""
    limit = clock.now() - timedelta(days=KEPT_DAYS)
    return OutboxEvent.objects.filter(done_at__lt=limit).delete()[0]


def _due_events(*, but: set[str]) -> list[OutboxEvent]:
    due = OutboxEvent.objects.filter(done_at=None, dead_at=None, due_at__lte=clock.now()).exclude(name__in=but)
    return list(due.order_by("id")[:BATCH])


def _relay(batch: list[OutboxEvent], away: AwayParts) -> int:
    """Run the handlers of many events, then of those for which none failed the handlers of one."""
    left = {event.pk: event for event in batch}
    for handler in many_handlers():
        mine = [event for event in left.values() if event.name in handler.names]
        for event in _not_handled(handler, mine, away) if mine else ():
            del left[event.pk]
    alone = [event for event in left.values() if is_heard_alone(event.name)]
    done = left.keys() - {event.pk for event in alone}
    OutboxEvent.objects.filter(pk__in=done).update(done_at=clock.now(), error="")
    return len(done) + sum(_relay_alone(event) for event in alone)


def _not_handled(handler: ManyHandler, events: Sequence[OutboxEvent], away: AwayParts) -> Sequence[OutboxEvent]:
    """Let a handler have many events, or where it fails the halves of them, to find those at which it does.

    Return those that it has to get again: all where the part that it needs is away.
    """
    if away.must_wait(handler):
        return events
    try:
        handler.handle([read_event(event.name, event.payload) for event in events])
    except Exception as error:  # noqa: BLE001 - a handler may fail in any way; the events must survive it
        if away.is_away(handler):
            return events
        if len(events) == 1:
            _postpone(events[0], error)
            return events
        middle = len(events) // 2
        return [*_not_handled(handler, events[:middle], away), *_not_handled(handler, events[middle:], away)]
    return ()


def _relay_alone(event: OutboxEvent) -> bool:
    try:
        deliver(event.name, event.payload)
    except Exception as error:  # noqa: BLE001 - as above
        _postpone(event, error)
        return False
    OutboxEvent.objects.filter(pk=event.pk).update(done_at=clock.now(), error="")
    return True


def _postpone(event: OutboxEvent, error: Exception) -> None:
    attempts = event.attempts + 1
    logger.error("Event %s failed on attempt %d", event, attempts, exc_info=error)
    pause_s = min(2**attempts, MAX_BACKOFF_S)
    now = clock.now()
    OutboxEvent.objects.filter(pk=event.pk).update(
        attempts=F("attempts") + 1,
        due_at=now + timedelta(seconds=pause_s),
        dead_at=now if attempts >= MAX_ATTEMPTS else None,
        error=f"{type(error).__name__}: {error}"[:2000],
    )


def _wait_for_wake(stop: threading.Event) -> None:
    try:
        broker().blpop([WAKE_KEY], timeout=1)
    except BrokerError:
        stop.wait(1.0)

"""The outbox relay: runs the handlers of committed events, in order, at least once.

One relay works at a time (a Lease row guards it); a second one waits and takes over when the first dies.
"""

import logging
import os
import socket
import threading
from contextlib import suppress
from datetime import timedelta

from django.db import IntegrityError, InterfaceError, OperationalError, close_old_connections, transaction
from django.db.models import F, Q

from eduvideo.core import clock
from eduvideo.core.broker import BrokerError, broker
from eduvideo.core.events import WAKE_KEY, deliver
from eduvideo.core.models import Lease, OutboxEvent
from eduvideo.core.outages import in_one_line

logger = logging.getLogger(__name__)

BATCH = 100
MAX_ATTEMPTS = 12
MAX_BACKOFF_S = 300
LEASE_NAME = "outbox-relay"
LEASE_S = 15
AWAY_S = 2
KEPT_DAYS = 7
HOLDER = f"{socket.gethostname()}:{os.getpid()}"


def relay_due_events() -> int:
    """Deliver every due event once, oldest first, and return how many were delivered.

    A failing event is tried again with growing pauses and, after 12 attempts (about half an hour), put aside as dead
    for an operator; it does not hold up the others.
    """
    delivered = 0
    while batch := _due_events():
        delivered += sum(_relay(event) for event in batch)
        if len(batch) < BATCH:
            break
    return delivered


def run(stop: threading.Event) -> None:
    """Relay until stopped: woken by the broker, or once a second without it; a database that is away is waited for."""
    while not stop.is_set():
        close_old_connections()
        try:
            if acquire_lease(LEASE_NAME, seconds=LEASE_S):
                relay_due_events()
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


def _due_events() -> list[OutboxEvent]:
    due = OutboxEvent.objects.filter(done_at=None, dead_at=None, due_at__lte=clock.now())
    return list(due.order_by("id")[:BATCH])


def _relay(event: OutboxEvent) -> bool:
    try:
        deliver(event.name, event.payload)
    except Exception as error:  # a handler may fail in any way; the event must survive it
        logger.exception("Event %s failed on attempt %d", event, event.attempts + 1)
        _postpone(event, error)
        return False
    OutboxEvent.objects.filter(pk=event.pk).update(done_at=clock.now(), error="")
    return True


def _postpone(event: OutboxEvent, error: Exception) -> None:
    attempts = event.attempts + 1
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

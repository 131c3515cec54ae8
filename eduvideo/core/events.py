"""News between apps: a lower app emits, higher apps handle, nobody imports upwards.

`emit` writes a row of the outbox in the caller's transaction, so the news exists exactly if the change does.
The relay (core/relay.py) runs the handlers at least once, in order, after the commit.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from django.db import transaction

from eduvideo.core.broker import BrokerError, broker
from eduvideo.core.models import OutboxEvent

logger = logging.getLogger(__name__)

WAKE_KEY = "eduvideo:outbox:wake"


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events: frozen facts of the past, with ids and plain values only (they are kept as JSON)."""


E = TypeVar("E", bound=Event)
Handler = Callable[[Any], None]  # Any: each handler takes its own event class
M = TypeVar("M", bound=Callable[[Sequence[Any]], None])  # Any: as above


@dataclass(frozen=True, slots=True)
class ManyHandler:
    """A handler of many events at once, the names of those that it hears, and how to look for the part it needs."""

    handle: Callable[[Sequence[Any]], None]  # Any: as above
    names: frozenset[str]
    check: Callable[[], None]


_classes: dict[str, type[Event]] = {}
_handlers: dict[str, list[Handler]] = defaultdict(list)
_many_handlers: list[ManyHandler] = []


def event_name(event_class: type[Event]) -> str:
    """Return the name an event has in the outbox, for instance "catalog.VideoPublished"."""
    return f"{event_class.__module__.split('.')[1]}.{event_class.__name__}"


def on(event_class: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Register a handler; it must be idempotent, since it may run twice or late."""

    def register(handler: Callable[[E], None]) -> Callable[[E], None]:
        name = event_name(event_class)
        _classes[name] = event_class
        if handler not in _handlers[name]:
            _handlers[name].append(handler)
        return handler

    return register


def on_many(*event_classes: type[Event], needs: Callable[[], None]) -> Callable[[M], M]:
    """Register a handler of all these classes that gets the events that are due at once, in their order.

    It must be idempotent, and it runs before those of single events. `needs` raises while the part that it writes to is
    away: events wait for that without end and without counting. Where the part works and the handler fails, it is
    given the events again in ever fewer, so that one of them cannot hold up the others.
    """

    def register(handler: M) -> M:
        named = {event_name(event_class): event_class for event_class in event_classes}
        _classes.update(named)
        _many_handlers.append(ManyHandler(handler, frozenset(named), needs))
        return handler

    return register


def emit(event: Event) -> None:
    """Announce an event from within the transaction that makes it true; raises outside of one."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"emit({type(event).__name__}) outside a transaction could announce what never happened")
    OutboxEvent.objects.create(name=event_name(type(event)), payload=asdict(event))
    transaction.on_commit(wake_relay)


def wake_relay() -> None:
    """Tell the relay that there is work; only a nudge, the relay also looks by itself."""
    try:
        pipeline = broker().pipeline()
        pipeline.lpush(WAKE_KEY, "1")
        pipeline.ltrim(WAKE_KEY, 0, 0)
        pipeline.execute()
    except BrokerError as error:
        logger.warning("The broker is away (%s); the relay will find the event by itself within a second", error)


def many_handlers() -> Sequence[ManyHandler]:
    """Return the handlers that get many events at once."""
    return _many_handlers


def is_heard_alone(name: str) -> bool:
    """Return whether there is a handler that gets these events one by one."""
    return bool(_handlers.get(name))


def read_event(name: str, payload: dict[str, Any]) -> Event:  # Any: JSON of any event
    """Return an event of the outbox that somebody hears."""
    return _classes[name](**payload)


def deliver(name: str, payload: dict[str, Any]) -> None:  # Any: JSON of any event
    """Run all handlers of one event; the first error stops and is raised. Unheard events are fine."""
    if is_heard_alone(name):
        event = read_event(name, payload)
        for handler in _handlers[name]:
            handler(event)

"""The outbox as those who run the platform see it: what waits, what was given up, and one more try."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Min

from eduvideo.core import clock
from eduvideo.core.events import wake_relay
from eduvideo.core.models import OutboxEvent

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class OutboxState:
    """How many events wait, since when the oldest does, how many were given up, and the last MOST_SHOWN of these."""

    waiting: int
    oldest_at: datetime | None
    dead: int
    last_dead: tuple[OutboxEvent, ...]

    @property
    def oldest_s(self) -> int | None:
        return round((clock.now() - self.oldest_at).total_seconds()) if self.oldest_at else None


def outbox_state() -> OutboxState:
    """Return how the outbox is. Three queries, each of which finds what it counts by an index."""
    waiting = OutboxEvent.objects.filter(done_at=None, dead_at=None).aggregate(n=Count("id"), oldest=Min("created_at"))
    dead = OutboxEvent.objects.filter(dead_at__isnull=False)
    return OutboxState(
        waiting=waiting["n"],
        oldest_at=waiting["oldest"],
        dead=dead.count(),
        last_dead=tuple(dead.order_by("-dead_at")[:MOST_SHOWN]),
    )


@transaction.atomic
def retry_dead_events(*, only: int | None = None) -> int:
    """Let the relay try what was given up as if it were new, or one event of it; return how many these are."""
    dead = OutboxEvent.objects.filter(dead_at__isnull=False)
    chosen = dead if only is None else dead.filter(pk=only)
    transaction.on_commit(wake_relay)
    return chosen.update(dead_at=None, attempts=0, due_at=clock.now())

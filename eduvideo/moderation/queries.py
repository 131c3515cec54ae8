"""Reads of moderation: what is reported and open, and what was decided."""

import contextlib
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _

from eduvideo.core.errors import InvalidInputError
from eduvideo.core.pagination import decode_cursor, encode_cursor, moment_in
from eduvideo.moderation.models import Decision, Reason, Report, ThingKind

MOST_REPORTED = 500  # things of one video; who has more open ones decides on some first
NOTES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class OpenThing:
    """Something with open reports: how many, and since when."""

    kind: str
    thing: str
    video: str
    count: int
    first_at: datetime


@dataclass(frozen=True, slots=True)
class OpenThings:
    """One page of what waits for a decision, the longest waiting first, and the cursor of the page after it."""

    items: list[OpenThing]
    next: str | None


@dataclass(slots=True)
class Said:
    """What the open reports on one thing say."""

    reasons: Counter[Reason] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return self.reasons.total()

    @property
    def counted_reasons(self) -> list[tuple[Reason, int]]:
        """Return the reasons that were given and how often, the commonest first."""
        return self.reasons.most_common()

    @property
    def main_reason(self) -> Reason:
        return self.reasons.most_common(1)[0][0]


def open_things(*, cursor: str | None = None, size: int = 24) -> OpenThings:
    """Return what waits for a decision; what waits longest comes first. One query.

    Raises InvalidInputError for a cursor that we have not made.
    """
    groups = Report.objects.filter(closed_at=None).values("kind", "thing", "video")
    groups = groups.annotate(count=Count("pk"), first_at=Min("created_at"))
    if cursor:
        first_at, thing = _place(cursor)
        groups = groups.filter(Q(first_at__gt=first_at) | Q(first_at=first_at, thing__gt=thing))
    found = [OpenThing(**row) for row in groups.order_by("first_at", "thing")[: size + 1]]
    if len(found) <= size:
        return OpenThings(found, None)
    last = found[size - 1]
    return OpenThings(found[:size], encode_cursor([last.first_at.isoformat(), last.thing]))


def open_thing_count() -> int:
    """Return how many things wait for a decision. One query."""
    return Report.objects.filter(closed_at=None).values("kind", "thing").distinct().count()


def reported_things(kind: ThingKind, *, video: str) -> list[str]:
    """Return what has open reports on a video, by public ids; at most 500. One query."""
    reported = Report.objects.filter(kind=kind, video=video, closed_at=None)
    return list(reported.values_list("thing", flat=True).order_by("thing").distinct()[:MOST_REPORTED])


def said_of(kind: ThingKind, things: Collection[str]) -> dict[str, Said]:
    """Return what open reports say of things; nothing for those without. One query."""
    found: dict[str, Said] = {}
    reports = Report.objects.filter(kind=kind, thing__in=things, closed_at=None).order_by("pk")
    for thing, reason, note in reports.values_list("thing", "reason", "note"):
        said = found.setdefault(thing, Said())
        said.reasons[Reason(reason)] += 1
        if note and len(said.notes) < NOTES_SHOWN:
            said.notes.append(note)
    return found


def reporter_count(kind: ThingKind, thing: str) -> int:
    """Return how many people report a thing that nobody has decided on since. One query."""
    return Report.objects.filter(kind=kind, thing=thing, closed_at=None).count()


def latest_decisions(kind: ThingKind, things: Iterable[str]) -> dict[str, Decision]:
    """Return the last decision on each thing; nothing for those without. One query."""
    decisions = Decision.objects.filter(kind=kind, thing__in=list(things)).order_by("pk")
    return {decision.thing: decision for decision in decisions}


def _place(cursor: str) -> tuple[datetime, str]:
    values = decode_cursor(cursor)
    with contextlib.suppress(ValueError, TypeError):
        first_at, thing = values
        if isinstance(thing, str) and "\0" not in thing:
            return moment_in(first_at), thing
    raise InvalidInputError.of("cursor", _("This page cursor is not valid; start from the first page."))

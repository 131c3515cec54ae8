"""Whose transcode goes next: among equal priority, that of the creator for whom the fewest are in flight. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Waiting:
    """One job that could be dispatched. `origin` is the job that it is a part of, or itself.

    A join goes first of all: it ends a lesson and is short.
    """

    pk: int
    creator: int | None
    origin: int
    is_join: bool = False


def fair_order(waiting: Iterable[Waiting], in_flight: Mapping[int | None, int], *, room: int) -> list[Waiting]:
    """Return at most `room` jobs in the order in which they should start.

    Joins first, oldest first. Of the others, each time the one of the creator with the fewest in flight, those chosen
    before included; where several have as few, the oldest. A creator's own go by age, parts with the age of their
    parent and in order, so that a lesson that was begun is finished before another one begins.
    """
    chosen: list[tuple[tuple[bool, int, int, int], Waiting]] = []
    load = Counter(in_flight)
    for job in sorted(waiting, key=lambda job: (not job.is_join, job.origin, job.pk)):
        level = 0 if job.is_join else load[job.creator]
        chosen.append(((not job.is_join, level, job.origin, job.pk), job))
        load[job.creator] += 1
    return [job for _, job in sorted(chosen, key=lambda pair: pair[0])][: max(room, 0)]

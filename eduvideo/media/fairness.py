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


@dataclass(frozen=True, slots=True)
class Line:
    """The waiting jobs of one creator and one priority: how many, and how many of them are older than a certain one."""

    creator: int | None
    count: int
    older: int


def ahead_in(lines: Iterable[Line], in_flight: Mapping[int | None, int], *, creator: int | None) -> int:
    """Return how many jobs of one priority start before a certain job of a creator, as fair_order has it.

    There is one line for each creator; `older` tells of jobs older than the one that is asked about.
    """
    by_creator = {line.creator: line for line in lines}
    own = by_creator[creator].older if creator in by_creator else 0
    level = in_flight.get(creator, 0) + own
    ahead = own
    for line in by_creator.values():
        if line.creator == creator:
            continue
        turn = level - in_flight.get(line.creator, 0)  # which of theirs, from 0, has as many in flight before it
        ahead += min(line.count, max(turn, 0)) + (0 <= turn < line.older)
    return ahead

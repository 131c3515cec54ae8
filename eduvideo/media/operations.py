"""What those who run the platform see of its transcodes, and what they may do about them."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Min, QuerySet
from django.utils.translation import gettext as _

from eduvideo.accounts.models import User
from eduvideo.core import clock
from eduvideo.core.broker import BrokerError
from eduvideo.core.errors import ConflictError
from eduvideo.core.events import emit
from eduvideo.media.candidates import make_candidates
from eduvideo.media.endings import fail_asset
from eduvideo.media.events import JobQueued
from eduvideo.media.models import (
    ACTIVE,
    BESIDE,
    IN_FLIGHT,
    Asset,
    AssetState,
    JobState,
    Priority,
    Rendition,
    TranscodeJob,
)
from eduvideo.media.rerun import remake_rendition
from eduvideo.media.sentences import priority_word
from eduvideo.media.services import cancel_active, queue_job, set_asset_priority
from eduvideo.media.slots import LiveWorker, live_workers
from transcoding.messages import Work

logger = logging.getLogger(__name__)

MOST_SHOWN = 50
LATELY = timedelta(days=7)
CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Depth:
    """How many jobs wait at a priority, and for how long the oldest has."""

    priority: str
    count: int
    oldest_s: int | None


@dataclass(frozen=True, slots=True)
class Tracked:
    """A job as operators see it. `silence_s` is since a worker last said anything, None where none has to."""

    job: TranscodeJob
    silence_s: int | None = None
    parts: tuple["Tracked", ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """A job that is played, and the names of its renditions that can be made again."""

    job: TranscodeJob
    renditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """All at a glance. `workers` is None while the broker is away; lists hold at most MOST_SHOWN."""

    depths: tuple[Depth, ...]
    workers: tuple[LiveWorker, ...] | None
    in_flight: int
    running: tuple[Tracked, ...]
    waiting: tuple[TranscodeJob, ...]
    failure_counts: tuple[tuple[str, int], ...]
    failures: tuple[TranscodeJob, ...]
    finished: tuple[Finished, ...]

    @property
    def slots(self) -> int:
        return sum(worker.slots for worker in self.workers or ())

    @property
    def oldest_s(self) -> int:
        return max((depth.oldest_s or 0 for depth in self.depths), default=0)

    @property
    def waiting_count(self) -> int:
        return sum(depth.count for depth in self.depths)

    def jobs(self) -> Iterable[TranscodeJob]:
        """Yield every job that is shown but parts, whose lesson is their parent's."""
        yield from (tracked.job for tracked in self.running)
        yield from self.waiting
        yield from self.failures
        yield from (finished.job for finished in self.finished)


def overview() -> Overview:
    """Return how the transcodes of the platform are. Nine queries, however many there are."""
    now = clock.now()
    everything = TranscodeJob.objects.select_related("asset", "creator")
    own = everything.exclude(work=Work.PART.value)
    failed = own.filter(state=JobState.FAILED, finished_at__gt=now - LATELY)
    counts = failed.values_list("failure_code").annotate(count=Count("id")).order_by("-count", "failure_code")
    waiting = own.filter(state=JobState.QUEUED, dispatched_at=None).order_by("-priority", "id")
    return Overview(
        depths=_depths(now),
        workers=_workers(),
        in_flight=TranscodeJob.objects.filter(IN_FLIGHT).count(),
        running=_running(own, now),
        waiting=tuple(waiting[:MOST_SHOWN]),
        failure_counts=tuple(counts),
        failures=tuple(failed.order_by("-finished_at")[:MOST_SHOWN]),
        finished=_finished(now),
    )


@transaction.atomic
def cancel_job(job: TranscodeJob, *, by: User) -> None:
    """Cancel a job with its parts, or of a part all of its job; raises ConflictError where it has ended.

    Its creator may try again, as after a failure.
    """
    job = _root(job)
    if not cancel_active(TranscodeJob.objects.filter(pk=job.pk)):
        raise ConflictError(_("This job has ended already."))
    if job.work not in BESIDE:
        fail_asset(job, code=CANCELLED)
    logger.info("Job %s was cancelled by %s", job.public_id, by.pk)


def retry_job(job: TranscodeJob, *, by: User) -> TranscodeJob:
    """Do the work of a job that failed or was cancelled again; raises ConflictError where that cannot be done.

    What can be watched from an earlier job stays until the new one is done.
    """
    job = _root(job)
    asset = Asset.objects.get(pk=job.asset_id)
    needs_source = job.work != Work.POSTERS
    if job.state not in {JobState.FAILED, JobState.CANCELLED} or (needs_source and not asset.source_key):
        raise ConflictError(_("Only a failed recording can be tried again."))
    if job.work == Work.RENDITION:
        again = remake_rendition(asset, job.rendition, only_if_smaller=job.only_if_smaller)
    elif job.work == Work.POSTERS:
        again = make_candidates(asset)
    else:
        again = queue_job(asset)
    if again is None:
        raise ConflictError(_("This recording is being processed already."))
    logger.info("Job %s is tried again as %s by %s", job.public_id, again.public_id, by.pk)
    return again


@transaction.atomic
def change_priority(job: TranscodeJob, *, priority: Priority, by: User) -> None:
    """Let a job go earlier or later; raises ConflictError where it has ended."""
    job = _root(job)
    mine = TranscodeJob.objects.filter(pk=job.pk, state__in=ACTIVE)
    if not mine.update(priority=priority):
        raise ConflictError(_("This job has ended already."))
    if job.work not in BESIDE:
        set_asset_priority(job.asset, priority=priority)
    emit(JobQueued(job_id=job.pk))
    logger.info("Job %s has priority %s now, by %s", job.public_id, priority.name, by.pk)


def _root(job: TranscodeJob) -> TranscodeJob:
    """Return the job that a part belongs to, or itself."""
    return TranscodeJob.objects.select_related("asset").get(pk=job.parent_id or job.pk)


def _depths(now: datetime) -> tuple[Depth, ...]:
    waiting = TranscodeJob.objects.filter(state=JobState.QUEUED, dispatched_at=None)
    rows = waiting.values_list("priority").annotate(count=Count("id"), oldest=Min("created_at"))
    found = {priority: (count, oldest) for priority, count, oldest in rows}
    shown = sorted({*found, *Priority.values}, reverse=True)
    return tuple(
        Depth(priority_word(priority), count, _seconds(oldest, now) if oldest else None)
        for priority in shown
        for count, oldest in [found.get(priority, (0, None))]
    )


def _workers() -> tuple[LiveWorker, ...] | None:
    try:
        return tuple(live_workers())
    except BrokerError:
        return None


def _running(own: QuerySet[TranscodeJob], now: datetime) -> tuple[Tracked, ...]:
    """Return what workers have, and jobs in parts with them. Two queries."""
    begun = own.filter(IN_FLIGHT) | own.filter(state=JobState.RUNNING)
    jobs = [_tracked(job, now) for job in begun.order_by("-priority", "id")[:MOST_SHOWN]]
    parents = [tracked.job.pk for tracked in jobs if tracked.job.split_token]
    parts: dict[int, list[Tracked]] = {}
    for part in TranscodeJob.objects.filter(parent_id__in=parents).order_by("part"):
        parts.setdefault(part.parent_id or 0, []).append(_tracked(part, now))
    return tuple(replace(tracked, parts=tuple(parts.get(tracked.job.pk, ()))) for tracked in jobs)


def _tracked(job: TranscodeJob, now: datetime) -> Tracked:
    is_out = job.state in ACTIVE and job.dispatched_at is not None
    return Tracked(job, _seconds(job.heartbeat_at, now) if is_out and job.heartbeat_at else None)


def _finished(now: datetime) -> tuple[Finished, ...]:
    """Return what was finished lately and is played. Two queries."""
    lately = Asset.objects.filter(state=AssetState.READY, current_job__finished_at__gt=now - LATELY)
    assets = lately.select_related("current_job__creator").order_by("-current_job__finished_at")[:MOST_SHOWN]
    jobs = {asset.current_job.pk: asset.current_job for asset in assets if asset.current_job}
    names: dict[int, list[str]] = {}
    for row in Rendition.objects.filter(job_id__in=list(jobs)).order_by("-height_px", "name"):
        if row.token == jobs[row.job_id].playable_token:
            names.setdefault(row.job_id, []).append(row.name)
    return tuple(Finished(job, tuple(names.get(pk, ()))) for pk, job in jobs.items())


def _seconds(then: datetime, now: datetime) -> int:
    return max(0, round((now - then).total_seconds()))

"""The dispatcher and the sweep: which job goes to the broker, and which is given up for lost.

Jobs wait in the database; the broker holds at most one message per free worker slot, so it may lose everything and
nothing is lost. Every dispatch raises the job's token: whatever an earlier attempt still says is stale.
"""

import json
import logging
from datetime import datetime, timedelta

from celery import current_app
from django.db import transaction
from django.db.models import Case, F, IntegerField, Q, QuerySet, When, Window
from django.db.models.functions import Coalesce, RowNumber
from kombu.exceptions import OperationalError

from eduvideo.core import clock
from eduvideo.core.broker import BrokerError
from eduvideo.core.models import Lease
from eduvideo.core.objects import ObjectStoreError, open_objects
from eduvideo.core.outages import in_one_line
from eduvideo.media.candidates import Sources, sources_of
from eduvideo.media.endings import follow_failure, lock_family, stop_run
from eduvideo.media.fairness import Waiting, fair_order
from eduvideo.media.models import IN_FLIGHT, JobState, TranscodeJob
from eduvideo.media.progress import record_event
from eduvideo.media.queries import jobs_in_flight
from eduvideo.media.sentences import LOST
from eduvideo.media.slots import worker_slots
from eduvideo.uploads.parts import TUS_BYTES
from transcoding.messages import (
    RESULT_NAME,
    TRANSCODE_QUEUE,
    TRANSCODE_TASK,
    TranscodeEvent,
    TranscodeRequest,
    Work,
)

logger = logging.getLogger(__name__)

SILENCE_S = 30
MAX_ATTEMPTS = 6
LOCK = "dispatch-jobs"


def dispatch_jobs() -> int:
    """Give the broker one message per free slot, the most urgent jobs first, fairly; return how many.

    Harmless to run twice at once: jobs are counted and taken under a lock.
    """
    try:
        slots = worker_slots()
    except BrokerError as error:
        logger.warning("Nothing is dispatched while the broker is away: %s", error)
        return 0
    return sum(_send(job, may_split=slots > 1) for job in _take_jobs(slots))


def sweep_jobs() -> int:
    """Deal with jobs that have been silent for 30 s, then dispatch; return how many were dealt with.

    While the store is away silent jobs wait: it may hold their end, and without it no other worker could help.
    """
    limit = clock.now() - timedelta(seconds=SILENCE_S)
    silent = TranscodeJob.objects.filter(IN_FLIGHT, Q(heartbeat_at__lt=limit)).select_related("asset")
    count = 0
    try:
        for job in silent:
            if not _recover_end(job):
                _requeue(job)
            count += 1
    except ObjectStoreError as error:
        logger.warning("Silent jobs wait for the store: %s", in_one_line(error))
    dispatch_jobs()
    return count


@transaction.atomic
def _take_jobs(slots: int) -> list[TranscodeJob]:
    """Mark as many jobs as dispatched as there are free slots, and return them with their new tokens."""
    now = clock.now()
    # Two dispatchers at once would otherwise each fill the same free slot with another job.
    Lease.objects.select_for_update().get_or_create(name=LOCK, defaults={"holder": LOCK, "expires_at": now})
    taken: list[TranscodeJob] = []
    for pk in next_jobs(slots, now=now):
        job = TranscodeJob.objects.select_related("asset__upload").get(pk=pk)
        mine = TranscodeJob.objects.filter(pk=job.pk, state=JobState.QUEUED, dispatched_at=None, token=job.token)
        job.token += 1
        if mine.update(token=job.token, last_seq=0, dispatched_at=now, heartbeat_at=now, stage="", percent=0):
            taken.append(job)
    return taken


def next_jobs(slots: int, *, now: datetime) -> list[int]:
    """Return the jobs for the free slots: by priority, and fairly among creators within one."""
    in_flight = jobs_in_flight()
    free = slots - in_flight.total()
    if free <= 0:
        return []
    due = TranscodeJob.objects.filter(Q(due_at=None) | Q(due_at__lte=now), state=JobState.QUEUED, dispatched_at=None)
    chosen: list[int] = []
    for priority in due.order_by("-priority").values_list("priority", flat=True).distinct():
        candidates = _candidates(due.filter(priority=priority), room=free - len(chosen), busy=len(in_flight))
        for job in fair_order(candidates, in_flight, room=free - len(chosen)):
            chosen.append(job.pk)
            in_flight[job.creator] += 1
        if len(chosen) == free:
            break
    return chosen


def _candidates(due: QuerySet[TranscodeJob], *, room: int, busy: int) -> list[Waiting]:
    """Return the few of the waiting that fair_order can choose among, however many wait: few of each creator.

    Creators who have something in flight (`busy` of them) may have to stand back, so as many more are looked at.
    """
    age = (Coalesce("parent_id", "id"), F("id"))
    is_join = Case(When(work=Work.JOIN.value, then=0), default=1, output_field=IntegerField())
    turns = due.annotate(
        join_first=is_join,
        origin=age[0],
        turn=Window(RowNumber(), partition_by=F("creator_id"), order_by=[is_join, *age]),
    )
    rows = turns.filter(turn__lte=room).order_by("join_first", "turn", "origin", "id")
    found = rows.values_list("id", "creator_id", "origin", "join_first")[: room * (1 + busy)]
    return [Waiting(pk, creator, origin, is_join=not last) for pk, creator, origin, last in found]


def _request(job: TranscodeJob, *, may_split: bool) -> TranscodeRequest:
    work = Work(job.work)
    upload = job.asset.upload
    parts = job.parts.select_related("asset").order_by("part") if work is Work.JOIN else ()
    pictures = sources_of(job.asset) if work is Work.POSTERS else Sources("", "")
    return TranscodeRequest(
        job=job.public_id,
        token=job.token,
        source_key=job.asset.source_key,
        source_part_bytes=(upload.part_size_bytes or TUS_BYTES) if upload else 0,
        source_parts_sha256=upload.parts_sha256 if upload else "",
        source_name=job.asset.source_name,
        output_prefix=job.output_prefix(job.token),
        language=job.asset.language or "und",
        work=work,
        may_split=may_split and work is Work.WHOLE,
        plan_key=job.plan_key,
        part=job.part or 0,
        part_prefixes=tuple(part.output_prefix(part.token) for part in parts),
        rendition=job.rendition,
        only_if_smaller=job.only_if_smaller,
        storyboard_key=pictures.storyboard,
        playlist_key=pictures.playlist,
    )


def _send(job: TranscodeJob, *, may_split: bool) -> int:
    request = _request(job, may_split=may_split)
    try:
        current_app.send_task(
            TRANSCODE_TASK, args=[request.model_dump(mode="json")], queue=TRANSCODE_QUEUE, retry=False
        )
    except (OperationalError, BrokerError, OSError) as error:
        logger.warning("Job %s stays queued, the broker did not take it: %s", job, error)
        TranscodeJob.objects.filter(pk=job.pk, state=JobState.QUEUED, token=job.token).update(dispatched_at=None)
        return 0
    return 1


def _recover_end(job: TranscodeJob) -> bool:
    """Use the final event that the worker left in the store, when only its message was lost."""
    try:
        record = json.loads(open_objects().read(f"{job.output_prefix(job.token)}{RESULT_NAME}"))
        event = TranscodeEvent.model_validate(record["event"])
    except ObjectStoreError as error:
        if error.missing:
            return False
        raise
    except (ValueError, KeyError, TypeError) as error:
        logger.warning("Job %s left a result that cannot be read: %s", job, error)
        return False
    return record_event(event)


@transaction.atomic
def _requeue(job: TranscodeJob) -> None:
    """Queue a lost job again, or fail it after too many attempts."""
    lock_family(job)
    mine = TranscodeJob.objects.filter(IN_FLIGHT, pk=job.pk, token=job.token, heartbeat_at=job.heartbeat_at)
    tries = job.tries + 1
    if tries < MAX_ATTEMPTS:
        if mine.update(state=JobState.QUEUED, dispatched_at=None, tries=tries):
            logger.warning("Job %s was silent for %d s and is queued again", job, SILENCE_S)
            stop_run(job)
        return
    if mine.update(state=JobState.FAILED, failure_code=LOST, finished_at=clock.now(), tries=tries):
        logger.error("Job %s was lost or failed %d times and is given up", job, tries)
        follow_failure(job)
        stop_run(job)

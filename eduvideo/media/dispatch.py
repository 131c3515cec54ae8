"""The dispatcher and the sweep: which job goes to the broker, and which is given up for lost.

Jobs wait in the database; the broker holds at most one message per free worker slot, so it may lose everything and
nothing is lost. Every dispatch raises the job's token: whatever an earlier attempt still says is stale.
"""

import json
import logging
from datetime import timedelta

from celery import current_app
from django.db import transaction
from django.db.models import Q
from kombu.exceptions import OperationalError

from eduvideo.core import clock
from eduvideo.core.broker import BrokerError, broker
from eduvideo.core.models import Lease
from eduvideo.core.objects import ObjectStoreError, open_objects
from eduvideo.core.outages import in_one_line
from eduvideo.media.models import IN_FLIGHT, JobState, TranscodeJob
from eduvideo.media.progress import fail_asset, record_event
from eduvideo.media.sentences import LOST
from eduvideo.media.services import tell_worker_to_stop
from transcoding.messages import (
    RESULT_NAME,
    TRANSCODE_QUEUE,
    TRANSCODE_TASK,
    WORKER_KEY_PREFIX,
    TranscodeEvent,
    TranscodeRequest,
)

logger = logging.getLogger(__name__)

SILENCE_S = 30
MAX_ATTEMPTS = 6
LOCK = "dispatch-jobs"


def dispatch_jobs() -> int:
    """Give the broker one message per free slot, the most urgent and oldest jobs first; return how many.

    Harmless to run twice at once: jobs are counted and taken under a lock.
    """
    try:
        slots = worker_slots()
    except BrokerError as error:
        logger.warning("Nothing is dispatched while the broker is away: %s", error)
        return 0
    return sum(_send(job) for job in _take_jobs(slots))


def worker_slots() -> int:
    """Return how many transcodes the living workers can run at once; each worker announces its own every 5 s."""
    client = broker()
    keys = list(client.scan_iter(f"{WORKER_KEY_PREFIX}*", count=1000))
    return sum(int(str(value)) for value in client.mget(keys) if value) if keys else 0


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
    free = slots - TranscodeJob.objects.filter(IN_FLIGHT).count()
    waiting = TranscodeJob.objects.filter(
        Q(due_at=None) | Q(due_at__lte=now), state=JobState.QUEUED, dispatched_at=None
    ).select_related("asset")
    taken: list[TranscodeJob] = []
    for job in waiting.order_by("-priority", "id")[: max(free, 0)]:
        mine = TranscodeJob.objects.filter(pk=job.pk, state=JobState.QUEUED, dispatched_at=None, token=job.token)
        job.token += 1
        if mine.update(token=job.token, last_seq=0, dispatched_at=now, heartbeat_at=now, stage="", percent=0):
            taken.append(job)
    return taken


def _send(job: TranscodeJob) -> int:
    request = TranscodeRequest(
        job=job.public_id,
        token=job.token,
        source_key=job.asset.source_key,
        source_name=job.asset.source_name,
        output_prefix=job.output_prefix(job.token),
        language=job.asset.language or "und",
    )
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
    mine = TranscodeJob.objects.filter(IN_FLIGHT, pk=job.pk, token=job.token, heartbeat_at=job.heartbeat_at)
    tries = job.tries + 1
    if tries < MAX_ATTEMPTS:
        if mine.update(state=JobState.QUEUED, dispatched_at=None, tries=tries):
            logger.warning("Job %s was silent for %d s and is queued again", job, SILENCE_S)
            transaction.on_commit(lambda: tell_worker_to_stop(job.public_id, job.token))
        return
    if mine.update(state=JobState.FAILED, failure_code=LOST, finished_at=clock.now(), tries=tries):
        logger.error("Job %s was lost or failed %d times and is given up", job, tries)
        fail_asset(job, code=LOST)
        transaction.on_commit(lambda: tell_worker_to_stop(job.public_id, job.token))

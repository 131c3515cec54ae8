"""Celery's entrance: `celery -A transcoding.tasks worker -Q transcode`. Needs the broker and the store, nothing else.

Messages are acknowledged when a task starts: the state of a job lives in its orchestrator's database, which dispatches
a lost job again under a higher token.
"""

import logging
from pathlib import Path

import redis
from celery import Celery

from transcoding.errors import CancelledError, EncodeError, TranscodingError
from transcoding.integrity import VerifiedSources
from transcoding.messages import (
    EVENT_QUEUE,
    EVENT_TASK,
    RESULT_NAME,
    TRANSCODE_QUEUE,
    TRANSCODE_TASK,
    EventKind,
    TranscodeEvent,
    TranscodeRequest,
    Work,
    cancel_key,
)
from transcoding.pipeline import transcode as transcode_job
from transcoding.reporting import Reporter
from transcoding.run import Job, failure_record_json
from transcoding.sandbox import StopSignal, Toolbox
from transcoding.settings import programs, settings
from transcoding.storage import MediaStore, open_store, put_file
from transcoding.worker import SlotsStep, stoppable
from transcoding.workspace import KeptSources, private_folder

logger = logging.getLogger(__name__)

BROKER_TIMEOUT_S = 3
# Progress that nobody took for a minute is old news.
PROGRESS_EXPIRES_S = 60

app = Celery("transcoding", broker=settings().broker_url.get_secret_value())
app.conf.update(
    task_default_queue=TRANSCODE_QUEUE,
    task_ignore_result=True,
    task_acks_late=False,
    worker_prefetch_multiplier=1,
    # Take a message only for a free slot: a job that waits behind another one here would be free for other machines.
    worker_disable_prefetch=True,
    worker_max_tasks_per_child=100,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_connection_timeout=BROKER_TIMEOUT_S,
    broker_transport_options={
        "socket_timeout": BROKER_TIMEOUT_S,
        "socket_connect_timeout": BROKER_TIMEOUT_S,
        # A publisher gives up at once: the reporter tries again with newer news.
        "max_retries": 0,
        "interval_start": 0,
    },
)
app.steps["worker"].add(SlotsStep)


@app.task(name=TRANSCODE_TASK)
def transcode(request: dict[str, object]) -> None:
    """Run one job; see messages.TranscodeRequest."""
    run_request(TranscodeRequest.model_validate(request))


def run_request(request: TranscodeRequest) -> TranscodeEvent:
    """Transcode, tell of it, and leave the final event in the store as well; never raises for a bad file."""
    stop = StopSignal()
    broker = redis.Redis.from_url(
        settings().broker_url.get_secret_value(),
        socket_timeout=BROKER_TIMEOUT_S,
        socket_connect_timeout=BROKER_TIMEOUT_S,
    )
    key = cancel_key(request.job, request.token)
    reporter = Reporter(
        job=request.job, token=request.token, send=_send, is_cancelled=lambda: bool(broker.exists(key)), stop=stop
    )
    with broker, stoppable(stop), reporter:
        event = _run(request, reporter, stop)
        if not reporter.deliver(event):
            logger.error("job %s: the broker did not take the end; %s holds it", request.job, RESULT_NAME)
    return event


def _run(request: TranscodeRequest, reporter: Reporter, stop: StopSignal) -> TranscodeEvent:
    try:
        with private_folder(settings().transcode_work) as folder:
            return _transcoded(request, reporter, folder, stop)
    except CancelledError:
        return reporter.ended(EventKind.CANCELLED)
    except TranscodingError as error:
        failure = error.failure()
    except OSError as error:
        failure = EncodeError("The machine could not finish this video.", detail=repr(error)).failure()
    except Exception as error:
        logger.exception("job %s", request.job)
        failure = EncodeError("Something went wrong on our side.", detail=repr(error)).failure()
    logger.warning("job %s failed: %s %s", request.job, failure.code, failure.detail)
    event = reporter.ended(EventKind.FAILED, failure=failure)
    _leave_failure(request, event)
    return event


def _transcoded(request: TranscodeRequest, reporter: Reporter, folder: Path, stop: StopSignal) -> TranscodeEvent:
    store = open_store(settings())
    tools = Toolbox(folder=folder, programs=programs(), limits=settings().limits, stop=stop)
    # Several runs of a split job may meet on this machine.
    is_shared = request.may_split or request.work is Work.PART
    sources = VerifiedSources(store, part_bytes=request.source_part_bytes, parts_sha256=request.source_parts_sha256)
    job = Job(
        source_key=request.source_key,
        source=KeptSources(sources, settings().transcode_work) if is_shared else sources,
        output=store,
        output_prefix=request.output_prefix,
        language=request.language,
        work=request.work,
        may_split=request.may_split,
        # Not after a try that failed or was lost: the copy may be why.
        may_copy=settings().transcode_copy and request.token == 1,
        plan_key=request.plan_key,
        part=request.part,
        part_prefixes=request.part_prefixes,
        rendition=request.rendition,
        only_if_smaller=request.only_if_smaller,
        storyboard_key=request.storyboard_key,
        playlist_key=request.playlist_key,
    )
    result = transcode_job(job, listener=reporter, tools=tools)
    snapshot = result.snapshot.model_copy(update={"source_sha256": sources.sha256})
    event = reporter.done(snapshot, split=result.split)
    _leave_result(store, request, result.record_json(event), folder)
    return event


def _leave_failure(request: TranscodeRequest, event: TranscodeEvent) -> None:
    """Only helps where the event is lost as well, so it may fail."""
    try:
        with private_folder(settings().transcode_work) as folder:
            _leave_result(open_store(settings()), request, failure_record_json(event), folder)
    except (TranscodingError, OSError) as error:
        logger.warning("job %s: %s was not left: %r", request.job, RESULT_NAME, error)


def _leave_result(store: MediaStore, request: TranscodeRequest, record: str, folder: Path) -> None:
    """Last of all objects: whoever finds it knows how the run ended, even if the event was lost."""
    file = folder / RESULT_NAME
    file.write_text(record, encoding="utf-8")
    put_file(store, file, f"{request.output_prefix}{RESULT_NAME}")


def _send(event: TranscodeEvent) -> None:
    is_progress = event.kind is EventKind.PROGRESS
    app.send_task(
        EVENT_TASK,
        args=[event.model_dump(mode="json")],
        queue=EVENT_QUEUE,
        retry=False,
        ignore_result=True,
        expires=PROGRESS_EXPIRES_S if is_progress else None,
    )

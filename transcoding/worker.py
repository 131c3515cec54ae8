"""Life of a Celery worker: what it announces, how it ends, and that nothing it started outlives it."""

import ctypes
import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Protocol

import redis
from celery import bootsteps
from celery.signals import celeryd_init, worker_process_init

from transcoding.errors import WorkerStoppedError
from transcoding.messages import TRANSCODE_QUEUE, WORKER_KEY_PREFIX
from transcoding.sandbox import StopSignal, isolation_prefix
from transcoding.settings import programs, settings
from transcoding.speech import speech_recognizer
from transcoding.storage import open_store
from transcoding.worker_slots import slots_for, usable_cores, usable_memory_bytes
from transcoding.workspace import remove_kept, remove_leftovers

logger = logging.getLogger(__name__)

SLOTS_EXPIRE_S, SLOTS_EVERY_S = 15, 5
# A source stays for the next part of the same recording, and no longer than a pause between two of them.
KEPT_S = 120
STOP_SIGNAL = signal.SIGUSR2
PR_SET_PDEATHSIG = 1


@celeryd_init.connect
def choose_slots(conf: Any, options: dict[str, Any], **_: object) -> None:  # Any: celery.app.utils.Settings
    """Without --concurrency, run as many transcodes as the setting says, else as this machine can."""
    if conf.task_default_queue == TRANSCODE_QUEUE and not options.get("concurrency"):
        fit = slots_for(cores=usable_cores(), memory_bytes=usable_memory_bytes())
        conf.worker_concurrency = settings().transcode_slots or fit


class Pool(Protocol):
    @property
    def info(self) -> dict[str, list[int]]:
        """Has `processes`, the children's pids, where there are children."""


class Worker(Protocol):
    """What we use of celery.worker.WorkController, whose attributes its types leave out."""

    hostname: str
    concurrency: int
    pool: Pool | None


class SlotsStep(bootsteps.StartStopStep):
    """Announces the worker's slots in the broker while it lives; at shutdown tells its children to stop their job."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: object, **options: object) -> None:
        super().__init__(parent, **options)
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, parent: Worker) -> None:
        # What is missing fails the worker now, not its first job.
        programs()
        speech_recognizer()
        open_store(settings())
        isolation_prefix()
        if removed := remove_leftovers(settings().transcode_work):
            logger.warning("removed the folders of %d runs that died", removed)
        key, slots = f"{WORKER_KEY_PREFIX}{parent.hostname}", parent.concurrency
        self._thread = threading.Thread(target=self._announce, args=(key, slots), name="slots", daemon=True)
        self._thread.start()

    def stop(self, parent: Worker) -> None:
        self._ended.set()
        for pid in parent.pool.info.get("processes", ()) if parent.pool else ():
            _tell(pid)
        if self._thread is not None:
            self._thread.join(timeout=SLOTS_EVERY_S)

    def terminate(self, parent: Worker) -> None:
        self.stop(parent)

    def _announce(self, key: str, slots: int) -> None:
        broker = redis.Redis.from_url(
            settings().broker_url.get_secret_value(), socket_timeout=2, socket_connect_timeout=2
        )
        with broker:
            while True:
                with suppress(OSError):  # what cannot be removed must not end the announcements
                    remove_kept(settings().transcode_work, unused_s=KEPT_S)
                try:
                    broker.set(key, slots, ex=SLOTS_EXPIRE_S)
                    if self._ended.wait(SLOTS_EVERY_S):
                        broker.delete(key)
                        return
                except redis.RedisError:
                    logger.warning("the broker does not answer; slots are not announced", exc_info=True)
                    if self._ended.wait(1):
                        return


_running: set[StopSignal] = set()


@contextmanager
def stoppable(stop: StopSignal) -> Iterator[None]:
    """Let the end of the worker stop the job of this block."""
    _running.add(stop)
    try:
        yield
    finally:
        _running.discard(stop)


@worker_process_init.connect
def prepare_child(**_: object) -> None:
    """In each pool process: die with the worker, whose ffmpeg dies with us; and hear its wish to stop."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(STOP_SIGNAL, _stop_jobs)


def _stop_jobs(_number: int, _frame: FrameType | None) -> None:
    for stop in tuple(_running):
        stop.request_from_signal_handler(WorkerStoppedError("The machine that processed this video is restarting."))


def _tell(pid: int) -> None:
    try:
        os.kill(pid, STOP_SIGNAL)
    except ProcessLookupError:
        logger.debug("child %d has ended already", pid)

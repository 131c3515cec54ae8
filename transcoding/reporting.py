"""Tell the orchestrator how a run goes, and hear from it whether to stop, over a broker that may be away."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

from transcoding.errors import CancelledError
from transcoding.messages import EventKind, Failure, Snapshot, Split, Stage, TranscodeEvent
from transcoding.sandbox import StopSignal

logger = logging.getLogger(__name__)

PROGRESS_EVERY_S = 1.0
HEARTBEAT_S = 5.0
CANCEL_EVERY_S = 1.0
RETRY_S = 1.0
# How long the end of a job waits for the broker; after that result.json in the store tells it.
LAST_WORDS_S = 30.0


class Reporter:
    """A thread that sends events and looks for the cancel key; the job itself never waits for the broker.

    Milestones (started, playable, the end) are all sent, in order. Of progress only the newest is, at most one a second
    and at least one each five seconds: silence means that the worker is lost. Whatever cannot be sent is kept.
    """

    def __init__(
        self,
        *,
        job: str,
        token: int,
        send: Callable[[TranscodeEvent], None],
        is_cancelled: Callable[[], bool],
        stop: StopSignal,
    ) -> None:
        self._job, self._token = job, token
        self._send, self._is_cancelled, self._stop = send, is_cancelled, stop
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._delivered = threading.Event()
        self._closing = threading.Event()
        self._seq = 0
        self._milestones: deque[TranscodeEvent] = deque()
        self._stage, self._percent, self._snapshot = Stage.FETCH, 0.0, Snapshot()
        self._has_news = self._is_ending = False
        self._sent_at = self._looked_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name=f"reporter-{job}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._wake.set()
        self._thread.join(timeout=RETRY_S)

    def news(self, kind: EventKind, *, stage: Stage, percent: float, snapshot: Snapshot) -> None:
        with self._lock:
            self._stage, self._percent, self._snapshot = stage, percent, snapshot
            if kind is EventKind.PROGRESS:
                self._has_news = True
                return
            self._milestones.append(self._event(kind))
        self._wake.set()

    def done(self, snapshot: Snapshot, *, split: Split | None = None) -> TranscodeEvent:
        """Compose the event of success, or that the job goes on in parts; `deliver` sends it."""
        with self._lock:
            percent = self._percent if split else 100.0
            self._stage, self._percent, self._snapshot = Stage.PUBLISH, percent, snapshot
            self._is_ending = True
            if split:
                return self._event(EventKind.SPLIT).model_copy(update={"split": split})
            return self._event(EventKind.DONE)

    def ended(self, kind: EventKind, *, failure: Failure | None = None) -> TranscodeEvent:
        """Compose the event of a failure or a cancellation; `deliver` sends it."""
        with self._lock:
            self._is_ending = True
            return self._event(kind, failure)

    def deliver(self, event: TranscodeEvent) -> bool:
        """Send the last event; wait for it within reason. False when the broker did not take it."""
        with self._lock:
            self._milestones.append(event)
        self._wake.set()
        return self._delivered.wait(LAST_WORDS_S)

    def _event(self, kind: EventKind, failure: Failure | None = None) -> TranscodeEvent:
        self._seq += 1
        return TranscodeEvent(
            job=self._job,
            token=self._token,
            seq=self._seq,
            kind=kind,
            stage=self._stage,
            percent=self._percent,
            snapshot=self._snapshot,
            failure=failure,
        )

    def _run(self) -> None:
        while not (self._delivered.is_set() or self._closing.is_set()):
            self._wake.wait(min(CANCEL_EVERY_S, PROGRESS_EVERY_S) / 2)
            self._wake.clear()
            try:
                self._look_for_cancel()
                self._send_due()
            except Exception:
                logger.warning("job %s: the broker does not answer", self._job, exc_info=True)
                self._closing.wait(RETRY_S)

    def _look_for_cancel(self) -> None:
        if time.monotonic() - self._looked_at < CANCEL_EVERY_S:
            return
        self._looked_at = time.monotonic()
        if self._is_cancelled():
            self._stop.request(CancelledError("Stopped on request."))

    def _send_due(self) -> None:
        while self._milestones:
            event = self._milestones[0]
            self._send(event)
            self._milestones.popleft()
            self._sent_at = time.monotonic()
            if event.kind.is_final:
                self._delivered.set()
                return
        waited_s = time.monotonic() - self._sent_at
        if waited_s >= HEARTBEAT_S or (self._has_news and waited_s >= PROGRESS_EVERY_S):
            with self._lock:
                if self._milestones or self._is_ending:
                    return  # a milestone that is being said must not be overtaken by a higher number
                event = self._event(EventKind.PROGRESS)
                self._has_news = False
            self._send(event)
            self._sent_at = time.monotonic()

"""A real Celery worker for transcoding, its broker and its store, as tests handle them."""

import contextlib
import math
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

from kombu import Connection

from tests.servers.process import pids_in
from tests.servers.valkey import ValkeyServer
from tests.waiting import wait_until
from transcoding.messages import (
    EVENT_QUEUE,
    TRANSCODE_QUEUE,
    TRANSCODE_TASK,
    WORKER_KEY_PREFIX,
    TranscodeEvent,
    TranscodeRequest,
)

ROOT = Path(__file__).parents[2]


class WorkerProcess:
    """`celery -A transcoding.tasks worker` with a folder store; use as a context."""

    def __init__(self, valkey: ValkeyServer, folder: Path) -> None:
        self.valkey = valkey
        self.objects = folder / "objects"
        self.work = folder / "work"
        self.log = folder / "worker.log"
        self.events: list[TranscodeEvent] = []

    def __enter__(self) -> Self:
        self.objects.mkdir(exist_ok=True)
        environment = {
            **os.environ,
            "EDUVIDEO_BROKER_URL": self.valkey.url,
            "EDUVIDEO_OBJECTS_URL": self.objects.as_uri(),
            "EDUVIDEO_TRANSCODE_WORK": str(self.work),
        }
        command = [sys.executable, "-m", "celery", "-A", "transcoding.tasks", "worker", "-Q", TRANSCODE_QUEUE]
        options = ["--concurrency", "1", "--loglevel", "INFO", "--without-gossip", "--without-mingle"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, *options], cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        self.connection = Connection(self.valkey.url)
        wait_until(self.slots, timeout_s=60, message=f"the worker did not announce itself: {self.log}")
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=20)

    def slots(self) -> dict[str, str]:
        client = self.valkey.client()
        keys = client.keys(f"{WORKER_KEY_PREFIX}*")
        found = {key: client.get(key) for key in keys}
        client.close()
        return found

    def slots_expire_s(self) -> list[float]:
        """How long each announcement of slots stays when nobody repeats it."""
        client = self.valkey.client()
        found = [client.ttl(key) for key in client.keys(f"{WORKER_KEY_PREFIX}*")]
        client.close()
        return [math.inf if left_s == -1 else left_s for left_s in found]

    def send(self, request: TranscodeRequest) -> None:
        from transcoding.tasks import app

        with Connection(self.valkey.url) as connection:
            app.send_task(
                TRANSCODE_TASK,
                args=[request.model_dump(mode="json")],
                queue=TRANSCODE_QUEUE,
                connection=connection,
                ignore_result=True,
            )

    def next_events(self) -> list[TranscodeEvent]:
        """Take all events that are waiting; also kept in `events`."""
        fresh = []
        queue = self.connection.SimpleQueue(EVENT_QUEUE)
        with contextlib.suppress(queue.Empty):
            while message := queue.get(block=False):
                fresh.append(TranscodeEvent.model_validate(message.payload[0][0]))
                message.ack()
        queue.close()
        self.events += fresh
        return fresh

    def wait_for(self, *kinds: str, timeout_s: float = 90) -> TranscodeEvent:
        def found() -> TranscodeEvent | None:
            self.next_events()
            return next((event for event in self.events if event.kind in kinds), None)

        return wait_until(found, timeout_s=timeout_s, message=f"no event {kinds}: {self.log.read_text()[-3000:]}")

    def ffmpegs(self) -> list[int]:
        """Pids of programs that run in this worker's work folder."""
        return pids_in(self.work)

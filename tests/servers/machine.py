"""A transcoding worker as on a machine of its own: a private folder and a bare environment, no disk in common."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.servers.process import pids_in, remove_folder
from tests.waiting import wait_until

# All that a worker is told (DESIGN, rule 5): the broker and the object store.
TOLD = ("EDUVIDEO_BROKER_URL", "EDUVIDEO_OBJECTS_URL", "EDUVIDEO_S3_")


class WorkerMachine:
    """One Celery worker with one slot."""

    def __init__(self, name: str, environment: dict[str, str]) -> None:
        self.name = name
        self.folder = Path(tempfile.mkdtemp(prefix=f"eduvideo-{name}-"))
        self.work = self.folder / "work"
        self.log = self.folder / "worker.log"
        told = {key: value for key, value in environment.items() if key.startswith(TOLD)}
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "EDUVIDEO_TRANSCODE_WORK": str(self.work),
            **told,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "celery", "-A", "transcoding.tasks", "worker", "-Q", "transcode"]
        options = ["-c", "1", "-n", f"transcoder@{self.name}", "--loglevel", "INFO", "--without-gossip"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *options], cwd=self.folder, env=self.environment, stdout=log, stderr=log
            )
        wait_until(lambda: "ready." in self.said(), timeout_s=60, message=f"no worker is ready: {self.log}")

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def is_encoding(self) -> bool:
        """Tell whether a program runs in one of its private folders."""
        return bool(self.work.is_dir() and pids_in(self.work))

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def remove(self) -> None:
        self._end(signal.SIGQUIT)
        remove_folder(self.folder)

    def _end(self, how: signal.Signals) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
        if self.process:
            self.process.wait(timeout=30)
        self.process = None

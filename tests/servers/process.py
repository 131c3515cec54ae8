"""A server of the tests: a program of ours on a free port with a private folder, stopped by its process id."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import wait_until

READY_S = 60
STOP_S = 30
TOOLS = Path(__file__).parents[2] / ".setup" / "bin"


def program(name: str, *, origin: str, folders: tuple[Path, ...] = (TOOLS,)) -> str:
    """Return a program's path; skip the test without it, or fail where nothing may be left out (CI)."""
    places = os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")])
    found = shutil.which(name, path=places)
    return found or missing(f"{name} is not installed ({origin})")


def missing(what: str) -> Any:  # Any: it does not return
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


class ServerProcess:
    """A server that may be killed and started again on the same port over the same data."""

    def __init__(self, *, port: int, owner: str | None = None) -> None:
        """`owner` is the user who runs it where we are root; the folder is theirs."""
        self.port = port
        self.owner = owner if owner and os.getuid() == 0 else None
        # Not below pytest's own folder, which only we may enter.
        self.folder = Path(tempfile.mkdtemp(prefix="eduvideo-server-"))
        self.folder.chmod(0o755)
        if self.owner:
            shutil.chown(self.folder, self.owner)
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        """Return what runs the server in the foreground."""
        raise NotImplementedError

    def is_up(self) -> bool:
        """Tell whether it answers."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Do what comes before the first start."""

    def start(self) -> None:
        if not any(self.folder.iterdir()):
            self.prepare()
        log = self.folder / "server.log"
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                self.as_owner(self.command()), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        wait_until(self._answers, timeout_s=READY_S, message=f"{type(self).__name__} did not start; see {log}")

    def as_owner(self, command: list[str]) -> list[str]:
        return (
            ["setpriv", f"--reuid={self.owner}", f"--regid={self.owner}", "--clear-groups", *command]
            if self.owner
            else command
        )

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def remove(self) -> None:
        """Stop it and remove what it kept."""
        self.stop()
        remove_folder(self.folder)

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def _answers(self) -> bool:
        assert self.process
        if self.process.poll() is not None:
            said = (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")[-2000:]
            raise AssertionError(f"{type(self).__name__} ended with {self.process.returncode}:\n{said}")
        return self.is_up()

    def _end(self, how: signal.Signals) -> None:
        if self.process:
            self.process.send_signal(how)
            self.process.wait(timeout=STOP_S)
            self.process = None


def pids_in(folder: Path) -> list[int]:
    """Return the ids of the processes that run in a folder or below it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                place = (entry / "cwd").readlink()
            except OSError:
                continue  # ended, or not ours
            if place.is_relative_to(folder):
                found.append(int(entry.name))
    return found


def remove_folder(folder: Path) -> None:
    """Remove a server's private folder; what a killed program still writes must not spoil the test."""
    shutil.rmtree(folder, ignore_errors=True)

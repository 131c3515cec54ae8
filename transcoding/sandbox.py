"""How a program that reads a stranger's file is started: bounded, alone, without network, and never outliving us."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from transcoding.acceptance import Limits
from transcoding.errors import EncodeError, TranscodingError
from transcoding.messages import FailureCode
from transcoding.settings import Programs

STDERR_NAME, STDOUT_NAME = "stderr.txt", "stdout.txt"
STDERR_TAIL_BYTES = 4000
POLL_S = 0.05
HARD_AFTER_S = 10
KILLED = {-signal.SIGKILL, 128 + signal.SIGKILL}  # as we see it, and through a wrapper
# All that a program gets. Few arenas: each reserves 64 MiB of the address space that is limited.
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "4"}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of one program; CPU and wall in seconds."""

    cpu_s: int
    wall_s: float
    memory_bytes: int = 4 * 1024**3
    file_bytes: int = 500_000_000


class StopSignal:
    """How a running job is told to stop: with the error that it will raise. The first request wins."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._error: TranscodingError | None = None

    def request(self, error: TranscodingError) -> None:
        self._error = self._error or error
        self._asked.set()

    def request_from_signal_handler(self, error: TranscodingError) -> None:
        """Take no lock: the interrupted thread may hold it. Noticed at the next look."""
        self._error = self._error or error

    def wait(self, seconds: float) -> None:
        """Pause, and raise what was requested, if anything was."""
        self._asked.wait(seconds)
        self.check()

    def check(self) -> None:
        if self._error is not None:
            raise self._error


class TimedOutError(Exception):
    """The program ran longer than its bounds allow."""


@dataclass(frozen=True, slots=True)
class Finished:
    """`status` is negative for a signal's number, as in subprocess."""

    status: int
    stdout: str
    stderr: str

    @property
    def was_killed(self) -> bool:
        return self.status < 0 or self.status > 128  # noqa: PLR2004 - 128 + signal, from a wrapper

    def check_alive(self) -> None:
        """Raise EncodeError where the machine killed the program, whatever the file is."""
        if self.status in KILLED:
            raise killed(self.stderr)


@dataclass(frozen=True, slots=True)
class Toolbox:
    """What every step of a job works with; `folder` is the job's own."""

    folder: Path
    programs: Programs
    limits: Limits
    stop: StopSignal


def run(arguments: list[str], *, tools: Toolbox, bounds: Bounds) -> Finished:
    """Run to the end. Output goes through files of bounded size, so that no program can fill our memory."""
    with started(arguments, folder=tools.folder, bounds=bounds) as process:
        deadline = time.monotonic() + bounds.wall_s
        while process.poll() is None:
            tools.stop.wait(POLL_S)
            if time.monotonic() > deadline:
                raise TimedOutError(f"{Path(arguments[0]).name} took over {bounds.wall_s:g} s")
    return Finished(
        status=process.returncode,
        stdout=(tools.folder / STDOUT_NAME).read_text(encoding="utf-8", errors="replace"),
        stderr=stderr_tail(tools.folder),
    )


@contextmanager
def started(arguments: list[str], *, folder: Path, bounds: Bounds) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program in `folder`; whatever happens in the block, its process group is dead afterwards.

    Must be called by a thread that outlives the program: Linux sends the parent-death signal when the thread ends.
    """
    prefix = isolation_prefix()
    command = [*prefix, *_limits(bounds), *arguments]
    with (folder / STDOUT_NAME).open("wb") as stdout, (folder / STDERR_NAME).open("wb") as stderr:
        process = subprocess.Popen(
            command, cwd=folder, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
            start_new_session=True, close_fds=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it ended by itself a moment ago
    finally:
        process.wait(timeout=10)


def killed(detail: str) -> EncodeError:
    """A program was killed from outside: short memory, or an operator. Another try may meet a better moment."""
    return EncodeError("The machine stopped the work on this video.", code=FailureCode.KILLED, detail=detail)


def stderr_tail(folder: Path) -> str:
    """The last words of the program, without the private folder's path."""
    file = folder / STDERR_NAME
    with file.open("rb") as handle:
        handle.seek(max(0, file.stat().st_size - STDERR_TAIL_BYTES))
        text = handle.read().decode("utf-8", errors="replace")
    return text.replace(f"{folder}/", "")


@cache
def isolation_prefix() -> tuple[str, ...]:
    """What this machine offers of: no network, low priority, death with the parent. Missing tools are left out."""
    wrappers: list[str] = []
    for tool, options in (
        ("unshare", ("--user", "--map-current-user", "--net", "--")),
        ("nice", ("-n", "10")),
        # After unshare: gaining credentials clears the parent-death signal.
        ("setpriv", ("--pdeathsig", "KILL", "--")),
    ):
        path = shutil.which(tool)
        if path and _works([path, *options]):
            wrappers += [path, *options]
    return tuple(wrappers)


def _works(wrapper: list[str]) -> bool:
    true = shutil.which("true")
    if true is None:
        return False
    try:
        return subprocess.run([*wrapper, true], capture_output=True, check=False, timeout=10).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _limits(bounds: Bounds) -> list[str]:
    prlimit = _prlimit()
    if prlimit is None:
        return []
    return [
        # Soft before hard: whoever uses up its time hears SIGXCPU, and SIGKILL can only come from the machine.
        prlimit, f"--as={bounds.memory_bytes}", f"--cpu={bounds.cpu_s}:{bounds.cpu_s + HARD_AFTER_S}",
        f"--fsize={bounds.file_bytes}", "--nofile=256", "--core=0", "--",
    ]  # fmt: skip


@cache
def _prlimit() -> str | None:
    path = shutil.which("prlimit")
    return path if path and _works([path, "--core=0", "--"]) else None

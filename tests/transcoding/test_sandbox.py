import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.waiting import wait_until
from transcoding.acceptance import Limits
from transcoding.errors import CancelledError, EncodeError
from transcoding.messages import FailureCode
from transcoding.sandbox import (
    Bounds,
    StopSignal,
    TimedOutError,
    Toolbox,
    isolation_prefix,
    run,
    started,
)
from transcoding.settings import Programs

BOUNDS = Bounds(cpu_s=10, wall_s=20)
PYTHON = [sys.executable, "-I", "-c"]


@pytest.fixture
def tools(tmp_path: Path) -> Toolbox:
    return Toolbox(tmp_path, Programs("ffmpeg", "ffprobe"), Limits(), StopSignal())


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_program_sees_nothing_of_our_environment(tools: Toolbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDUVIDEO_SECRET_KEY", "s3cret")
    done = run([*PYTHON, "import os; print(dict(os.environ), os.getcwd())"], tools=tools, bounds=BOUNDS)
    assert done.status == 0
    assert "s3cret" not in done.stdout
    assert str(tools.folder) in done.stdout


def test_errors_do_not_tell_where_the_private_folder_is(tools: Toolbox) -> None:
    code = f"import sys; print('{tools.folder}/source: bad', file=sys.stderr); sys.exit(3)"
    done = run([*PYTHON, code], tools=tools, bounds=BOUNDS)
    assert (done.status, done.stderr.strip()) == (3, "source: bad")


def test_a_program_that_takes_too_long_is_ended(tools: Toolbox) -> None:
    with pytest.raises(TimedOutError):
        run([*PYTHON, "import time; time.sleep(60)"], tools=tools, bounds=replace(BOUNDS, wall_s=0.5))


def test_a_program_that_burns_too_much_is_ended(tools: Toolbox) -> None:
    done = run([*PYTHON, "while True: pass"], tools=tools, bounds=replace(BOUNDS, cpu_s=1))
    assert done.status == -signal.SIGXCPU
    done.check_alive()


def test_a_program_that_the_machine_kills_is_no_fault_of_the_file(tools: Toolbox) -> None:
    done = run([*PYTHON, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"], tools=tools, bounds=BOUNDS)
    with pytest.raises(EncodeError) as caught:
        done.check_alive()
    assert caught.value.code is FailureCode.KILLED
    assert caught.value.retryable


def test_a_program_cannot_fill_memory_or_disk(tools: Toolbox) -> None:
    memory = run([*PYTHON, "x = bytearray(3 << 30)"], tools=tools, bounds=replace(BOUNDS, memory_bytes=1 << 30))
    assert "MemoryError" in memory.stderr
    disk = run([*PYTHON, "print('x' * (5 << 20))"], tools=tools, bounds=replace(BOUNDS, file_bytes=1 << 20))
    assert len(disk.stdout) <= 1 << 20


def test_a_stop_ends_the_program_and_is_raised(tools: Toolbox) -> None:
    tools.stop.request(CancelledError("Stopped on request."))
    with pytest.raises(CancelledError), started([*PYTHON, "input()"], folder=tools.folder, bounds=BOUNDS) as process:
        tools.stop.wait(1)
    assert not alive(process.pid)


@pytest.mark.skipif("setpriv" not in " ".join(isolation_prefix()), reason="setpriv is not usable on this machine")
def test_a_program_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from transcoding.sandbox import Bounds, started\n"
        "with started(['/bin/sleep', '60'], folder=Path(sys.argv[1]), bounds=Bounds(10, 60)) as p:\n"
        "    print(p.pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as parent:  # fmt: skip
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        wait_until(
            lambda: b"sleep" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0],
            timeout_s=10, message="the program did not start",
        )  # fmt: skip
        os.kill(parent.pid, signal.SIGKILL)
        wait_until(lambda: not alive(pid), timeout_s=10, message="the program outlived its parent")


@pytest.mark.skipif("unshare" not in " ".join(isolation_prefix()), reason="unshare is not usable on this machine")
def test_a_program_reaches_no_network(tools: Toolbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)"
        assert run([*PYTHON, code], tools=tools, bounds=BOUNDS).status == 1

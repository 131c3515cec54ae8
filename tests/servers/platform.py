"""The whole platform as a user starts it (`manage.py dev`), on a free port with a private data folder."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from tests.environment import free_port
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
READY_S = 120
EMBEDDED = {"EDUVIDEO_EMBEDDED_BROKER": "1"}


class RunningPlatform:
    """A started platform: its address, its folder, its processes."""

    def __init__(
        self,
        data: Path,
        *,
        port: int | None = None,
        arguments: tuple[str, ...] = ("--no-demo",),
        environment: dict[str, str] | None = None,
    ) -> None:
        """`environment` names real servers; without it everything is embedded."""
        self.data = data
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.arguments = arguments
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("EDUVIDEO_")},
            "EDUVIDEO_DATA": str(data),
            "EDUVIDEO_BASE_URL": self.url,
            **(environment or EMBEDDED | {"EDUVIDEO_BROKER_URL": f"redis://127.0.0.1:{free_port()}/0"}),
        }
        self.output = data / "dev.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        with self.output.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "dev", "--port", str(self.port), *self.arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_until(self.is_announced, timeout_s=READY_S, message=f"the platform did not start; see {self.output}")

    def is_announced(self) -> bool:
        assert self.process
        if self.process.poll() is not None:
            raise AssertionError(f"manage.py dev ended with {self.process.returncode}:\n{self.said()[-4000:]}")
        return f"EduVideo is ready: {self.url}" in self.said()

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace") if self.output.exists() else ""

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=60)
        self.process = None

    def manage(self, *arguments: str, stdin: str | None = None, timeout_s: float = 300) -> str:
        """Run a management command beside the platform and return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        assert done.returncode == 0, f"manage.py {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}"
        return done.stdout.strip()

    def get(self, path: str, *, token: str = "") -> Any:
        """Return the JSON of an API path."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(f"{self.url}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def read(self, address: str) -> bytes:
        """Return what is at an address of the platform, a path or a URL; redirects are followed."""
        with urllib.request.urlopen(urljoin(self.url, address), timeout=30) as response:
            return bytes(response.read())

    def pids(self) -> dict[str, int]:
        """Return the process ids of the supervised programs by name."""
        command = [
            sys.executable,
            "-m",
            "supervisor.supervisorctl",
            "-c",
            str(self.data / "run" / "supervisord.conf"),
            "status",
        ]
        lines = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stdout.splitlines()
        words = [line.replace(",", "").split() for line in lines]
        return {row[0]: int(row[row.index("pid") + 1]) for row in words if "pid" in row}


@pytest.fixture(scope="session", params=["embedded", "servers"])
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    """One platform for all journeys of a test session: on embedded parts, and once more on the real servers."""
    if request.param == "servers":
        yield request.getfixturevalue("deployment").platform
        return
    running = RunningPlatform(tmp_path_factory.mktemp("platform"))
    running.start()
    yield running
    running.stop()

"""A real server process with a database and a broker of its own, and viewers of its streams."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eduvideo.danmaku import live
from tests import media_factory
from tests.environment import free_port
from tests.servers.valkey import ValkeyServer
from tests.waiting import wait_until

ROOT = Path(__file__).parents[3]
SERVE = "from eduvideo.danmaku import live; live.QUEUED_FRAMES = %d; from uvicorn.main import main; main()"
MIGRATE = "from django.core.management import call_command; call_command('migrate', verbosity=0)"
MAKE = """
import json
from eduvideo.accounts.models import Role
from eduvideo.catalog.models import Visibility
from tests.factories.catalog import a_video
from tests.factories.danmaku import a_lesson, a_person, a_token_of
def scene():
    lesson, hidden = a_lesson(), a_video(visibility=Visibility.ORGANIZATION)
    return {
        "lesson": lesson.public_id, "lesson_pk": lesson.pk, "hidden": hidden.public_id, "owner": a_token_of(lesson.owner),
        "hidden_owner": a_token_of(hidden.owner), "students": [a_token_of(a_person()) for _ in range(%d)],
    }
print(json.dumps([scene() for _ in range(%d)]))
"""


@dataclass
class Event:
    """One event of a stream; a heartbeat has the name "beat"."""

    name: str = "beat"
    id: str = ""
    data: Any = None


@dataclass
class LiveServer:
    """The platform's web process, with lessons and people; `queued_frames` wait for one viewer at most."""

    folder: Path
    broker: ValkeyServer
    queued_frames: int = live.QUEUED_FRAMES
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("EDUVIDEO_")}
        return {
            **kept,
            "EDUVIDEO_DATA": str(self.folder),
            "EDUVIDEO_BASE_URL": f"http://127.0.0.1:{self.port}",
            "EDUVIDEO_BROKER_URL": self.broker.url,
            "DJANGO_SETTINGS_MODULE": "eduvideo.config.settings",
        }

    def start(self) -> None:
        command = [
            *(sys.executable, "-c", SERVE % self.queued_frames, "eduvideo.config.asgi:application"),
            *("--port", str(self.port)),
            *("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--timeout-graceful-shutdown", "60"),
        ]
        with (self.folder / "web.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        wait_until(self.is_up, timeout_s=60, message=f"the server did not start; see {self.folder / 'web.log'}")

    def is_up(self) -> bool:
        try:
            return self.call("GET", "/health/live")[0] == 200
        except OSError:
            return False

    def stop(self, *, within_s: float = 30) -> int:
        """Ask it to end and return its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=within_s)
        self.process = None
        return code

    def run_code(self, code: str) -> str:
        """Run code in a process beside the server, with the same database."""
        setup = "import django; django.setup()\n"
        done = subprocess.run(
            [sys.executable, "-c", setup + code], cwd=ROOT, env=self.environment, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def make_tables(self) -> None:
        """Lay an empty database into the folder, which is migrated once for all tests of a run."""
        shutil.copyfile(media_factory.once("migrated.sqlite3", self._migrate), self.folder / "eduvideo.sqlite3")

    def _migrate(self, draft: Path) -> None:
        with tempfile.TemporaryDirectory(prefix="eduvideo-migrated-") as folder:
            LiveServer(Path(folder), self.broker).run_code(MIGRATE)
            with closing(sqlite3.connect(Path(folder, "eduvideo.sqlite3"))) as database:
                database.execute("VACUUM INTO ?", (str(draft),))

    def make(self, *, students: int, scenes: int = 1) -> list[dict[str, Any]]:
        """Make the tables, and two lessons and some people for each scene; return their ids and tokens."""
        self.make_tables()
        made: list[dict[str, Any]] = json.loads(self.run_code(MAKE % (students, scenes)))
        return made

    def call(
        self, method: str, path: str, *, token: str = "", body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Return the status and the JSON of an API call."""
        headers = {**(headers or {}), "Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"null")

    def send(self, lesson: str, text: str, *, token: str, key: str = "") -> dict[str, Any]:
        """Send a danmaku and return what the server says of it."""
        headers = {"Idempotency-Key": key} if key else {}
        body = {"position_ms": 1_000, "text": text}
        status, item = self.call("POST", f"/api/v1/videos/{lesson}/danmaku", token=token, body=body, headers=headers)
        assert status == 201, item
        return dict(item)


class Stream:
    """A viewer of a live stream, who reads in a thread of its own."""

    def __init__(
        self, server: LiveServer, lesson: str, *, cursor: str = "", last_event_id: str = "", token: str = "",
        reads: bool = True,
    ) -> None:  # fmt: skip
        self.events: list[Event] = []
        self.has_ended = threading.Event()
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        query = f"?cursor={cursor}" if cursor else ""
        self.connection.request("GET", f"/api/v1/videos/{lesson}/danmaku/live{query}", headers=headers)
        self.socket = self.connection.sock
        self.response = self.connection.getresponse()
        self.thread = threading.Thread(target=self._read, daemon=True)
        if reads:
            self.thread.start()

    @property
    def texts(self) -> list[str]:
        return [item["text"] for event in list(self.events) if event.name == "danmaku" for item in event.data]

    @property
    def names(self) -> list[str]:
        return [event.name for event in list(self.events)]

    @property
    def news(self) -> list[str]:
        """The names of the events so far, without the heartbeats, which may fall on any moment."""
        return [name for name in self.names if name != "beat"]

    @property
    def last_id(self) -> str:
        return [event.id for event in self.events if event.id][-1]

    def wait_for(self, condition: Any, message: str, *, timeout_s: float = 20) -> None:
        try:
            wait_until(condition, timeout_s=timeout_s, message=message)
        except AssertionError as error:
            error.add_note(f"It has heard {self.events!r:.500}")
            raise

    def wait_for_text(self, text: str) -> None:
        self.wait_for(lambda: text in self.texts, f"{text!r} did not arrive")

    def read_from_now_on(self) -> None:
        self.thread.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):  # the server was first
            self.socket.shutdown(socket.SHUT_RDWR)
        if self.thread.is_alive():
            self.thread.join(10)
        self.response.close()
        self.connection.close()

    def _read(self) -> None:
        event = Event()
        try:
            for raw in self.response:
                line = raw.decode().rstrip("\n")
                name, _, value = line.partition(": ")
                if line == "":
                    if event.name != "beat":
                        self.events.append(event)
                    event = Event()
                elif line.startswith(":"):
                    self.events.append(Event())
                elif name == "event":
                    event.name = value
                elif name == "id":
                    event.id = value
                elif name == "data":
                    event.data = json.loads(value)
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass  # closed by us
        self.has_ended.set()

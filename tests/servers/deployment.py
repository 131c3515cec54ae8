"""The platform as a school district runs it: PostgreSQL, Redis, S3, Elasticsearch, and two machines that transcode."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.environment import free_port
from tests.servers.elasticsearch import ElasticsearchServer
from tests.servers.machine import WorkerMachine
from tests.servers.platform import RunningPlatform
from tests.servers.postgresql import PostgreSQLServer
from tests.servers.process import program
from tests.servers.s3 import S3Server
from tests.servers.valkey import ValkeyServer


class Deployment:
    """Servers, the platform on them, and its worker machines; each may be killed."""

    def __init__(self, data: Path, *, elasticsearch: ElasticsearchServer) -> None:
        redis = program("redis-server", origin="apt-get install redis-server")
        self.database = PostgreSQLServer(port=free_port())
        self.broker = ValkeyServer(port=free_port(), binary=redis)
        self.objects = S3Server()
        self.search = elasticsearch
        self._data = data
        self._started = ExitStack()

    def start(self) -> None:
        for server in (self.database, self.broker, self.objects):
            server.start()
            self._started.callback(server.remove)
        environment = {
            "EDUVIDEO_DATABASE_URL": self.database.create_database("eduvideo"),
            "EDUVIDEO_BROKER_URL": self.broker.url,
            "EDUVIDEO_SEARCH_URL": f"{self.search.url}/journeys",
            **self.objects.variables("eduvideo"),
        }
        self.platform = RunningPlatform(
            self._data, arguments=("--no-demo", "--transcode-slots", "0"), environment=environment
        )
        # What an operator does once: the tables, the bucket, and that browsers may reach it.
        self.platform.manage("migrate", "--verbosity", "0")
        self.platform.manage("doctor", "--fix")
        self.platform.start()
        self._started.callback(self.platform.stop)
        self.machines = tuple(WorkerMachine(name, environment) for name in ("machine-a", "machine-b"))
        for machine in self.machines:
            machine.start()
            self._started.callback(machine.remove)

    def stop(self) -> None:
        self._started.close()


@pytest.fixture(scope="session")
def deployment(
    tmp_path_factory: pytest.TempPathFactory, elasticsearch_server: ElasticsearchServer
) -> Iterator[Deployment]:
    """One deployment for all journeys of a test session."""
    running = Deployment(tmp_path_factory.mktemp("deployment"), elasticsearch=elasticsearch_server)
    try:
        running.start()
        yield running
    finally:
        running.stop()

"""A real PostgreSQL for the tests, from Debian's packages."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.environment import RUNS_ON_SERVERS
from tests.servers.process import ServerProcess, program

USER = "eduvideo"
# Debian keeps the server's programs off the PATH.
FOLDERS = tuple(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))
ORIGIN = "apt-get install postgresql"
# Durability is not what the tests are about.
OPTIONS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200", "shared_buffers=64MB")


class PostgreSQLServer(ServerProcess):
    """One cluster with one role, which may do everything and needs no password."""

    def __init__(self, *, port: int) -> None:
        super().__init__(port=port, owner="postgres")
        self.url = f"postgresql://{USER}@127.0.0.1:{port}/{USER}"

    def prepare(self) -> None:
        initdb = program("initdb", origin=ORIGIN, folders=FOLDERS)
        options = ["--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        command = self.as_owner([initdb, *options, "--pgdata", str(self.folder / "data")])
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True, timeout=60)

    def command(self) -> list[str]:
        server = program("postgres", origin=ORIGIN, folders=FOLDERS)
        settings = (*OPTIONS, f"unix_socket_directories={self.folder}", "listen_addresses=127.0.0.1")
        flags = [part for setting in settings for part in ("-c", setting)]
        return [server, "-D", str(self.folder / "data"), "-p", str(self.port), *flags]

    def is_up(self) -> bool:
        try:
            with psycopg.connect(
                f"postgresql://{USER}@127.0.0.1:{self.port}/postgres", connect_timeout=5
            ) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def create_database(self, name: str) -> str:
        """Make an empty database and return its URL."""
        root = f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"
        with psycopg.connect(root, autocommit=True) as connection:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        """Stop at once instead of waiting for clients to leave."""
        self._end(signal.SIGINT)


@pytest.fixture(scope="session")
def database_server() -> Iterator[PostgreSQLServer | None]:
    """The server of this test process's database (settings point to it), or None on SQLite."""
    if not RUNS_ON_SERVERS:
        yield None
        return
    port = urlsplit(os.environ["EDUVIDEO_DATABASE_URL"]).port
    assert port
    server = PostgreSQLServer(port=port)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The whole server goes after the tests; threads of event loops may still hold connections then."""
    return RUNS_ON_SERVERS


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    database_server: PostgreSQLServer | None, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """pytest-django's own hook, so that the server runs before the test database is made."""

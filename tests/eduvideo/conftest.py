import shutil
import sys
from collections.abc import Iterator

import pytest
import redis
from django.test import TransactionTestCase, override_settings
from django.utils import translation

from eduvideo.core.objects import ObjectStore, folder_objects, open_objects
from eduvideo.discovery import engine
from tests.database import empty_what_was_written
from tests.environment import RUNS_ON_SERVERS
from tests.servers.valkey import ValkeyServer


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, on the servers, what asks for neither the database nor the broker: it has run without them."""
    if RUNS_ON_SERVERS:
        kept = [item for item in items if item.get_closest_marker("django_db") or "valkey" in item.fixturenames]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


@pytest.fixture(scope="session")
def _broker_client(valkey_server: ValkeyServer) -> Iterator["redis.Redis"]:
    """One connection for the whole session: to open one costs as much as a short test."""
    client = valkey_server.client()
    yield client
    client.close()


@pytest.fixture(autouse=True)
def _broker(valkey_server: ValkeyServer, _broker_client: "redis.Redis") -> None:
    """Give every test of the product an empty, running broker."""
    if not valkey_server.is_running:
        valkey_server.start()
    _broker_client.flushall()


@pytest.fixture(scope="session", autouse=True)
def _quick() -> Iterator[None]:
    """Hash passwords in a moment, and empty only the tables that a test wrote to.

    Nor does a minute end within a test, with which search asks one query more.
    """
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(engine, "VOCABULARY_S", sys.maxsize)
        patched.setattr(TransactionTestCase, "_fixture_teardown", empty_what_was_written)
        with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
            yield


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Let no test inherit the language of a request that another one made."""
    with translation.override("en"):
        yield


@pytest.fixture
def clean_store() -> None:
    """Begin with an empty store, as the tests begin with an empty database."""
    for folder in folder_objects().root.iterdir():
        shutil.rmtree(folder)


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.servers)])
def each_store(request: pytest.FixtureRequest) -> ObjectStore:
    """Run a test once with the objects in a folder and once with them in a bucket."""
    if request.param == "s3":
        request.getfixturevalue("objects_in_s3")
    return open_objects()

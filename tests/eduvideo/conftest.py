import shutil
from collections.abc import Iterator

import pytest
from django.utils import translation

from eduvideo.core.objects import ObjectStore, folder_objects, open_objects
from tests.servers.valkey import ValkeyServer


@pytest.fixture(autouse=True)
def _broker(valkey: ValkeyServer) -> None:
    """Give every test of the product an empty, running broker."""


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

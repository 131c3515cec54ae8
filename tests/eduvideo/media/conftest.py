import shutil
from collections.abc import Iterator

import pytest

from eduvideo.core.objects import ObjectStore, open_objects
from eduvideo.media import access, slots


@pytest.fixture(autouse=True)
def _clean_store() -> Iterator[None]:
    """Begin with an empty store, as the tests begin with an empty database."""
    for folder in open_objects().root.iterdir():
        shutil.rmtree(folder)
    access.forget()
    slots.forget()
    yield
    access.forget()
    slots.forget()


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.servers)])
def each_store(request: pytest.FixtureRequest) -> ObjectStore:
    """Run a test once with the objects in a folder and once with them in a bucket."""
    if request.param == "s3":
        request.getfixturevalue("objects_in_s3")
    return open_objects()

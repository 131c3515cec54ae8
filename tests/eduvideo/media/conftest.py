import shutil
from collections.abc import Iterator

import pytest

from eduvideo.core.objects import open_objects
from eduvideo.media import access


@pytest.fixture(autouse=True)
def _clean_store() -> Iterator[None]:
    """Begin with an empty store, as the tests begin with an empty database."""
    for folder in open_objects().root.iterdir():
        shutil.rmtree(folder)
    access.forget()
    yield
    access.forget()

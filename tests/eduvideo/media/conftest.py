from collections.abc import Iterator

import pytest

from eduvideo.media import access, slots


@pytest.fixture(autouse=True)
def _nothing_remembered(clean_store: None) -> Iterator[None]:
    access.forget()
    slots.forget()
    yield
    access.forget()
    slots.forget()

from collections.abc import Iterator

import pytest
from django.utils import translation

from tests.servers.valkey import ValkeyServer


@pytest.fixture(autouse=True)
def _broker(valkey: ValkeyServer) -> None:
    """Give every test of the product an empty, running broker."""


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Let no test inherit the language of a request that another one made."""
    with translation.override("en"):
        yield

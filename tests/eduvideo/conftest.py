import pytest

from tests.servers.valkey import ValkeyServer


@pytest.fixture(autouse=True)
def _broker(valkey: ValkeyServer) -> None:
    """Give every test of the product an empty, running broker."""

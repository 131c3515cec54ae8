"""What all tests share: the servers that they start, and where other people's fixtures are."""

import os
from pathlib import Path

import hypothesis
import pytest

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("eduvideo", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
# For the quick loop; `make test` tries all.
hypothesis.settings.register_profile("quick", parent=hypothesis.settings.get_profile("eduvideo"), max_examples=15)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "eduvideo"))

pytest_plugins = [
    "tests.distribution",
    "tests.servers.valkey",
    "tests.servers.postgresql",
    "tests.servers.s3",
    "tests.servers.elasticsearch",
    "tests.servers.browser",
    "tests.servers.platform",
    "tests.servers.deployment",
]

FIXTURES = Path(os.environ.get("EDUVIDEO_FIXTURES", Path(__file__).parents[2] / "shared" / "fixtures"))


@pytest.fixture(scope="session")
def fixtures() -> Path:
    """The folder of test material made by others; a test that needs it is skipped where it is absent."""
    if not FIXTURES.is_dir():
        pytest.skip(f"the fixtures of others are not at {FIXTURES} (EDUVIDEO_FIXTURES)")
    return FIXTURES

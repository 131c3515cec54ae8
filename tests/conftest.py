"""What all tests share: the servers that they start, and where other people's fixtures are."""

import functools
import os
from collections.abc import Iterator
from pathlib import Path

import botocore.session
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


@pytest.fixture(scope="session", autouse=True)
def _models_of_services_are_read_once() -> Iterator[None]:
    """Each new client of S3 reads megabytes of JSON, which takes longer than most tests of a store."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(botocore.session, "create_loader", functools.cache(botocore.session.create_loader))
        yield


@pytest.fixture(scope="session")
def fixtures() -> Path:
    """The folder of test material made by others; a test that needs it is skipped where it is absent."""
    if not FIXTURES.is_dir():
        pytest.skip(f"the fixtures of others are not at {FIXTURES} (EDUVIDEO_FIXTURES)")
    return FIXTURES

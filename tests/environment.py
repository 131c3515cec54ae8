"""The environment of a test process, set before Django reads it: a private data folder, a broker port of its own.

Loaded with `-p tests.environment`, because pytest-django reads the settings before any conftest.
"""

import atexit
import gc
import os
import shutil
import socket
import tempfile


def free_port() -> int:
    """Return a TCP port of the loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# EDUVIDEO_TESTS_ON=servers runs the product's tests on PostgreSQL and Redis instead of the embedded parts.
RUNS_ON_SERVERS = os.environ.get("EDUVIDEO_TESTS_ON") == "servers"
KEPT = {"EDUVIDEO_TESTS_ON", "EDUVIDEO_FIXTURES", "EDUVIDEO_BASELINES", "EDUVIDEO_FFMPEG", "EDUVIDEO_FFPROBE"}
for name in [name for name in os.environ if name.startswith("EDUVIDEO_") and name not in KEPT]:
    del os.environ[name]

DATA = tempfile.mkdtemp(prefix="eduvideo-tests-")
atexit.register(shutil.rmtree, DATA, ignore_errors=True)
os.environ["EDUVIDEO_DATA"] = DATA
# A folder for all processes of one run of the tests; the one that starts the others makes it.
if "TESTS_RUN" not in os.environ:
    os.environ["TESTS_RUN"] = tempfile.mkdtemp(prefix="eduvideo-run-")
    atexit.register(shutil.rmtree, os.environ["TESTS_RUN"], ignore_errors=True)
os.environ["EDUVIDEO_BROKER_URL"] = f"redis://127.0.0.1:{free_port()}/0"
if RUNS_ON_SERVERS:
    os.environ["EDUVIDEO_DATABASE_URL"] = f"postgresql://eduvideo@127.0.0.1:{free_port()}/eduvideo"
# Playwright's synchronous interface keeps an event loop in the thread of the tests.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# The collector of garbage would walk again and again over all that was imported, an eighth of the time of the tests.
gc.disable()


def pytest_collection_finish() -> None:
    """From the first test on it looks at what is new only."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 20, 10)

"""What the settings make of the environment, in a process of its own."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

ASK = """
import json
from eduvideo.config import settings
print(json.dumps({name: list(map(str, values)) for name, values in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"].items()}))
"""


def policy(**changed: str) -> dict[str, list[str]]:
    variables = {f"EDUVIDEO_{name.upper()}": value for name, value in changed.items()}
    command = [sys.executable, "-c", ASK]
    done = subprocess.run(
        command, check=False, env={**os.environ, **variables}, capture_output=True, text=True, timeout=60
    )
    if done.returncode:
        raise RuntimeError(done.stderr.splitlines()[-1])
    answer: dict[str, list[str]] = json.loads(done.stdout)
    return answer


S3 = {"objects_url": "s3://lessons", "s3_endpoint": "http://10.0.0.7:9000"}


@pytest.mark.parametrize(
    ("changed", "origins"),
    [
        ({}, set()),
        ({"media_url": "https://cdn.example/edu"}, {"https://cdn.example"}),
        (S3, {"http://10.0.0.7:9000"}),
        (S3 | {"s3_public_endpoint": "https://media.example/s3"}, {"https://media.example"}),
        ({"objects_url": "s3://lessons"}, {"https://lessons.s3.us-east-1.amazonaws.com"}),
        (S3 | {"media_url": "https://cdn.example"}, {"http://10.0.0.7:9000", "https://cdn.example"}),
    ],
)
def test_pages_may_fetch_from_where_media_are_and_from_nowhere_else(changed: dict[str, str], origins: set[str]) -> None:
    told = policy(**changed)
    for directive in ("img-src", "media-src", "connect-src"):
        assert {value for value in told[directive] if value.startswith("http")} == origins
    assert not any(value.startswith("http") for value in told["script-src"])


@pytest.mark.parametrize("changed", [{"objects_url": "s3://"}, S3 | {"s3_access_key": "only"}])
def test_a_wrong_place_of_objects_stops_the_start_with_its_variable(changed: dict[str, str]) -> None:
    with pytest.raises(RuntimeError, match="ImproperlyConfigured: EDUVIDEO_"):
        policy(**changed)

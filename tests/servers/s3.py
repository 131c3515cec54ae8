"""A real S3 server for the tests: versitygw over a private folder."""

import json
import secrets
import subprocess
import urllib.request
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from eduvideo.core.env import Environment
from eduvideo.core.objects import open_objects
from eduvideo.core.s3 import S3ObjectStore, open_s3
from tests.environment import free_port
from tests.servers.process import ServerProcess, program

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ORIGIN = "go install, see the Makefile"
OF_BUCKETS = {"s3:ListBucket", "s3:ListBucketMultipartUploads"}
ACCESS_KEY, SECRET_KEY, REGION = "eduvideo-tests", "eduvideo-tests-secret", "us-east-1"


class S3Server(ServerProcess):
    """One server with one key, which may do everything; buckets are made as tests need them."""

    def __init__(self, *, port: int | None = None) -> None:
        super().__init__(port=port or free_port())
        self.url = f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        for name in ("data", "users"):
            (self.folder / name).mkdir()

    def command(self) -> list[str]:
        server = program("versitygw", origin=ORIGIN)
        keys = ["--access", ACCESS_KEY, "--secret", SECRET_KEY, "--region", REGION]
        return [server, "--port", f"127.0.0.1:{self.port}", *keys, "--quiet", "--health", "/health",
                "--iam-dir", str(self.folder / "users"), "posix", str(self.folder / "data")]  # fmt: skip

    def is_up(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def variables(self, bucket: str, **changed: str) -> dict[str, str]:
        """Return the environment of a program of ours that keeps its objects here."""
        chosen = {
            "objects_url": f"s3://{bucket}", "s3_endpoint": self.url, "s3_region": REGION, "s3_access_key": ACCESS_KEY,
            "s3_secret_key": SECRET_KEY, **changed,
        }  # fmt: skip
        return {f"EDUVIDEO_{name.upper()}": value for name, value in chosen.items()}

    def environment(self, bucket: str, **changed: Any) -> Environment:
        """Return our settings with the objects here."""
        chosen = {
            "objects_url": f"s3://{bucket}", "s3_endpoint": self.url, "s3_region": REGION, "s3_access_key": ACCESS_KEY,
            "s3_secret_key": SecretStr(SECRET_KEY), **changed,
        }  # fmt: skip
        return Environment(**chosen)

    def store(self, bucket: str, **changed: Any) -> S3ObjectStore:
        return open_s3(self.environment(bucket, **changed))

    @cached_property
    def _root(self) -> S3ObjectStore:
        return self.store("any-bucket")

    def client(self) -> "S3Client":
        """Return boto3's own client."""
        return self._root.client()

    def create_bucket(self) -> str:
        """Make an empty bucket and return its name."""
        name = f"tests-{secrets.token_hex(6)}"
        self.client().create_bucket(Bucket=name)
        return name

    def path(self, store: S3ObjectStore, key: str) -> Path:
        """Return the file in which the server keeps an object."""
        return self.folder / "data" / store.place.bucket / f"{store.place.prefix}{key}"

    def allow(self, user: str, bucket: str, *actions: str) -> None:
        """Let a user, made if need be, do this and nothing else; its secret is its name."""
        admin = [program("versitygw", origin=ORIGIN), "admin", "--access", ACCESS_KEY, "--secret", SECRET_KEY]
        command = [*admin, "--region", REGION, "--endpoint-url", self.url, "create-user", "--access", user]
        subprocess.run([*command, "--secret", user, "--role", "user"], capture_output=True, check=False, timeout=30)
        places = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
        rules = [
            {"Effect": "Allow", "Principal": {"AWS": [user]}, "Action": [action], "Resource": [place]}
            for action in actions
            for place in places
            if (action in OF_BUCKETS) == (place == places[0])
        ]
        policy = {"Version": "2012-10-17", "Statement": rules}
        self.client().put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


@pytest.fixture(scope="session")
def s3_process() -> Iterator[S3Server]:
    server = S3Server()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def s3_server(s3_process: S3Server) -> S3Server:
    """The S3 server of this test process, running; a test may kill it."""
    if not s3_process.is_running:
        s3_process.start()
    return s3_process


@pytest.fixture
def bucket(s3_server: S3Server) -> str:
    """An empty bucket."""
    return s3_server.create_bucket()


@pytest.fixture
def objects_in_s3(s3_server: S3Server, bucket: str, settings: Any) -> Iterator[S3ObjectStore]:
    """Let this process keep its objects in a bucket, under a prefix, for one test."""
    settings.EDUVIDEO = s3_server.environment(f"{bucket}/school", media_url=settings.EDUVIDEO.media_url)
    open_objects.cache_clear()
    store = open_objects()
    assert isinstance(store, S3ObjectStore)
    yield store
    open_objects.cache_clear()

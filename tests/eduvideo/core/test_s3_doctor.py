"""What `manage.py doctor` says of a bucket, on a real S3 server: one clear line per fault, and what --fix mends."""

import io
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from django.core.management import CommandError, call_command
from pydantic import SecretStr

from eduvideo.core import clock
from eduvideo.core.health import run_checks
from eduvideo.core.objects import ObjectStoreError, open_objects
from eduvideo.core.s3_doctor import our_rules
from eduvideo.core.s3_errors import skew_sentence
from tests.servers.s3 import S3Server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.servers]
PAGE = "http://127.0.0.1:8000"


def doctor(*arguments: str) -> tuple[bool, list[str]]:
    """Return whether the objects are in order, and what is said of them."""
    out = io.StringIO()
    try:
        call_command("doctor", *arguments, stdout=out, no_color=True)
        wrong = ""
    except CommandError as error:
        wrong = str(error)
    lines = [line.removeprefix("objects").strip() for line in out.getvalue().splitlines() if line.startswith("objects")]
    return "objects" not in wrong, lines


@pytest.fixture
def use(settings: Any, s3_server: S3Server, bucket: str) -> Iterator[Any]:
    """Change settings for a test."""

    def change(**changed: Any) -> None:
        settings.EDUVIDEO = s3_server.environment(bucket, **changed)
        open_objects.cache_clear()

    change()
    yield change
    open_objects.cache_clear()


@pytest.fixture
def mended(use: Any, s3_server: S3Server, bucket: str) -> None:
    """A bucket in which nothing is wrong."""
    s3_server.client().put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": our_rules(PAGE)})


def preflight(url: str, *, origin: str, method: str) -> httpx.Response:
    return httpx.options(url, headers={"Origin": origin, "Access-Control-Request-Method": method})


def test_cors_is_missed_and_mended_once(use: Any, s3_server: S3Server, bucket: str) -> None:
    is_well, (line,) = doctor()
    assert not is_well
    assert "CORS" in line
    assert "doctor --fix" in line
    assert doctor("--fix") == (True, [f"set the CORS rules of the bucket {bucket}", "ok"])
    assert doctor("--fix") == (True, ["ok"])
    url = f"{s3_server.url}/{bucket}/assets/1/x"
    anyone = preflight(url, origin="https://any.example", method="GET")
    assert (anyone.status_code, anyone.headers["access-control-allow-origin"]) == (200, "*")
    assert {"ETag", "Content-Length", "Content-Range", "Accept-Ranges"} <= set(
        re.split(", *", anyone.headers["access-control-expose-headers"])
    )
    ours = preflight(url, origin=PAGE, method="PUT")
    assert (ours.status_code, ours.headers["access-control-allow-origin"]) == (200, PAGE)
    assert preflight(url, origin="https://any.example", method="PUT").status_code == 403
    assert preflight(url, origin=PAGE, method="DELETE").status_code == 403


def test_rules_of_others_stay_behind_ours(use: Any, s3_server: S3Server, bucket: str) -> None:
    theirs = {"ID": "their-rule", "AllowedMethods": ["PUT", "DELETE"], "AllowedOrigins": ["*"]}
    client = s3_server.client()
    client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [theirs]})  # type: ignore[list-item]
    for _ in range(2):
        doctor("--fix")
    rules = client.get_bucket_cors(Bucket=bucket)["CORSRules"]
    assert [rule["ID"] for rule in rules] == ["eduvideo-read", "eduvideo-upload", "their-rule"]


def test_pages_that_moved_to_another_address_are_noticed(use: Any, mended: None) -> None:
    use(base_url="https://lessons.example")
    is_well, (line,) = doctor()
    assert not is_well
    assert "CORS" in line
    assert doctor("--fix")[0]


def test_a_missing_bucket_is_made(use: Any, s3_server: S3Server) -> None:
    use(objects_url="s3://tests-not-yet-there/school")
    is_well, (line,) = doctor()
    assert not is_well
    assert "no bucket tests-not-yet-there" in line
    assert "doctor --fix" in line
    is_well, lines = doctor("--fix")
    assert is_well
    assert lines[0] == "made the bucket tests-not-yet-there"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"s3_secret_key": SecretStr("wrong")}, "EDUVIDEO_S3_SECRET_KEY is not the secret of EDUVIDEO_S3_ACCESS_KEY"),
        ({"s3_access_key": "nobody"}, "does not know the key of EDUVIDEO_S3_ACCESS_KEY"),
        ({"s3_endpoint": "http://127.0.0.1:1"}, "http://127.0.0.1:1 does not answer: is it running"),
        ({"s3_region": "eu-west-1"}, "EDUVIDEO_S3_REGION .eu-west-1. is not the region of .*it is in us-east-1"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it_in_doctor_and_in_health(
    use: Any, mended: None, changed: dict[str, Any], said: str
) -> None:
    use(**changed)
    is_well, (line,) = doctor("--fix")
    assert not is_well
    assert re.search(said, line)
    assert re.search(said, run_checks()["objects"])
    assert "tests-secret" not in line


def test_a_key_that_may_not_write_is_told_so(use: Any, mended: None, s3_server: S3Server, bucket: str) -> None:
    s3_server.allow("reader", bucket, "s3:GetObject", "s3:ListBucket")
    use(s3_access_key="reader", s3_secret_key=SecretStr("reader"))
    is_well, (line,) = doctor()
    assert not is_well
    assert line.startswith("To write does not work. The S3 key may not do this in the bucket")


def test_each_right_that_is_missing_is_one_line(use: Any, mended: None, s3_server: S3Server, bucket: str) -> None:
    s3_server.allow("writer", bucket, "s3:PutObject", "s3:GetObject", "s3:ListBucket")
    use(s3_access_key="writer", s3_secret_key=SecretStr("writer"))
    is_well, lines = doctor()
    assert not is_well
    assert [line.partition(" does not work")[0] for line in lines] == ["To list unfinished uploads", "To delete"]


@pytest.mark.parametrize(("minutes", "word"), [(20, "ahead of"), (-20, "behind"), (-3, "behind")])
def test_a_clock_of_ours_that_is_off_is_told_by_how_much(
    use: Any, mended: None, monkeypatch: pytest.MonkeyPatch, minutes: int, word: str
) -> None:
    """Both clocks that we read are moved, ours and the one that botocore signs with; not the machine's."""
    off = timedelta(minutes=minutes)
    monkeypatch.setattr(clock, "now", lambda: datetime.now(tz=UTC) + off)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: datetime.now(tz=UTC) + off)
    is_well, (line,) = doctor()
    assert not is_well
    assert f"clock of this machine is {abs(minutes)} min {word} the S3 server's" in line


def test_a_server_that_tells_no_time_is_answered_without_numbers() -> None:
    assert "set them by NTP" in skew_sentence("", now=clock.now())
    assert "set them by NTP" in skew_sentence("nonsense", now=clock.now())


def test_a_public_address_that_nobody_answers_is_named(use: Any, mended: None) -> None:
    use(s3_public_endpoint="http://127.0.0.1:1")
    is_well, (line,) = doctor()
    assert not is_well
    assert "EDUVIDEO_S3_PUBLIC_ENDPOINT" in line
    assert "http://127.0.0.1:1" in line


class Proxy(BaseHTTPRequestHandler):
    """A proxy in front of an S3 server that puts its own name in the place of the Host header."""

    upstream = ""

    def do_GET(self) -> None:
        answer = httpx.get(f"{self.upstream}{self.path}")
        self.send_response(answer.status_code)
        self.end_headers()
        self.wfile.write(answer.content)

    def do_OPTIONS(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_proxy_that_changes_the_host_is_named_as_the_cause(use: Any, mended: None, s3_server: S3Server) -> None:
    Proxy.upstream = s3_server.url
    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        thread = threading.Thread(target=proxy.serve_forever)
        thread.start()
        try:
            use(s3_public_endpoint=f"http://127.0.0.1:{proxy.server_port}")
            is_well, (line,) = doctor()
        finally:
            proxy.shutdown()
            thread.join()
    assert not is_well
    assert "must leave the Host header" in line


def test_a_server_without_rules_of_buckets_is_told_what_to_set(use: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """versitygw has such rules; what MinIO answers is put in the place of its answer."""
    real = BaseClient._make_api_call

    def refuse(_self: object, name: str, asked: dict[str, Any]) -> Any:
        if name == "PutBucketCors":
            said = {"Error": {"Code": "NotImplemented", "Message": "A header you provided implies functionality"}}
            raise ClientError(said, name)  # type: ignore[arg-type]
        return real(_self, name, asked)

    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)
    is_well, (line,) = doctor("--fix")
    assert not is_well
    assert "MINIO_API_CORS_ALLOW_ORIGIN" in line
    assert PAGE in line


def test_no_key_at_all_is_told_which_to_set(use: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    use(s3_access_key=None, s3_secret_key=None)
    is_well, (line,) = doctor()
    assert not is_well
    assert "set EDUVIDEO_S3_ACCESS_KEY" in line
    with pytest.raises(ObjectStoreError, match="EDUVIDEO_S3_ACCESS_KEY"):
        open_objects().signed_url("a/b", expires_s=60)  # type: ignore[attr-defined]


def test_a_server_that_goes_away_and_returns_is_noticed_both_times(use: Any, mended: None, s3_server: S3Server) -> None:
    s3_server.kill()
    is_well, (line,) = doctor()
    assert not is_well
    assert "does not answer" in line
    s3_server.start()
    assert doctor() == (True, ["ok"])

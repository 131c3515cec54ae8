"""What goes wrong between us and a server is one sentence that says what to do, and never a password."""

import logging
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from search.documents import Document
from search.engines.elasticsearch import ElasticsearchEngine, server
from search.errors import EngineError
from search.query import Query
from tests.environment import free_port
from tests.search.engines.elasticsearch.standin import answering, root
from tests.servers.elasticsearch import ElasticsearchServer
from tests.servers.process import program

pytestmark = pytest.mark.slow


def failure(place: str, caplog: pytest.LogCaptureFixture) -> EngineError:
    """Return the error of a first call, the same for every kind of call; looks for the password everywhere."""
    caplog.set_level(logging.DEBUG)
    said = set()
    engine = ElasticsearchEngine(place)
    calls = [
        engine.check,
        lambda: engine.search(Query(text="waves")),
        lambda: engine.upsert([Document(id="a", title="Waves")]),
        lambda: engine.delete({"a": 1}),
        lambda: engine.rebuild([]),
        lambda: engine.suggest("waves"),
        lambda: list(engine.versions()),
    ]
    for call in calls:
        with pytest.raises(EngineError) as caught:
            call()
        said.add(str(caught.value))
        cause: BaseException | None = caught.value
        while cause is not None:
            assert "secret" not in f"{cause} {cause!r}"
            cause = cause.__cause__ or cause.__context__
    engine.close()
    assert "secret" not in caplog.text
    assert len(said) == 1
    assert "\n" not in said.pop()
    return caught.value


def test_a_server_that_is_away(caplog: pytest.LogCaptureFixture) -> None:
    error = failure(f"http://user:secret@127.0.0.1:{free_port()}", caplog)
    assert "is away (Failed to establish a new connection: [Errno 111] Connection refused): start it" in str(error)
    assert error.retryable


def test_a_server_that_does_not_answer(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "READ_S", 0.2)
    monkeypatch.setattr(server, "WRITE_S", 0.2)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(20)
        error = failure(f"http://user:secret@127.0.0.1:{deaf.getsockname()[1]}", caplog)
    assert "did not answer within 0.2 s" in str(error)
    assert error.retryable


def test_a_host_that_nobody_knows(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_arguments: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = failure("http://user:secret@search.invalid", caplog)
    assert "Failed to resolve 'search.invalid'" in str(error)


SECURITY = {"type": "security_exception", "reason": "unable to authenticate user [user] for REST request [/]"}
DENIED = {"type": "security_exception", "reason": "action [cluster:monitor/main] is unauthorized for user [user]"}
BUSY = {"type": "es_rejected_execution_exception", "reason": "rejected execution of coordinating operation"}


@pytest.mark.parametrize(
    ("status", "problem", "says", "retryable"),
    [
        (401, SECURITY, "refuses user 'user': correct user:password@", False),
        (403, DENIED, "does not let user 'user' do this .*: it needs the cluster privilege monitor, and all", False),
        (429, BUSY, "cannot answer now .*rejected execution", True),
        (503, {"type": "no_master", "reason": "no master"}, "cannot answer now", True),
        (500, {"type": "odd", "reason": "odd"}, "cannot answer now", True),
        (400, {"type": "media_type_header_exception", "reason": "Invalid"}, "another major version", False),
        (418, {"type": "teapot", "reason": "short and stout"}, r"refuses \(418 teapot\): short and stout", False),
    ],
)
def test_a_refusal(
    status: int, problem: dict[str, str], says: str, retryable: bool, caplog: pytest.LogCaptureFixture
) -> None:
    body = {"error": {"root_cause": [problem], **problem}, "status": status}
    with answering(body, status=status) as address:
        error = failure(f"http://user:secret@{address}", caplog)
    assert error.retryable is retryable
    with pytest.raises(EngineError, match=says):
        raise error


def test_no_user_where_one_is_needed(caplog: pytest.LogCaptureFixture) -> None:
    with answering({"error": {"root_cause": [SECURITY], **SECURITY}}, status=401) as address:
        error = failure(f"http://{address}", caplog)
    assert "refuses a request without user and password" in str(error)


@pytest.mark.parametrize("version", ["9.5.3", "7.17.29"])
def test_another_major_version(version: str, caplog: pytest.LogCaptureFixture) -> None:
    with answering(root(version)) as address:
        error = failure(f"http://user:secret@{address}", caplog)
    assert f"has version {version}; search needs version 8 of Elasticsearch" in str(error)
    assert not error.retryable


def test_an_opensearch(caplog: pytest.LogCaptureFixture) -> None:
    with answering(root("2.19.0"), headers={"X-Elastic-Product": ""}) as address:
        error = failure(f"http://user:secret@{address}", caplog)
    assert "is no Elasticsearch" in str(error)
    assert not error.retryable


@pytest.mark.parametrize(("status", "says"), [(200, "cannot be read|no Elasticsearch"), (502, "cannot answer now")])
def test_a_page_of_a_proxy(status: int, says: str, caplog: pytest.LogCaptureFixture) -> None:
    page = "<html>Bad gateway</html>"
    with answering(page, status=status, headers={"X-Elastic-Product": ""}, content_type="text/html") as address:
        error = failure(f"http://user:secret@{address}", caplog)
    with pytest.raises(EngineError, match=says):
        raise error


def test_an_answer_that_is_no_json(caplog: pytest.LogCaptureFixture) -> None:
    with answering("{") as address:
        error = failure(f"http://user:secret@{address}", caplog)
    assert "cannot be read" in str(error)


def test_tls_where_there_is_none(caplog: pytest.LogCaptureFixture) -> None:
    with answering(root("8.19.21")) as address:
        error = failure(f"https://user:secret@{address}", caplog)
    assert "No trusted connection" in str(error)
    assert "?ca_certs=FILE" in str(error)
    assert not error.retryable


def test_tls_of_an_authority_of_ones_own(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "ca.crt"
    openssl = [program("openssl", origin="apt-get install openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes"]
    names = ["-days", "1", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*openssl, "-keyout", key, "-out", certificate, *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with answering(root("9.0.0"), tls=context) as address:
        distrusted = failure(f"https://user:secret@{address}", caplog)
        reached = failure(f"https://user:secret@{address}?ca_certs={certificate}", caplog)
    assert "No trusted connection" in str(distrusted)
    assert "has version 9.0.0" in str(reached)


@pytest.mark.parametrize("content", [None, "this is no certificate"])
def test_certificates_that_cannot_be_read(content: str | None, tmp_path: Path) -> None:
    file = tmp_path / "ca.crt"
    if content:
        file.write_text(content)
    with pytest.raises(EngineError, match="certificates") as caught:
        ElasticsearchEngine(f"https://user:secret@127.0.0.1:9200?ca_certs={file}")
    assert "secret" not in str(caught.value)


@pytest.mark.servers
def test_a_server_that_goes_away_and_returns(
    elasticsearch_server: ElasticsearchServer, elasticsearch_place: str
) -> None:
    """Killed as by a power cut, started again over the same data: nothing written is lost, the same engine goes on."""
    engine = ElasticsearchEngine(elasticsearch_place)
    engine.upsert([Document(id="a", title="Waves", version=3), Document(id="b", title="Light")])
    engine.delete({"b": 1})
    elasticsearch_server.kill()
    for call in (engine.check, lambda: engine.search(Query(text="waves")), lambda: engine.delete({"a": 9})):
        with pytest.raises(EngineError, match="is away"):
            call()
    elasticsearch_server.start()
    assert engine.search(Query(text="waves")).total == 1
    assert engine.upsert([Document(id="a", title="Waves", version=2), Document(id="b", title="Light", version=1)]) == 0
    assert list(engine.versions()) == [("a", 3)]
    engine.check()
    engine.close()

"""The connection to an Elasticsearch: every call has a timeout, every failure is one sentence that says what to do."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from elasticsearch import (
    ApiError,
    ConnectionTimeout,
    Elasticsearch,
    SSLError,
    TransportError,
    UnsupportedProductError,
)
from elasticsearch import ConnectionError as NoConnectionError

from search.engines.elasticsearch.place import Place
from search.errors import EngineError

MAJOR = 8
READ_S = 10
WRITE_S = 60
UNAUTHENTICATED = 401
DENIALS = {UNAUTHENTICATED, 403}
BUSY = 429
FAULTS = 500
# What Elasticsearch says when its disk passes the flood-stage watermark; it lifts the block by itself.
DISK_FULL = "disk usage exceeded flood-stage watermark"
MISFITS = {"strict_dynamic_mapping_exception", "document_parsing_exception", "mapper_parsing_exception"}
OTHER_MAJOR = {"media_type_header_exception", "content_type_header_exception"}


class Server:
    """A client of one place; may be used by many threads."""

    def __init__(self, place: Place) -> None:
        """Raise EngineError for a certificate file that cannot be read; connect to nothing yet."""
        self.place = place
        self._is_known = False
        options: dict[str, Any] = {}  # Any: the client's options are of many types
        if place.user is not None:
            options["basic_auth"] = (place.user, place.password or "")
        if place.ca_certs is not None:
            options["ssl_context"] = _trust(place.ca_certs)
        # Whoever asks decides about repeating; the client's own retries would only multiply the waiting.
        self._reader = Elasticsearch(place.server, request_timeout=READ_S, max_retries=0, **options)
        self._writer = self._reader.options(request_timeout=WRITE_S)  # made once: that takes half as long as a question

    @contextmanager
    def reading(self) -> Iterator[Elasticsearch]:
        """Give the client for short calls; what fails inside becomes an EngineError."""
        with self._calling(self._reader, READ_S) as client:
            yield client

    @contextmanager
    def writing(self) -> Iterator[Elasticsearch]:
        """Give the client for calls that may take a minute."""
        with self._calling(self._writer, WRITE_S) as client:
            yield client

    def identify(self) -> None:
        """Raise EngineError unless an Elasticsearch of our major version answers."""
        self._is_known = False
        with self.reading():
            pass

    def refusal(self, problem: Mapping[str, Any]) -> EngineError:
        """Return the error for a failure that an answer reports for one of its items."""
        return _refusal(self.place, int(problem.get("status", FAULTS)), problem.get("error"))

    def blocked(self, reason: str) -> EngineError:
        """Return the error for an index that takes no writes."""
        return _blocked(self.place, reason)

    def misfit(self, reason: str) -> EngineError:
        """Return the error for an index that does not take or give what we do."""
        return _misfit(self.place, reason)

    def close(self) -> None:
        self._reader.close()

    @contextmanager
    def _calling(self, client: Elasticsearch, timeout_s: float) -> Iterator[Elasticsearch]:
        try:
            if not self._is_known:
                _check_version(self.place, dict(client.info()))
                self._is_known = True
            yield client
        except UnsupportedProductError as error:
            raise EngineError(f"{self.place.server} answers, but is no Elasticsearch; {_needed()}") from error
        except ApiError as error:
            body = error.body if isinstance(error.body, dict) else {}
            raise _refusal(self.place, error.status_code, body.get("error")) from error
        except TransportError as error:
            raise _silence(self.place, error, timeout_s) from error


def _trust(ca_certs: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_certs)
    except OSError as error:
        raise EngineError(f"The certificates at {ca_certs} cannot be read: {error}") from error


def _needed() -> str:
    return f"search needs version {MAJOR} of Elasticsearch (tested with {MAJOR}.19), not OpenSearch"


def _check_version(place: Place, info: Mapping[str, Any]) -> None:
    version = str(info.get("version", {}).get("number", "unknown"))
    if version.partition(".")[0] != str(MAJOR):
        raise EngineError(f"The Elasticsearch at {place.server} has version {version}; {_needed()}")


def _silence(place: Place, error: TransportError, timeout_s: float) -> EngineError:
    """Return the error for a server that gave no answer."""
    if isinstance(error, SSLError):
        advice = "give the file of its authority as ?ca_certs=FILE, or use http:// if it has no TLS"
        return EngineError(f"No trusted connection to Elasticsearch at {place.server} ({error}): {advice}")
    if isinstance(error, ConnectionTimeout):
        why = f"did not answer within {timeout_s:g} s: it is overloaded, or a firewall drops what is sent to it"
        return EngineError(f"Elasticsearch at {place.server} {why}", retryable=True)
    if isinstance(error, NoConnectionError):
        advice = "start it, or correct the address"
        return EngineError(f"Elasticsearch at {place.server} is away ({_short(error)}): {advice}", retryable=True)
    return EngineError(f"Elasticsearch at {place.server} gave an answer that cannot be read: {_short(error)}")


def _refusal(place: Place, status: int, problem: object) -> EngineError:
    """Return the error for an answer that is a refusal; `problem` is the answer's `error`."""
    kind, reason = _kind_and_reason(problem)
    where = f"Elasticsearch at {place.server}"
    if kind == "cluster_block_exception":
        return _blocked(place, reason)
    if status in DENIALS:
        return _denial(place, status, kind)
    if kind in MISFITS:
        return _misfit(place, reason)
    if kind in OTHER_MAJOR:
        return EngineError(f"{where} is of another major version; {_needed()}")
    if status == BUSY or status >= FAULTS:
        return EngineError(f"{where} cannot answer now ({kind}: {reason}): see its health and log", retryable=True)
    return EngineError(f"{where} refuses ({status} {kind}): {reason}")


def _denial(place: Place, status: int, kind: str) -> EngineError:
    who = f"user {place.user!r}" if place.user else "a request without user and password"
    if status == UNAUTHENTICATED:
        return EngineError(f"Elasticsearch at {place.server} refuses {who}: correct user:password@ in the address")
    rights = f"the cluster privilege monitor, and all privileges on {place.name} and {place.name}.*"
    return EngineError(f"Elasticsearch at {place.server} does not let {who} do this ({kind}): it needs {rights}")


def _blocked(place: Place, reason: str) -> EngineError:
    if DISK_FULL in reason:
        advice = "free space there; it takes writes again by itself"
        return EngineError(
            f"The disk of Elasticsearch at {place.server} is too full to write: {advice}", retryable=True
        )
    return EngineError(f"Elasticsearch at {place.server} takes no writes ({reason}): lift that block", retryable=True)


def _misfit(place: Place, reason: str) -> EngineError:
    advice = "build it anew (manage.py search_reindex, or python -m search index)"
    return EngineError(f"The index {place.name!r} at {place.server} was made by another program ({reason}): {advice}")


def _kind_and_reason(problem: object) -> tuple[str, str]:
    if not isinstance(problem, dict):
        return "error", str(problem or "no reason given")[:200]
    causes = problem.get("root_cause") or [problem]
    cause = causes[0] if isinstance(causes[0], dict) else problem
    return str(cause.get("type") or problem.get("type")), str(cause.get("reason") or problem.get("reason"))[:200]


def _short(error: TransportError) -> str:
    return str(error.message).partition(":")[2].strip()[:200] or str(error.message)[:200]

import logging

import psycopg
import pytest
import redis
from django.db import DataError, OperationalError

from eduvideo.core.errors import InvalidInputError, NotFoundError, UnavailableError
from eduvideo.core.objects import ObjectStoreError
from eduvideo.core.outages import OutageFilter, domain_error_of


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("connection refused"),
        OperationalError("attempt to write a readonly database"),
        redis.ConnectionError("refused"),
        ObjectStoreError("the bucket does not answer"),
    ],
)
def test_a_part_that_is_away_is_503(error: Exception) -> None:
    assert isinstance(domain_error_of(error), UnavailableError)


def test_what_a_row_cannot_hold_is_422() -> None:
    assert isinstance(domain_error_of(DataError("NUL")), InvalidInputError)


def test_half_a_character_is_422_and_a_text_of_ours_that_does_not_fit_is_a_fault() -> None:
    for encoding, expected in (("utf-8", InvalidInputError), ("latin-1", type(None))):
        with pytest.raises(UnicodeEncodeError) as caught:
            "\ud800".encode(encoding)
        assert isinstance(domain_error_of(caught.value), expected)


def test_a_cause_counts_and_a_fault_of_ours_stays_one() -> None:
    wrapped = RuntimeError("wrapped")
    wrapped.__cause__ = OperationalError("server closed the connection")
    assert isinstance(domain_error_of(wrapped), UnavailableError)
    assert isinstance(domain_error_of(NotFoundError()), NotFoundError)
    assert domain_error_of(ZeroDivisionError()) is None
    assert domain_error_of(psycopg.ProgrammingError("our own SQL")) is None


def _record(error: Exception) -> logging.LogRecord:
    return logging.LogRecord(
        "x", logging.ERROR, "", 1, "GET %s failed", ("/",), (type(error), error, error.__traceback__)
    )


def test_an_outage_is_one_line_of_the_log_and_a_fault_keeps_its_trace() -> None:
    outage, fault = _record(OperationalError("no\nroute")), _record(ZeroDivisionError("x"))
    for record in (outage, fault):
        assert OutageFilter().filter(record)
    assert outage.getMessage() == "GET / failed (OperationalError: no route)"
    assert outage.exc_info is None
    assert fault.exc_info is not None

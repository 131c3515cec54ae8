"""Errors of the servers that we stand on, told apart from faults of ours.

A part that is away or full is an UnavailableError (503) and one line in the log; what a database cannot hold, and a
form that is not taken, is InvalidInputError (422), what Django does not read into memory QuotaExceededError (413).
Everything else is a fault.
"""

import logging
from collections.abc import Iterator

import redis
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import DataError, InterfaceError, InternalError, OperationalError
from django.http import RawPostDataException
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext_lazy as _

from eduvideo.core.errors import DomainError, InvalidInputError, QuotaExceededError, UnavailableError

# InternalError: PostgreSQL says so of a write on a standby.
AWAY = (OperationalError, InterfaceError, InternalError, redis.RedisError)
TOO_LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
# Django looks for its token in a form before anybody asks for the body, which is gone then.
NO_FORM = (RawPostDataException, MultiPartParserError)


def domain_error_of(error: BaseException) -> DomainError | None:
    """Return what a foreign error means for a user, or None for a fault of ours."""
    for cause in _causes(error):
        if isinstance(cause, DomainError):
            return cause
        if isinstance(cause, AWAY):
            return UnavailableError()
        if isinstance(cause, TOO_LARGE):
            return QuotaExceededError(str(_("The request is too large; without files it may have 6 MB.")))
        if isinstance(cause, NO_FORM):
            return InvalidInputError(str(_("A form is not taken here, or it is broken.")))
        if isinstance(cause, DataError) or _is_half_a_character(cause):
            return InvalidInputError(str(_("The request holds a character or a number that cannot be kept.")))
    return None


def in_one_line(error: BaseException) -> str:
    """Return what a server said, for a log or an operator: one line, with the kind of the error."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]


class OutageFilter(logging.Filter):
    """Logs a part that is away as one line; its stack trace would say nothing of it."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and isinstance(domain_error_of(error), UnavailableError):
            record.msg, record.args = f"{record.getMessage()} ({in_one_line(error)})", ()
            record.exc_info = record.exc_text = None
        return True


def _is_half_a_character(error: BaseException) -> bool:
    """Tell whether a text could not be written for what JSON can hold and UTF-8 cannot: half of a surrogate pair."""
    return isinstance(error, UnicodeEncodeError) and error.encoding == "utf-8"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that it was raised from."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__

"""Errors that a user may cause, and their one way out as application/problem+json (RFC 9457).

DomainError
├── NotFoundError          404  there is no such thing, or not for you
├── SignInRequiredError    401
├── ForbiddenError         403
├── MethodNotAllowedError  405  the address takes other methods, which Allow names
├── ConflictError          409  the thing is in another state than the request assumes
├── PreconditionFailedError    412  what was to be changed is not what the request's If-Match names
├── PreconditionRequiredError  428  the change needs an If-Match, or it could undo somebody else's
├── InvalidInputError      422  names the fields
├── TooManyRequestsError   429  says when to try again
├── QuotaExceededError     413
├── FaultError             500  ours; the log has the details, the answer has none
└── UnavailableError       503  a part of the platform is away; try again
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of a request; field is its name in the request's JSON or form."""

    field: str
    message: str


class DomainError(Exception):
    """Base of every error with a meaning for the user.

    code is stable and for programs; title and detail are sentences for people, in their language.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    title: ClassVar[Any] = _("The request could not be carried out")  # Any: gettext_lazy has no usable public type

    def __init__(self, detail: str = "", *, fields: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail or str(self.title))
        self.detail = detail or str(self.title)
        self.fields = fields

    @property
    def headers(self) -> Mapping[str, str]:
        """Return extra response headers, for instance Retry-After."""
        return {}


class NotFoundError(DomainError):
    code = "not-found"
    status = 404
    title = _("Not found")


class SignInRequiredError(DomainError):
    code = "sign-in-required"
    status = 401
    title = _("Please sign in first")


class ForbiddenError(DomainError):
    code = "forbidden"
    status = 403
    title = _("You may not do this")


class MethodNotAllowedError(DomainError):
    code = "method-not-allowed"
    status = 405
    title = _("This address does not take this method")

    def __init__(self, *, allowed: Iterable[str]) -> None:
        self.allowed = ", ".join(sorted(allowed))
        super().__init__(gettext("Methods of this address: %s.") % self.allowed)

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Allow": self.allowed}


class ConflictError(DomainError):
    code = "conflict"
    status = 409
    title = _("This has changed in the meantime")


class PreconditionFailedError(DomainError):
    code = "precondition-failed"
    status = 412
    title = _("This has changed in the meantime")


class PreconditionRequiredError(DomainError):
    code = "precondition-required"
    status = 428
    title = _("Say which version you are changing")


class InvalidInputError(DomainError):
    code = "invalid-input"
    status = 422
    title = _("Some of the entries are not right")

    @classmethod
    def of(cls, field: str, message: str) -> "InvalidInputError":
        """Return the error for a single field."""
        return cls(message, fields=(FieldError(field, message),))


class TooManyRequestsError(DomainError):
    code = "too-many-requests"
    status = 429
    title = _("Too fast")

    def __init__(self, detail: str = "", *, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = max(1, retry_after_s)

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": str(self.retry_after_s)}


class QuotaExceededError(DomainError):
    code = "quota-exceeded"
    status = 413
    title = _("There is not enough room for this")


class FaultError(DomainError):
    code = "fault"
    status = 500
    title = _("Something went wrong on our side")


class UnavailableError(DomainError):
    code = "unavailable"
    status = 503
    title = _("This part of the platform is away for a moment")

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": "5"}


def problem(error: DomainError) -> dict[str, object]:
    """Return the body of RFC 9457 for an error; `errors` names the fields where there are any."""
    body: dict[str, object] = {
        "type": f"/problems/{error.code}",
        "title": str(error.title),
        "status": error.status,
        "detail": error.detail,
    }
    if error.fields:
        body["errors"] = [{"field": item.field, "message": item.message} for item in error.fields]
    return body


def problem_response(error: DomainError) -> HttpResponse:
    """Return the HTTP response for an error; half a character, which a sentence may quote, becomes a question mark."""
    return HttpResponse(
        json.dumps(problem(error), ensure_ascii=False).encode(errors="replace"),
        status=error.status,
        headers=dict(error.headers),
        content_type="application/problem+json",
    )

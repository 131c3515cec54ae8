"""The HTTP API: every app's router under /api/v1, every error as problem+json."""

import logging
from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.operation import Operation

from eduvideo.accounts.api import router as accounts
from eduvideo.accounts.auth import viewer
from eduvideo.catalog.api import router as catalog
from eduvideo.community.api import router as community
from eduvideo.core.errors import (
    FaultError,
    FieldError,
    InvalidInputError,
    MethodNotAllowedError,
    NotFoundError,
    SignInRequiredError,
    problem_response,
)
from eduvideo.core.outages import domain_error_of
from eduvideo.danmaku.api import router as danmaku
from eduvideo.discovery.api import router as discovery
from eduvideo.embedding.api import router as embedding
from eduvideo.study.api import router as study
from eduvideo.uploads.api import router as uploads

logger = logging.getLogger(__name__)

FAULTS = 500


class Api(NinjaAPI):
    """An API whose operations are named for their app, in whichever of its files they are."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        app, _dot, _file = operation.view_func.__module__.rpartition(".")
        return f"{app}_api_{operation.view_func.__name__}".replace(".", "_")


api = Api(
    title="EduVideo",
    version="1.0.0",
    description="An open platform for learning by video.",
    auth=viewer,
    docs_url=None,
    openapi_url="/openapi.json",
)
for router in (accounts, uploads, catalog, study, danmaku, community, discovery, embedding):
    api.add_router("", router)


@api.exception_handler(ValidationError)
def on_validation_error(request: HttpRequest, error: ValidationError) -> HttpResponse:  # noqa: ARG001
    fields = tuple(FieldError(_field_name(item["loc"]), str(item["msg"])) for item in error.errors)
    return problem_response(InvalidInputError(fields=fields))


@api.exception_handler(Http404)
def on_not_found(request: HttpRequest, error: Http404) -> HttpResponse:  # noqa: ARG001
    return problem_response(NotFoundError())


@api.exception_handler(AuthenticationError)
def on_authentication_error(request: HttpRequest, error: AuthenticationError) -> HttpResponse:  # noqa: ARG001
    return problem_response(SignInRequiredError())


@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:  # noqa: ARG001
    """Answer ninja's own refusals, which are all about a body that cannot be read."""
    return problem_response(InvalidInputError(_("The request could not be read: %s") % error.message))


@api.exception_handler(Exception)
def on_error(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer an error of ours, or for a part that is away, or for a fault without its details; the log has them."""
    answer = domain_error_of(error) or FaultError()
    if answer.status >= FAULTS:
        logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem_response(answer)


@csrf_exempt  # nothing is done, and a program that has no cookie is to be told what is wrong
def not_found(request: HttpRequest, rest: str) -> HttpResponse:  # noqa: ARG001 - Django passes them
    """Answer a path of the API that does not exist."""
    return problem_response(NotFoundError(_("The API has no such path; see /api/v1/openapi.json.")))


class MethodProblems:
    """Middleware: an address of the API that does not take a method says so as it says every error.

    ninja answers before it asks an exception handler, in plain text.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and request.path.startswith("/api/"):
            return problem_response(MethodNotAllowedError(allowed=response["Allow"].split(", ")))
        return response


def _field_name(location: tuple[int | str, ...]) -> str:
    """Return the field as the caller wrote it: the body's field without the names of our parameters or list indexes."""
    return next((item for item in reversed(location) if isinstance(item, str)), "")

"""Around every page: its language, and its errors, which become a page with a way on and never a stack trace."""

import logging
import sys
from collections.abc import Callable

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation

from eduvideo.core.errors import DomainError, InvalidInputError, NotFoundError, SignInRequiredError, UnavailableError
from eduvideo.core.outages import domain_error_of
from eduvideo.site.addresses import language_of_address

logger = logging.getLogger(__name__)


class LanguageOfAddress(LocaleMiddleware):
    """Chooses the language as Django does, by cookie and browser, unless the address fixes it."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        language = language_of_address(request)
        if language:
            translation.activate(language)
            request.LANGUAGE_CODE = language


class ProblemPages:
    """Shows a DomainError of a page as a page. The API answers its own errors before they come here."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        meant = domain_error_of(error)
        if meant is None:
            return None
        if isinstance(meant, SignInRequiredError):
            return redirect_to_login(request.get_full_path())
        if isinstance(meant, UnavailableError):
            logger.error("%s %s failed", request.method, request.path, exc_info=error)
            if error is not meant:
                return _away(meant)
        if isinstance(meant, InvalidInputError) and error is not meant and request.method == "GET":
            meant = NotFoundError()  # an address that no row can have
        response = render(request, "site/problem.html", {"error": meant}, status=meant.status)
        return _with_headers(response, meant)


def fault(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django passes it
    """Answer what no view answers any more (Django's handler500): a part that is away, or a fault of ours."""
    error = sys.exc_info()[1]
    meant = domain_error_of(error) if error else None
    if isinstance(meant, UnavailableError):
        return _away(meant)
    return HttpResponse(render_to_string("500.html"), status=500)


def _away(error: UnavailableError) -> HttpResponse:
    """Return a page that needs no part of the platform: the frame of the others asks the database who is here."""
    return _with_headers(HttpResponse(render_to_string("503.html"), status=error.status), error)


def _with_headers(response: HttpResponse, error: DomainError) -> HttpResponse:
    for name, value in error.headers.items():
        response[name] = value
    return response

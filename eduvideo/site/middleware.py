"""Around every page: its language, its errors, which become a page with a way on, the forms that were accepted.

And who may keep an answer, of the API too, where it does not say so itself.
"""

import logging
import re
import sys
from collections.abc import Callable
from urllib.parse import urlsplit

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirectBase
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.clickjacking import xframe_options_exempt

from eduvideo.core.errors import DomainError, InvalidInputError, NotFoundError, SignInRequiredError, UnavailableError
from eduvideo.core.outages import domain_error_of
from eduvideo.embedding.domains import frame_ancestors
from eduvideo.site.addresses import language_of_address

logger = logging.getLogger(__name__)
A_DAY_S = 86_400
FRAMES = "/embed/"
TICKET = re.compile("[a-z0-9]{8,40}")
# What stands here is of one person, or of those who work here.
OF_ONE_PERSON = ("/api/", "/me/", "/accounts/", "/studio", "/moderation", "/operations", "/organizations/")


class KeptByNobodyElse:
    """Lets no cache between us and a reader keep what does not say who may: every page knows who reads it.

    What is of one person is not kept by the browser either: the next one at the same machine may look.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            is_of_one = request.path.startswith(OF_ONE_PERSON)
            response["Cache-Control"] = "private, no-store" if is_of_one else "private, no-cache"
        return response


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
                return _of_frame(request, _away(meant))
        if isinstance(meant, InvalidInputError) and error is not meant and request.method == "GET":
            meant = NotFoundError()  # an address that no row can have
        response = render(request, "site/problem.html", {"error": meant}, status=meant.status)
        return _with_headers(response, meant)


class SentForms:
    """Looks at how a form that a page sent was answered, so that nothing typed is lost.

    It was accepted when the answer leads on, and not to the sign-in: then a cookie names the ticket that the form said
    in its field `kept`, and the browser forgets what was typed (frontend/src/ui/kept-form.ts). Whoever has to sign in
    first comes back to the page with the form, not to the address that only takes it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method != "POST" or not isinstance(response, HttpResponseRedirectBase):
            return response
        leads_to = urlsplit(response.url)
        if leads_to.path == resolve_url(settings.LOGIN_URL):
            return redirect_to_login(_page_with_form(request)) if "next=" in leads_to.query else response
        ticket = request.POST.get("kept", "")
        if TICKET.fullmatch(ticket):
            response.set_cookie(
                f"kept-{ticket}", "1", max_age=A_DAY_S, secure=settings.EDUVIDEO.is_https, samesite="Lax"
            )
        return response


def _page_with_form(request: HttpRequest) -> str:
    came_from = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()}):
        return "/"
    return urlsplit(came_from)._replace(scheme="", netloc="").geturl() or "/"


def fault(request: HttpRequest) -> HttpResponse:
    """Answer what no view answers any more (Django's handler500): a part that is away, or a fault of ours."""
    error = sys.exc_info()[1]
    meant = domain_error_of(error) if error else None
    if isinstance(meant, UnavailableError):
        return _of_frame(request, _away(meant))
    return _of_frame(request, HttpResponse(render_to_string("500.html"), status=500))


def _away(error: UnavailableError) -> HttpResponse:
    """Return a page that needs no part of the platform: the frame of the others asks the database who is here."""
    return _with_headers(HttpResponse(render_to_string("503.html"), status=error.status), error)


def _of_frame(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Let every site that frames an embed page show what became of it, as it may show that page's refusals."""

    @csp_replace({"frame-ancestors": list(frame_ancestors(()))})
    @xframe_options_exempt
    def framable(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - the shape of a page
        return response

    is_frame = request.path.startswith(FRAMES)
    return framable(request) if is_frame else response  # type: ignore[return-value]  # the decorators know its base class


def _with_headers(response: HttpResponse, error: DomainError) -> HttpResponse:
    for name, value in error.headers.items():
        response[name] = value
    return response

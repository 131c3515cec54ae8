"""Errors of ours that a page raises become pages: a sentence and a way on, never a stack trace."""

from collections.abc import Callable

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from eduvideo.core.errors import DomainError, SignInRequiredError


class ProblemPages:
    """Shows a DomainError of a page as a page. The API answers its own errors before they come here."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, SignInRequiredError):
            return redirect_to_login(request.get_full_path())
        if isinstance(error, DomainError):
            response = render(request, "site/problem.html", {"error": error}, status=error.status)
            for name, value in error.headers.items():
                response[name] = value
            return response
        return None

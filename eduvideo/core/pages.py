"""Health of this process and of its parts, for load balancers and operators."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from eduvideo.core.health import run_checks


@never_cache
def live(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - Django passes it
    """Answer 200 while this process serves at all."""
    return JsonResponse({"checks": {"process": "ok"}})


@never_cache
def ready(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - Django passes it
    """Answer 200 when every part works, else 503 with what is wrong."""
    checks = run_checks()
    return JsonResponse({"checks": checks}, status=200 if set(checks.values()) == {"ok"} else 503)

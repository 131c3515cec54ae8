"""The ASGI application: Django, and beside it the three paths that Django would spool or hold threads for.

Uploads, media and the danmaku stream are plain ASGI endpoints (DESIGN, rule 9); static files are served from the
collected folder. Everything else, and every other method of those paths, is Django's.
"""

import gc
import logging
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eduvideo.config.settings")
django_app = get_asgi_application()  # sets Django up, so it comes before the apps' own modules

# ruff: noqa: E402
from django.conf import settings
from django.db import DatabaseError, connections
from django.utils.translation import gettext_lazy as _
from redis import RedisError
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from eduvideo.core.bodies import BodyLimit
from eduvideo.core.errors import DomainError, problem_response
from eduvideo.core.outages import domain_error_of
from eduvideo.danmaku import asgi as danmaku
from eduvideo.danmaku.formats.records import LARGEST_FILE_BYTES
from eduvideo.discovery.engine import warm_search
from eduvideo.media import asgi as media
from eduvideo.uploads import asgi as uploads

logger = logging.getLogger(__name__)

FAULTS = 500
SESSION = re.compile("/media/s/[^/]+")  # whoever reads it in a log could watch
# Per process; who waits longer than the timeout for a free connection is told to try again (503).
POOL = {"min_size": 0, "max_size": 16, "timeout": 5}
YOUNG_OBJECTS = 100_000  # that may come before those that refer to each other are looked for
FIELDS_BYTES = 1024 * 1024  # of a form, beside its file
HASHED_ASSETS = "dist/assets/"
ONE_YEAR = "public, max-age=31536000, immutable"
ONE_HOUR = "public, max-age=3600"


class CachedStatic(StaticFiles):
    """Static files with the right to be kept: for ever when the name holds a hash, an hour otherwise."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = ONE_YEAR if path.startswith(HASHED_ASSETS) else ONE_HOUR
        return response


async def on_error(request: Request, error: Exception) -> Response:
    """Answer an error outside Django in the same shape as inside: one of ours, or of a part that is away."""
    meant = domain_error_of(error)
    if meant is None:
        raise error
    if meant.status >= FAULTS:
        logger.error("%s %s failed", request.method, SESSION.sub("/media/s/...", request.url.path), exc_info=error)
    answer = problem_response(meant)
    return Response(answer.content, status_code=answer.status_code, headers=dict(answer.items()))


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:  # noqa: ARG001 - Starlette passes it
    await danmaku.startup()
    # With thousands of streams there are a million objects that live long, and each batch of danmaku makes some
    # thousands more: by default that is a pause of a second, every few seconds.
    gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])
    warm_search(then=gc.freeze)  # what is there now stays, and need not be looked at again
    try:
        yield
    finally:
        await danmaku.shutdown()


async def pages(scope: Scope, receive: Receive, send: Send) -> None:
    """Hand over to Django, with its header names in small letters as ASGI asks (the middleware relies on it)."""

    async def send_small(message: Mapping[str, Any]) -> None:  # Any: an ASGI message
        if "headers" in message:
            message = {**message, "headers": [(name.lower(), value) for name, value in message["headers"]]}
        await send(dict(message))

    await django_app(dict(scope), receive, send_small)


def share_connections() -> None:
    """Let the many threads of this process share connections to PostgreSQL, and keep none to SQLite.

    Under ASGI each request has a thread of its own: a connection that outlives its request would serve nobody.
    """
    database = connections.settings["default"]
    database["CONN_MAX_AGE"] = 0
    if database["ENGINE"] == "django.db.backends.postgresql":
        database["OPTIONS"]["pool"] = POOL


share_connections()
settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)

TOO_LARGE = _("The file is larger than 64 MB.")
unbounded_pages = GZipMiddleware(pages, minimum_size=512)
# A form may hold the largest file and its own fields; nothing else that Django is sent is larger.
django_pages = BodyLimit(unbounded_pages, most_bytes=LARGEST_FILE_BYTES + FIELDS_BYTES, sentence=TOO_LARGE)
danmaku_file = BodyLimit(unbounded_pages, most_bytes=LARGEST_FILE_BYTES, sentence=TOO_LARGE)

application = Starlette(
    routes=[
        Route("/api/v1/uploads/{upload_id}", uploads.endpoint, methods=["HEAD", "PATCH", "DELETE", "OPTIONS"]),
        Route("/api/v1/videos/{video_id}/danmaku/live", danmaku.live, methods=["GET"]),
        Route("/api/v1/videos/{video_id}/danmaku/import", danmaku_file, methods=["POST"]),
        Mount("/media", app=media.delivery),
        Mount("/static", app=GZipMiddleware(CachedStatic(directory=settings.STATIC_ROOT), minimum_size=512)),
        Mount("/", app=django_pages),
    ],
    exception_handlers=dict.fromkeys((DomainError, DatabaseError, RedisError), on_error),
    lifespan=lifespan,
)

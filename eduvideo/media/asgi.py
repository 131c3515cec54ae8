"""Delivery of media, as a plain ASGI application mounted at /media.

/media/assets/<asset>/...                 public
/media/s/<session>/assets/<asset>/...     in a playback session; playlists hold relative URIs, so everything stays in it

Playlists and captions always come from here, because what they name is relative to this address. Segments and stills
of a folder do too; where browsers reach the store themselves they are sent on to a signed URL of it (or, what is
public, to the CDN in front of it), so that no media pass through this process.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from urllib.parse import quote

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from eduvideo.core.errors import DomainError, ForbiddenError, NotFoundError, problem_response
from eduvideo.core.objects import DirectStore, FolderObjectStore, ObjectStore, ObjectStoreError, open_objects
from eduvideo.media import access
from eduvideo.media.composing import caption_segment_playlist, multivariant_playlist, split_playlist
from eduvideo.media.splitting import GROWING

logger = logging.getLogger(__name__)

T = TypeVar("T")
CONTENT_TYPES = {
    "m3u8": "application/vnd.apple.mpegurl",
    "m4s": "video/iso.segment",
    "mp4": "video/mp4",
    "vtt": "text/vtt; charset=utf-8",
    "jpg": "image/jpeg",
}
FOREVER = "public, max-age=31536000, immutable"
FOREVER_PRIVATE = "private, max-age=31536000, immutable"
SHORT = "no-cache"
TEXTS = {"m3u8", "vtt"}
# A signed URL lives for 10 minutes and stays the same for 5, so at least 5 are left when it is given out. A browser may
# follow a redirect that it remembers for 4, and then still has a minute to begin.
SIGNED_S = 600
REDIRECT_S = 240
FAULTS = 500
MASTER = "master.m3u8"
METHODS = {"GET", "HEAD", "OPTIONS"}
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "Range",
    "Access-Control-Expose-Headers": "Content-Length, Content-Range",
}


async def delivery(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request for media; refusals are problem+json."""
    if scope["type"] != "http":
        return
    request = Request(scope, receive)
    try:
        response = await _answer(request)
    except DomainError as error:
        if error.status >= FAULTS:
            key = request.url.path.partition("/assets/")[2]  # a session before it is a secret
            logger.error("%s of media %s failed", request.method, key, exc_info=error)  # noqa: TRY400
        problem = problem_response(error)
        response = Response(problem.content, status_code=problem.status_code, headers=dict(problem.items()))
    response.headers.update(CORS)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    await response(scope, receive, send)


async def _answer(request: Request) -> Response:
    if request.method not in METHODS:
        return Response(status_code=405, headers={"Allow": "GET, HEAD, OPTIONS"})
    if request.method == "OPTIONS":
        return Response(status_code=204)
    session, key = _split(_path(request))
    asset = key.split("/")[1]
    status = access.known_status(asset, session=session)
    if status is None:
        status = await sync_to_async(_ask)(asset, session)
    if status == 403:  # noqa: PLR2004 - HTTP
        raise ForbiddenError
    if status == 404:  # noqa: PLR2004 - HTTP
        raise NotFoundError
    if key.endswith(f"/{MASTER}"):
        return await _composed(multivariant_playlist, key)
    if key.endswith(".vtt.m3u8"):
        return await _composed(caption_segment_playlist, key)
    if key.endswith(f"/{GROWING}"):
        text = await sync_to_async(_fresh(split_playlist))(key)
        if text is not None:
            return _playlist(text)
    return await _object(key, is_private=bool(session), method=request.method)


def _path(request: Request) -> str:
    """Return the path below the mount."""
    path: str = request.scope["path"]
    return path.removeprefix(request.scope.get("root_path", "")).removeprefix("/")


def _split(path: str) -> tuple[str, str]:
    """Return the session ("" for public) and the object's key; raises NotFoundError for any other shape."""
    session = ""
    if path.startswith("s/"):
        _, session, path = [*path.split("/", 2), "", ""][:3]
        if not session:
            raise NotFoundError
    parts = path.split("/")
    if len(parts) < 4 or parts[0] != "assets":  # noqa: PLR2004 - assets/<asset>/<what>/<file>
        raise NotFoundError
    return session, path


def _ask(asset: str, session: str) -> int:
    close_old_connections()
    return access.ask_status(asset, session=session)


async def _composed(compose: Callable[[str], str], key: str) -> Response:
    return _playlist(await sync_to_async(_fresh(compose))(key))


def _playlist(text: str) -> Response:
    return Response(text, media_type=CONTENT_TYPES["m3u8"], headers={"Cache-Control": SHORT})


def _fresh(compose: Callable[[str], T]) -> Callable[[str], T]:
    def run(key: str) -> T:
        close_old_connections()
        return compose(key)

    return run


async def _object(key: str, *, is_private: bool, method: str) -> Response:
    """Answer an object of the store, or where it is."""
    suffix = key.rpartition(".")[2]
    if suffix not in CONTENT_TYPES:  # result.json and the like are for us
        raise NotFoundError
    store = open_objects()
    forever = FOREVER_PRIVATE if is_private else FOREVER
    caching = SHORT if suffix == "m3u8" else forever
    try:
        if isinstance(store, FolderObjectStore):
            return _file(store, key, caching=caching)
        if suffix in TEXTS or not isinstance(store, DirectStore):
            return await _text(store, key, caching=caching)
        return _elsewhere(store, key, is_private=is_private, method=method)
    except ObjectStoreError as error:
        if error.missing:
            raise NotFoundError from error
        raise


def _file(store: FolderObjectStore, key: str, *, caching: str) -> Response:
    try:
        path = store.path(key)
        is_there = path.is_file()
    except OSError as error:  # a name longer than the file system's
        raise NotFoundError from error
    if not is_there:
        raise NotFoundError
    return FileResponse(path, media_type=CONTENT_TYPES[key.rpartition(".")[2]], headers={"Cache-Control": caching})


# Of its own, so that a store that is away holds up nobody who waits for the database.
_reading = ThreadPoolExecutor(16, thread_name_prefix="objects")


async def _text(store: ObjectStore, key: str, *, caching: str) -> Response:
    body = await asyncio.get_running_loop().run_in_executor(_reading, store.read, key)
    return Response(body, media_type=CONTENT_TYPES[key.rpartition(".")[2]], headers={"Cache-Control": caching})


def _elsewhere(store: DirectStore, key: str, *, is_private: bool, method: str) -> Response:
    """Send the browser to the object; who may have it was decided above, and is asked again when the redirect ends."""
    if settings.EDUVIDEO.media_url and not is_private:
        place = f"{settings.EDUVIDEO.media_url}/{quote(key)}"
    else:
        place = store.signed_url(key, expires_s=SIGNED_S, method=method)
    caching = f"{'private' if is_private else 'public'}, max-age={REDIRECT_S}"
    return Response(status_code=307, headers={"Location": place, "Cache-Control": caching})

"""Delivery of media, as a plain ASGI application mounted at /media.

/media/assets/<asset>/...                 public
/media/s/<session>/assets/<asset>/...     in a playback session; playlists hold relative URIs, so everything stays in it

Playlists and captions always come from here, because what they name is relative to this address. Segments and stills
of a folder do too; where browsers reach the store themselves they are sent on to a signed URL of it, so that no media
pass through this process. A CDN stands in front of what is public here, never of the bucket, which knows no permission.

Nothing here reads or sets a cookie or depends on who links to it, so there is no Vary: a cache keeps one copy. What is
in a session only the viewer's own browser may keep.
"""

import asyncio
import errno
import hashlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from urllib.parse import quote

from django.conf import settings
from django.db import close_old_connections
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from eduvideo.core.errors import DomainError, ForbiddenError, NotFoundError, problem_response
from eduvideo.core.objects import DirectStore, FolderObjectStore, ObjectStoreError, open_objects
from eduvideo.media import access
from eduvideo.media.composing import caption_segment_playlist, multivariant_playlist, split_playlist
from eduvideo.media.sending import bytes_response, file_response
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
FOREVER = "max-age=31536000, immutable"
A_MINUTE = "max-age=60"
ASK_AGAIN = "no-cache"  # kept, and good again after 304
TEXTS = {"m3u8", "vtt"}
# Of what is public, a signed URL lives for 10 minutes and stays the same for 5, so at least 5 are left when it is given
# out. A browser may follow a redirect that it remembers for 4, and then still has a minute to begin.
SIGNED_S = 600
REDIRECT_S = 240
# In a session it lives for a minute at most and half of one at least, and the redirect is for one use: what is revoked,
# and every address that was ever given out for it, is worth nothing a minute later.
SIGNED_IN_SESSION_S = 60
OK, FORBIDDEN, NOT_FOUND, FAULTS = 200, 403, 404, 500
MASTER = "master.m3u8"
# Not there, a folder, below a file, or a name longer than the file system has.
NO_FILE = {errno.ENOENT, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP}
METHODS = {"GET", "HEAD", "OPTIONS"}
ALWAYS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range, ETag",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",  # an address may hold a session; a redirect takes this rule along to the store
    "X-Content-Type-Options": "nosniff",
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "Range, If-Range, If-None-Match, If-Modified-Since",
    "Access-Control-Max-Age": "86400",
}
# Pools of our own: pages have their threads, and a store that is away holds up nobody who only asks the database.
_asking = ThreadPoolExecutor(4, thread_name_prefix="media-access")
_reading = ThreadPoolExecutor(16, thread_name_prefix="media-objects")


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
        headers = {**dict(problem.items()), "Cache-Control": "no-store"}
        response = Response(problem.content, status_code=problem.status_code, headers=headers)
    response.headers.update(ALWAYS)
    await response(scope, receive, send)


async def _answer(request: Request) -> Response:
    if request.method not in METHODS:
        return Response(status_code=405, headers={"Allow": "GET, HEAD, OPTIONS"})
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=PREFLIGHT)
    session, key = _split(_path(request))
    await _check(key.split("/")[1], session=session)
    if key.endswith(f"/{MASTER}"):
        return await _composed(multivariant_playlist, key, request, session=session)
    if key.endswith(".vtt.m3u8"):
        return await _composed(caption_segment_playlist, key, request, session=session)
    if key.endswith(f"/{GROWING}"):
        text = await _in(_reading, split_playlist, key)
        if text is not None:
            return _text(text.encode(), request, headers=_headers(key, session=session, is_composed=True))
    return await _object(key, request, session=session)


async def _check(asset: str, *, session: str) -> None:
    """Raise ForbiddenError or NotFoundError unless the asset may be fetched."""
    status = access.known_status(asset, session=session)
    # A URL of the store outlives our answer, so it is not given out by an answer of some seconds ago.
    if status is None or (status == OK and session and settings.EDUVIDEO.has_direct_objects):
        status = await _in(_asking, lambda public_id: access.ask_status(public_id, session=session), asset)
    if status == FORBIDDEN:
        raise ForbiddenError
    if status == NOT_FOUND:
        raise NotFoundError


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


async def _in(pool: ThreadPoolExecutor, function: Callable[[str], T], key: str) -> T:
    """Run what asks the database or the store in a thread of the pool."""

    def run() -> T:
        close_old_connections()
        try:
            return function(key)
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(pool, run)


async def _composed(compose: Callable[[str], str], key: str, request: Request, *, session: str) -> Response:
    text = await _in(_asking, compose, key)
    return _text(text.encode(), request, headers=_headers(key, session=session, is_composed=True))


async def _object(key: str, request: Request, *, session: str) -> Response:
    """Answer an object of the store, or where it is."""
    suffix = key.rpartition(".")[2]
    if suffix not in CONTENT_TYPES:  # result.json and the like are for us
        raise NotFoundError
    store = open_objects()
    headers = _headers(key, session=session)
    try:
        if isinstance(store, FolderObjectStore):
            if settings.EDUVIDEO.media_accel:
                if await _in(_reading, store.info, key) is None:  # nginx would let its 404 be kept for a year
                    raise NotFoundError
                return _by_nginx(store, key, place=settings.EDUVIDEO.media_accel, headers=headers)
            return await _file(store, key, request, headers=headers)
        if suffix in TEXTS or not isinstance(store, DirectStore):
            return _text(await _in(_reading, store.read, key), request, headers=headers)
        return _elsewhere(store, key, session=session, method=request.method)
    except ObjectStoreError as error:
        if error.missing:
            raise NotFoundError from error
        raise


async def _file(store: FolderObjectStore, key: str, request: Request, *, headers: dict[str, str]) -> Response:
    try:
        return await file_response(store.path(key), request.headers, method=request.method, headers=headers)
    except OSError as error:
        if error.errno in NO_FILE:
            raise NotFoundError from error
        raise ObjectStoreError(f"{key} cannot be read: {error}") from error


def _by_nginx(store: FolderObjectStore, key: str, *, place: str, headers: dict[str, str]) -> Response:
    """Let the nginx in front of us send the file: it sees to ranges, HEAD and 304, with our headers."""
    path = store.path(key).relative_to(store.root).as_posix()
    return Response(headers={**headers, "X-Accel-Redirect": place + quote(path)})


def _text(body: bytes, request: Request, *, headers: dict[str, str]) -> Response:
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    return bytes_response(body, request.headers, method=request.method, headers=headers, etag=etag)


def _headers(key: str, *, session: str, is_composed: bool = False) -> dict[str, str]:
    """Return the headers of a file: its type, and for how long who may keep it."""
    suffix = key.rpartition(".")[2]
    rule = FOREVER
    if is_composed or key.endswith(f"/{GROWING}"):
        rule = ASK_AGAIN
    elif suffix == "m3u8":
        rule = A_MINUTE
    whose = ["private"] if session else ["public"] if rule != ASK_AGAIN else []
    return {"Content-Type": CONTENT_TYPES[suffix], "Cache-Control": ", ".join([*whose, rule])}


def _elsewhere(store: DirectStore, key: str, *, session: str, method: str) -> Response:
    """Send the browser to the object; who may have it was decided above, and is asked again when the redirect ends."""
    if session:
        # Workers write objects as public, for they do not know who may see them.
        place = store.signed_url(key, expires_s=SIGNED_IN_SESSION_S, method=method, cache_control=f"private, {FOREVER}")
        caching = "private, no-store"
    else:
        place, caching = store.signed_url(key, expires_s=SIGNED_S, method=method), f"public, max-age={REDIRECT_S}"
    return Response(status_code=307, headers={"Location": place, "Cache-Control": caching})

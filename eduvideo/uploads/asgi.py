"""tus 1.0 for one upload, as a plain ASGI endpoint: bytes go from the socket to the disk, never whole into memory.

Core protocol with the extensions checksum, termination and expiration; creation is POST /api/v1/videos. All file work
is done in threads, so one slow disk holds up nobody else. Of an upload that is sent in parts (api.py) only DELETE comes
here, and needs no header of tus.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import nullcontext
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections
from django.utils.http import http_date
from django.utils.translation import gettext as _
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from eduvideo.accounts.access import Viewer
from eduvideo.accounts.asgi import viewer_of
from eduvideo.core.errors import DomainError, InvalidInputError, problem_response
from eduvideo.uploads import partial, services
from eduvideo.uploads.access import get_upload_for
from eduvideo.uploads.errors import (
    ChecksumMismatchError,
    OffsetConflictError,
    UnknownChecksumError,
    UploadCompletedError,
    UploadGoneError,
    UploadTooLargeError,
    WrongContentTypeError,
    WrongProtocolError,
    WrongTusVersionError,
)
from eduvideo.uploads.models import Upload, UploadProtocol, UploadState
from eduvideo.uploads.parts import TUS_BYTES, hash_of_parts

VERSION = "1.0.0"
CHECKSUMS = ("sha1", "sha256", "md5")
BUFFER_BYTES = 1 << 20
MAX_DIGITS = 18  # of a number of bytes; int() refuses thousands of them
P = ParamSpec("P")
T = TypeVar("T")
CAPABILITIES = {
    "Tus-Version": VERSION,
    "Tus-Extension": "checksum,termination,expiration",
    "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
}


async def endpoint(request: Request) -> Response:
    """Answer HEAD, PATCH, DELETE and OPTIONS of /api/v1/uploads/{upload_id}; other methods are Django's (api.py)."""
    try:
        response = await _answer(request)
    except ClientDisconnect:
        response = Response(status_code=400)  # nobody is there to read it
    except DomainError as error:
        problem = problem_response(error)
        response = Response(problem.content, status_code=problem.status_code, headers=dict(problem.items()))
        if isinstance(error, WrongTusVersionError):
            response.headers["Tus-Version"] = VERSION
    response.headers["Tus-Resumable"] = VERSION
    response.headers["Cache-Control"] = "no-store"
    return response


async def _answer(request: Request) -> Response:
    if request.method == "OPTIONS":
        limit = {"Tus-Max-Size": str(settings.EDUVIDEO.upload_max_bytes)}
        return Response(status_code=204, headers=CAPABILITIES | limit)
    viewer = await viewer_of(request, unsafe=request.method != "HEAD")
    upload = await sync_to_async(_fetch)(viewer, request.path_params["upload_id"], request.method)
    if upload.protocol == UploadProtocol.MULTIPART and request.method != "DELETE":
        raise WrongProtocolError(_("This upload is sent in parts straight to the store: GET tells which have arrived."))
    if upload.protocol == UploadProtocol.TUS and request.headers.get("tus-resumable") != VERSION:
        raise WrongTusVersionError
    if request.method == "HEAD":
        return _state(upload, await sync_to_async(_offset)(upload), status=200)
    if request.method == "DELETE":
        await sync_to_async(_abort)(upload)
        return Response(status_code=204)
    return await _patch(request, upload)


async def _patch(request: Request, upload: Upload) -> Response:
    part = _part(request, upload)
    with partial.locked(upload.public_id) as file:
        await sync_to_async(_check_open)(upload)  # again: another request may have ended it before we had the lock
        if part.offset != file.offset:
            raise OffsetConflictError
        # What arrived stays, unless a checksum was promised for the whole part.
        with file.all_or_nothing() if part.checksum else nullcontext():
            async for chunk in _buffered(request):
                await _in_thread(_append)(file, chunk, part)
            await _in_thread(_verify)(file, part)
        reached = file.offset
        digests = await _in_thread(file.part_digests)(upload.part_size_bytes or TUS_BYTES, limit=part.limit)
        if reached == part.limit:
            await _in_thread(file.sync)()
            await sync_to_async(_complete)(upload, hash_of_parts(digests))
    return _state(upload, reached, status=204)


@dataclass(frozen=True, slots=True)
class Part:
    """What a PATCH announces: where it begins, where the file ends, and the hash of the part if there is one."""

    offset: int
    limit: int
    checksum: tuple[str, bytes] | None


def _part(request: Request, upload: Upload) -> Part:
    """Return what a PATCH announces; raises what the protocol says for a part that cannot be taken."""
    if request.headers.get("content-type") != "application/offset+octet-stream":
        raise WrongContentTypeError
    if upload.size_bytes is None:
        raise InvalidInputError.of("size_bytes", _("The size of this file was not announced."))
    offset = _number(request, "upload-offset")
    if upload.state == UploadState.COMPLETED:
        raise OffsetConflictError
    if "content-length" in request.headers and offset + _number(request, "content-length") > upload.size_bytes:
        raise UploadTooLargeError
    return Part(offset, upload.size_bytes, _checksum(request.headers.get("upload-checksum")))


def _append(file: partial.PartialFile, chunk: bytes, part: Part) -> None:
    if file.offset + len(chunk) > part.limit:
        file.cut(part.offset)
        raise UploadTooLargeError
    file.append(chunk)


def _verify(file: partial.PartialFile, part: Part) -> None:
    if part.checksum and file.digest_from(part.offset, part.checksum[0]) != part.checksum[1]:
        raise ChecksumMismatchError


def _in_thread(function: Callable[P, T]) -> Callable[P, Coroutine[None, None, T]]:
    """Run file work in any thread of the pool, beside that of other requests; also at a shutdown it is waited for.

    Otherwise the file is closed while the thread still writes by its number.
    """

    async def run(*args: P.args, **options: P.kwargs) -> T:
        work = asyncio.ensure_future(asyncio.to_thread(function, *args, **options))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait({work})
            raise

    return run


async def _buffered(request: Request) -> AsyncIterator[bytes]:
    """Yield the body in pieces of about a megabyte: few writes, little memory."""
    pieces: list[bytes] = []
    size = 0
    try:
        async for piece in request.stream():
            pieces.append(piece)
            size += len(piece)
            if size >= BUFFER_BYTES:
                yield b"".join(pieces)
                pieces, size = [], 0
    except ClientDisconnect:
        if pieces:  # what came before the network was cut is kept
            yield b"".join(pieces)
        raise
    if pieces:
        yield b"".join(pieces)


def _fetch(viewer: Viewer, public_id: str, method: str) -> Upload:
    close_old_connections()
    upload = get_upload_for(viewer, public_id)
    if method != "DELETE":  # giving up needs no room
        services.finish_interrupted(upload)
    if upload.is_gone or upload.protocol != services.protocol_here():  # begun with another store
        raise UploadGoneError
    return upload


def _check_open(upload: Upload) -> None:
    """Refuse to write where there is nothing to write any more; the file that the lock has made goes again."""
    close_old_connections()
    services.reload(upload)
    if upload.is_gone or upload.state == UploadState.COMPLETED:
        partial.remove(upload.public_id)
        raise UploadGoneError if upload.is_gone else OffsetConflictError


def _offset(upload: Upload) -> int:
    if upload.state == UploadState.COMPLETED:
        return upload.size_bytes or 0
    return partial.offset_of(upload.public_id)


def _abort(upload: Upload) -> None:
    if upload.state == UploadState.COMPLETED:
        raise UploadCompletedError
    services.abort_upload(upload)


def _complete(upload: Upload, parts_sha256: str) -> None:
    close_old_connections()
    services.note_completing(upload, parts_sha256=parts_sha256)
    services.complete_upload(upload)
    if upload.state != UploadState.COMPLETED:  # cancelled while its last bytes came
        raise UploadGoneError


def _state(upload: Upload, offset: int, *, status: int) -> Response:
    headers = {"Upload-Offset": str(offset), "Upload-Expires": http_date(upload.expires_at.timestamp())}
    if upload.size_bytes is not None:
        headers["Upload-Length"] = str(upload.size_bytes)
    return Response(status_code=status, headers=headers)


def _number(request: Request, header: str) -> int:
    value = request.headers.get(header, "")
    if not (value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS):
        raise InvalidInputError.of(header, f"{header} must be a number of bytes.")
    return int(value)


def _checksum(header: str | None) -> tuple[str, bytes] | None:
    if header is None:
        return None
    algorithm, _space, encoded = header.partition(" ")
    try:
        digest = base64.b64decode(encoded, validate=True)
    except ValueError as error:  # no base64, or not ASCII at all
        raise InvalidInputError.of("upload-checksum", "Upload-Checksum must be an algorithm and base64.") from error
    if algorithm not in CHECKSUMS:
        raise UnknownChecksumError
    return algorithm, digest

"""The least that uvicorn can do for media: bytes that are in memory, and files as Starlette sends them."""

import os
from pathlib import Path

from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

FOLDER = Path(os.environ["BENCH_FOLDER"])
BODY = next(iter(sorted(FOLDER.rglob("*.m4s")))).read_bytes()
HEADERS = [(b"content-type", b"video/iso.segment"), (b"content-length", str(len(BODY)).encode())]


async def memory(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer everything with one segment, at once."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": BODY})


async def files(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the file at the path."""
    if scope["type"] == "http":
        path = FOLDER / scope["path"].removeprefix("/")
        response = FileResponse(path, media_type="video/iso.segment") if path.is_file() else Response(status_code=404)
        await response(scope, receive, send)

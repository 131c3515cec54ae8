"""Transfers, and clients that speak tus and in parts to the ASGI application of this process."""

from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any, TypeVar

import httpx
from asgiref.sync import async_to_sync
from django.db import connections
from starlette.types import Message, Scope

from eduvideo.accounts.models import Role, User
from eduvideo.config.asgi import application
from eduvideo.uploads import services
from eduvideo.uploads.models import Upload
from tests.factories.danmaku import a_person, a_token_of

T = TypeVar("T")


def in_base64(digest: bytes) -> str:
    return b64encode(digest).decode()


PART = "application/offset+octet-stream"
Body = bytes | AsyncIterator[bytes]


def an_upload(*, owner: User | None = None, size_bytes: int = 10, filename: str = "lecture.mp4", **told: Any) -> Upload:
    creator = owner or a_person(Role.CREATOR)
    return services.create_upload(owner=creator, filename=filename, size_bytes=size_bytes, **told)


def beside_the_tests(function: Callable[..., Coroutine[Any, Any, T]], *args: Any, **options: Any) -> T:
    """Run a coroutine in a thread of its own, with database connections that are closed after it.

    The thread of the tests may hold another event loop already (Playwright's).
    """

    def run() -> T:
        try:
            return async_to_sync(function)(*args, **options)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result(timeout=60)


def ask(method: str, path: str, *, content: Body | None = None, **options: Any) -> httpx.Response:
    """Send one request to the application, without a server between."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=application)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.request(method, path, content=content, **options)

    return beside_the_tests(send)


class Tus:
    """A client of one upload, signed in as its owner unless told otherwise."""

    def __init__(self, upload: Upload, *, by: User | None = None) -> None:
        self.path = f"/api/v1/uploads/{upload.public_id}"
        self.headers = {"Tus-Resumable": "1.0.0", "Authorization": f"Bearer {a_token_of(by or upload.owner)}"}

    def ask(self, method: str, *, content: Body | None = None, without: str = "", **headers: str) -> httpx.Response:
        """Send a request; Upload_Offset="3" adds the header Upload-Offset."""
        own = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        own.pop(without, None)
        return ask(
            method, self.path, content=content, headers={name: value.encode("latin-1") for name, value in own.items()}
        )

    def patch(self, offset: int, content: Body, **headers: str) -> httpx.Response:
        return self.ask("PATCH", content=content, **{"Upload_Offset": str(offset), "Content_Type": PART, **headers})

    def patch_and_vanish(self, offset: int, content: bytes, **headers: str) -> None:
        """Send a part of which only the beginning arrives."""
        arriving: Iterator[Message] = iter(
            [{"type": "http.request", "body": content, "more_body": True}, {"type": "http.disconnect"}]
        )

        async def receive() -> Message:
            return next(arriving)

        async def send(_message: Message) -> None:
            """Nobody listens."""

        beside_the_tests(application, self.scope_of_patch(offset, **headers), receive, send)

    def scope_of_patch(self, offset: int, **headers: str) -> Scope:
        """Return a part as a server gives it to the application, for a test that plays the server."""
        given = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        given |= {"Upload-Offset": str(offset), "Content-Type": PART}
        return {
            "type": "http", "method": "PATCH", "path": self.path, "root_path": "", "query_string": b"",
            "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        }  # fmt: skip

    def offset(self) -> int:
        answer = self.ask("HEAD")
        assert answer.status_code == 200, answer.text
        return int(answer.headers["upload-offset"])


class Multipart:
    """A program that sends an upload in parts, signed in as its owner unless told otherwise."""

    def __init__(self, upload: Upload, content: bytes, *, by: User | None = None, hashes: bool = False) -> None:
        self.hashes = hashes
        self.path = f"/api/v1/uploads/{upload.public_id}"
        self.headers = {"Authorization": f"Bearer {a_token_of(by or upload.owner)}"}
        self.content = content
        self.part_size_bytes = upload.part_size_bytes or len(content)

    def look(self) -> httpx.Response:
        return ask("GET", self.path, headers=self.headers)

    def sign(self, *numbers: object, **told: object) -> httpx.Response:
        return ask("POST", f"{self.path}/parts", headers=self.headers, json={"numbers": numbers, **told})

    def complete(self, *parts: tuple[object, str]) -> httpx.Response:
        named = [{"number": number, "etag": etag} for number, etag in parts]
        return ask("POST", f"{self.path}/complete", headers=self.headers, json={"parts": named})

    def give_up(self) -> httpx.Response:
        return ask("DELETE", self.path, headers=self.headers)

    def signed(self, number: int, *, content: bytes | None = None) -> tuple[str, dict[str, str]]:
        """Return where to PUT a part, and with what; a sender that hashes tells the hash of the content."""
        body = self.piece(number) if content is None else content
        told = {"sha256": {number: in_base64(sha256(body).digest())}} if self.hashes else {}
        answer = self.sign(number, **told)
        assert answer.status_code == 200, answer.text
        (part,) = answer.json()["parts"]
        return part["url"], part["headers"]

    def url(self, number: int) -> str:
        return self.signed(number)[0]

    def piece(self, number: int) -> bytes:
        return self.content[(number - 1) * self.part_size_bytes : number * self.part_size_bytes]

    def put(self, number: int, content: bytes | None = None) -> tuple[int, str]:
        """Send a part to the store, as a browser would, and return its number and ETag."""
        body = self.piece(number) if content is None else content
        url, headers = self.signed(number, content=content)
        answer = httpx.put(url, content=body, headers=headers, timeout=30, verify=False)  # reads no certificates
        assert answer.status_code == 200, answer.text
        return number, answer.headers["etag"]

    def put_all(self) -> list[tuple[int, str]]:
        count = -(-len(self.content) // self.part_size_bytes)
        return [self.put(number) for number in range(1, count + 1)]

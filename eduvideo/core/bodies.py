"""A limit on the bodies of some addresses, before Django, which writes a whole body to disk before it asks anybody."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eduvideo.core.errors import QuotaExceededError


class BodyLimit:
    """An application that passes requests on to another one, unless their bodies are larger than `most_bytes`.

    What says so is refused before a byte is read, what does not say as soon as there are too many. Raises
    QuotaExceededError with `sentence`, a lazy text; whoever mounts it answers that.
    """

    def __init__(self, app: ASGIApp, *, most_bytes: int, sentence: object) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._sentence = sentence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        said = Headers(scope=scope).get("content-length", "")
        self._check(int(said[:20]) if said.isascii() and said.isdecimal() else 0)
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            # As if the sender had gone: Django then lets go of the file that it writes to.
            return message if received <= self._most_bytes else {"type": "http.disconnect"}

        try:
            await self._app(scope, counted, send)
        except Exception:
            self._check(received)
            raise
        self._check(received)

    def _check(self, size_bytes: int) -> None:
        if size_bytes > self._most_bytes:
            raise QuotaExceededError(str(self._sentence))

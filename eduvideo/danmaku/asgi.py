"""GET /api/v1/videos/{video_id}/danmaku/live: an event stream of new danmaku, as a plain ASGI endpoint (rule 9).

Events: `danmaku` (a JSON list of items as in a segment) and `reset` (fetch the segments again); their ids are cursors.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import ParamSpec, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db import close_old_connections, connections
from django.utils.translation import gettext as _
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from eduvideo.accounts.access import Viewer as Person
from eduvideo.accounts.asgi import viewer_of
from eduvideo.catalog.access import Action, get_video_for
from eduvideo.core.errors import DomainError, InvalidInputError, UnavailableError
from eduvideo.core.streaming import until_gone
from eduvideo.danmaku import queries
from eduvideo.danmaku.live import Hub, Room, Viewer, news_frame
from eduvideo.danmaku.segments import News
from eduvideo.danmaku.subscription import listen

logger = logging.getLogger(__name__)

HEARTBEAT_S = 15.0
RECHECK_S = 25.0  # what was found for everyone counts for as long again: a right that ends is over within a minute
GOODBYE_S = 1.0
BROWSER_RETRY = b"retry: 1000\n\n"
LARGEST_CURSOR = 2**63 - 1
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",  # nginx would keep the events back
}

P = ParamSpec("P")
T = TypeVar("T")


class EndSignals:
    """Runs `end` as soon as the server is asked to stop: it calls `shutdown` only after all streams have ended.

    The server's own handlers go on to be called; a signal without one keeps what it does.
    """

    def __init__(self, end: Callable[[], None]) -> None:
        self._end = end
        self._loop = asyncio.get_running_loop()
        self._before: dict[int, Callable[[int, FrameType | None], object]] = {}
        with contextlib.suppress(ValueError):  # not in the main thread: signals end this process in another way
            for number in (signal.SIGTERM, signal.SIGINT):
                if callable(before := signal.getsignal(number)):
                    signal.signal(number, self._handle)
                    self._before[number] = before

    def restore(self) -> None:
        """Give the signals back, unless somebody else has taken them since."""
        for number, before in self._before.items():
            if signal.getsignal(number) == self._handle:
                signal.signal(number, before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end)
        self._before[number](number, frame)


class Service:
    """What this process runs for its streams, from startup to shutdown."""

    def __init__(self) -> None:
        # One thread and one database connection of our own: nothing slow of others is before us.
        self.executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="danmaku-live")
        self.hub = Hub(self.read_news)
        self.signals = EndSignals(self.hub.close)
        self.tasks = [
            asyncio.create_task(listen(self.hub.take, self.hub.ask_all)),
            asyncio.create_task(self._beat()),
        ]

    async def in_thread(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what asks the database in our thread."""

        def run() -> T:
            close_old_connections()
            return function(*args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self.executor, run)

    async def read_news(self, video_pk: int, after: int) -> News:
        return await self.in_thread(queries.news, video_pk, after=after)

    async def _beat(self) -> None:
        """Keep the streams alive, and find what got lost although the broker was there."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            self.hub.beat()
            self.hub.ask_all()

    async def stop(self) -> None:
        self.signals.restore()
        self.hub.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.in_thread(connections.close_all)
        self.executor.shutdown()


_service: Service | None = None


async def startup() -> None:
    """Begin to serve streams; to be called in the server's event loop."""
    global _service  # noqa: PLW0603 - one per process, as the lifespan is
    _service = Service()


async def shutdown() -> None:
    """End every stream and everything that served them."""
    global _service
    service, _service = _service, None
    if service:
        await service.stop()


async def live(request: Request) -> Response:
    """Answer with the stream of a video that the asker may see; danmaku after the cursor come first, then new ones."""
    service = _service
    if service is None or service.hub.is_closed:
        raise UnavailableError
    cursor = _cursor_of(request)
    person = await viewer_of(request, unsafe=False)
    video_id = str(request.path_params["video_id"])
    playback = request.query_params.get("playback", "")
    video_pk, last_seq = await service.in_thread(_admit, person, video_id, playback)
    if request.method == "HEAD":
        return Response(headers=HEADERS)
    room, viewer = service.hub.join(video_pk, last_seq=last_seq, cursor=cursor)
    try:
        backlog = b""
        if cursor is not None and cursor != viewer.seq:
            news = await service.in_thread(queries.news, video_pk, after=cursor, until=room.seq)
            backlog = news_frame(news)
    except BaseException:
        service.hub.leave(video_pk, viewer)
        raise
    return EventStream(service, request, video_pk, room, viewer, first=BROWSER_RETRY + backlog)


class EventStream(Response):
    """The open stream of one viewer; ends with the connection, the right to watch, or the server."""

    def __init__(
        self, service: Service, request: Request, video_pk: int, room: Room, viewer: Viewer, *, first: bytes
    ) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self._service = service
        self._request = request
        self._video_pk = video_pk
        self._room = room
        self._viewer = viewer
        self._first = first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        writer = asyncio.create_task(self._write(send))
        reader = asyncio.create_task(until_gone(receive))
        try:
            await self._until_over(writer, reader)
        finally:
            self._service.hub.leave(self._video_pk, self._viewer)
            reader.cancel()
            writer.cancel()
            await asyncio.gather(reader, writer, return_exceptions=True)

    async def _until_over(self, writer: "asyncio.Task[None]", reader: "asyncio.Task[None]") -> None:
        closed = self._viewer.closed
        while True:
            ended, _ = await asyncio.wait(
                {writer, reader, closed}, timeout=RECHECK_S, return_when=asyncio.FIRST_COMPLETED
            )
            if closed in ended:  # a viewer who takes nothing any more must not hold up the server's end
                await asyncio.wait({writer, reader}, timeout=GOODBYE_S, return_when=asyncio.FIRST_COMPLETED)
            if ended:
                return
            if not await self._may_stay():
                self._viewer.close()

    async def _write(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send(_body(self._first))
        while chunk := await self._viewer.next_chunk():
            await send(_body(chunk))
        await send(_body(b"", more=False))

    async def _may_stay(self) -> bool:
        """Check the right to watch again: at once for all if everyone has it, else for each with its sign-in."""
        video_id = str(self._request.path_params["video_id"])
        async with self._room.access_lock:
            now = asyncio.get_running_loop().time()
            if now < self._room.open_until:
                return True
            if await self._service.in_thread(_may_watch, AnonymousUser(), video_id):
                self._room.open_until = now + RECHECK_S
                return True
        try:
            person = await viewer_of(self._request, unsafe=False)
        except DomainError:
            return False
        playback = self._request.query_params.get("playback", "")
        return await self._service.in_thread(_may_watch, person, video_id, playback)


def _body(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


def _admit(person: Person, video_id: str, playback: str) -> tuple[int, int]:
    """Return the pk of a video that the person may see, and its last number; raises NotFoundError."""
    video = get_video_for(person, video_id, to=Action.VIEW, playback=playback)
    return video.pk, queries.cursor(video)


def _may_watch(person: Person, video_id: str, playback: str = "") -> bool:
    try:
        get_video_for(person, video_id, to=Action.VIEW, playback=playback)
    except DomainError:
        return False
    return True


def _cursor_of(request: Request) -> int | None:
    """Return where the asker stands; a browser that reconnects says it in Last-Event-ID, which is newer."""
    text = request.headers.get("last-event-id") or request.query_params.get("cursor")
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and int(text[:20]) <= LARGEST_CURSOR):
        raise InvalidInputError.of("cursor", _("This is no cursor of ours."))
    return int(text)

"""Live danmaku of one process: rooms of viewers, one batch of news at a time, nobody waits for a slow one.

It knows neither HTTP nor the broker nor Django: news come in by `Hub.take`, frames of an event stream go out by
`Viewer.next_chunk`, and the database is the coroutine `read_news`. All of it runs in one event loop.

What makes it right: a room has sent everything up to `Room.seq`. Whoever joins gets what is after that from the room,
and what is between the own cursor and that from the database. News are sent only when their numbers follow `Room.seq`
without a gap; else, and whenever the room cannot know (the broker was away), the database is asked.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from eduvideo.danmaku.segments import News

logger = logging.getLogger(__name__)

ReadNews = Callable[[int, int], Awaitable[News]]  # (video pk, after seq)

BATCH_S = 0.150
QUEUED_FRAMES = 64  # of one viewer; ten seconds of a busy room
RETRY_S = 1.0
HEARTBEAT = b": \n\n"


def danmaku_frame(seq: int, items: Iterable[str]) -> bytes:
    """Return the event that carries items (each JSON on one line); its id is the cursor after them."""
    return f"id: {seq}\nevent: danmaku\ndata: [{','.join(items)}]\n\n".encode()


def reset_frame(seq: int) -> bytes:
    """Return the event that asks to fetch the segments again; the stream goes on after seq."""
    return f"id: {seq}\nevent: reset\ndata: {{}}\n\n".encode()


def news_frame(news: News) -> bytes:
    """Return the event for news; nothing if nothing happened."""
    if news.is_reset:
        return reset_frame(news.seq)
    return danmaku_frame(news.seq, (item for _, item in news.items)) if news.items else b""


class Viewer:
    """One open stream: frames that wait to be sent, and the number up to which it has been told everything."""

    __slots__ = ("_frames", "_is_behind", "_waiter", "closed", "seq")

    def __init__(self, seq: int) -> None:
        self.seq = seq
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._frames: list[bytes] = []
        self._is_behind = False
        self._waiter: asyncio.Future[None] | None = None  # lighter than an Event, of which there would be thousands

    def push(self, frame: bytes) -> None:
        """Queue a frame. When too many wait they are all dropped, oldest first, and the viewer gets a reset instead."""
        if len(self._frames) >= QUEUED_FRAMES:
            self._frames.clear()
            self._is_behind = True
        if not self._is_behind:
            self._frames.append(frame)
        self._wake()

    def beat(self) -> None:
        """Queue a sign of life, unless something waits anyway."""
        if not self._frames:
            self.push(HEARTBEAT)

    def close(self) -> None:
        """End the stream after the chunk that is being sent."""
        if not self.closed.done():
            self.closed.set_result(None)
        self._wake()

    async def next_chunk(self) -> bytes:
        """Wait for frames and return all that are there; empty once the stream is closed."""
        while not (self._frames or self._is_behind or self.closed.done()):
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if self.closed.done():
            return b""
        if self._is_behind:
            self._is_behind = False
            return reset_frame(self.seq)
        chunk = b"".join(self._frames)
        self._frames.clear()
        return chunk

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Room:
    """The viewers of one video in this process."""

    def __init__(self, video_pk: int, *, seq: int, read_news: ReadNews) -> None:
        self.seq = seq
        self.viewers: set[Viewer] = set()
        self.open_until = 0.0  # in the loop's time: until then everyone may watch, as far as was checked
        self.access_lock = asyncio.Lock()
        self._video_pk = video_pk
        self._read_news = read_news
        self._loop = asyncio.get_running_loop()
        self._pending: dict[int, str] = {}
        self._must_ask = True  # what came between reading `seq` and now has not been heard
        self._timer: asyncio.TimerHandle | None = None
        self._reading: asyncio.Task[None] | None = None
        self._has_failed = False
        self._sent_at = 0.0
        self._wake()

    def take(self, seq: int, item: str) -> None:
        """Hear of one danmaku, or with an empty item of a change that only the database can tell."""
        if seq > self.seq:
            self._pending[seq] = item
            self._wake()

    def ask(self) -> None:
        """Look into the database soon: something may have been missed."""
        self._must_ask = True
        self._wake()

    def close(self) -> None:
        """Stop the room's work and end every stream."""
        if self._timer:
            self._timer.cancel()
        if self._reading:
            self._reading.cancel()
        for viewer in self.viewers:
            viewer.close()

    def _wake(self) -> None:
        """Send at once what comes after a quiet time, and then at most every 150 ms."""
        if self._timer is None and self._reading is None:
            pause_s = RETRY_S if self._has_failed else BATCH_S
            self._timer = self._loop.call_at(max(self._loop.time(), self._sent_at + pause_s), self._flush)

    def _flush(self) -> None:
        self._timer = None
        self._sent_at = self._loop.time()
        if not self._must_ask and self._is_complete():
            self._send(News(max(self._pending), tuple(sorted(self._pending.items()))))
            self._pending.clear()
        else:
            self._reading = self._loop.create_task(self._read())

    def _is_complete(self) -> bool:
        """Tell whether what waits follows what was sent without a gap."""
        return all(self._pending.values()) and max(self._pending) - self.seq == len(self._pending)

    async def _read(self) -> None:
        self._must_ask = False
        try:
            news = await self._read_news(self._video_pk, self.seq)
        except Exception:  # whatever is wrong with the database, the room must outlive it
            logger.exception("The danmaku of video %d cannot be read; trying again", self._video_pk)
            self._must_ask = self._has_failed = True
        else:
            self._has_failed = False
            self._send(news)
            self._pending = {seq: item for seq, item in self._pending.items() if seq > self.seq}
        self._reading = None
        if self._must_ask or self._pending:
            self._wake()

    def _send(self, news: News) -> None:
        start, self.seq = self.seq, news.seq
        frame = news_frame(news)
        for viewer in self.viewers:
            if viewer.seq <= start:
                viewer.seq = news.seq
                if frame:
                    viewer.push(frame)
            elif viewer.seq < news.seq:  # it knew more than the room when it joined
                self._send_rest(viewer, news)

    def _send_rest(self, viewer: Viewer, news: News) -> None:
        rest = tuple(item for item in news.items if item[0] > viewer.seq)
        viewer.seq = news.seq
        frame = news_frame(News(news.seq, rest, is_reset=news.is_reset))
        if frame:
            viewer.push(frame)


class Hub:
    """All rooms of this process."""

    def __init__(self, read_news: ReadNews) -> None:
        self.rooms: dict[int, Room] = {}
        self.is_closed = False
        self._read_news = read_news

    def join(self, video_pk: int, *, last_seq: int, cursor: int | None) -> tuple[Room, Viewer]:
        """Add a viewer who knows everything up to cursor (None: who wants only what is new).

        last_seq was just read from the database. From now on the viewer hears what comes after the returned room's
        `seq`; what lies between the cursor and that, the caller fetches.
        """
        room = self.rooms.get(video_pk)
        if room is None:
            room = self.rooms[video_pk] = Room(video_pk, seq=last_seq, read_news=self._read_news)
        viewer = Viewer(max(room.seq, cursor or 0) if (cursor or 0) <= last_seq else room.seq)
        room.viewers.add(viewer)
        if self.is_closed:
            viewer.close()
        return room, viewer

    def leave(self, video_pk: int, viewer: Viewer) -> None:
        """Remove a viewer; the room goes with its last one."""
        room = self.rooms.get(video_pk)
        if room is None:
            return
        room.viewers.discard(viewer)
        if not room.viewers:
            room.close()
            del self.rooms[video_pk]

    def take(self, video_pk: int, seq: int, item: str) -> None:
        """Hear of one danmaku; see Room.take."""
        room = self.rooms.get(video_pk)
        if room:
            room.take(seq, item)

    def ask_all(self) -> None:
        """Look for missed danmaku in every room."""
        for room in self.rooms.values():
            room.ask()

    def beat(self) -> None:
        """Give every quiet stream a sign of life, so that proxies keep it and a dead one is noticed."""
        for room in self.rooms.values():
            for viewer in room.viewers:
                viewer.beat()

    def close(self) -> None:
        """End every stream, and every one that comes later."""
        self.is_closed = True
        for room in self.rooms.values():
            room.close()

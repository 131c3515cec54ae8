"""The rooms of one process, with a list in place of the database: what viewers get, whatever the broker does."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eduvideo.danmaku import live
from eduvideo.danmaku.live import Hub, Viewer, news_frame
from eduvideo.danmaku.segments import News

VIDEO = 7


class Ledger:
    """What the database knows: numbers in their order; an item of None is a change that needs a reset."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, str]] = []
        self.last_seq = 0
        self.reset_seq = 0
        self.reads = 0
        self.fails = 0

    def add(self) -> tuple[int, str]:
        self.last_seq += 1
        self.rows.append((self.last_seq, str(self.last_seq)))
        return self.rows[-1]

    def like(self) -> None:
        """Take a number for what viewers are not told: nobody says it, and no row has it."""
        self.last_seq += 1

    def reset(self) -> tuple[int, str]:
        self.last_seq += 1
        self.reset_seq = self.last_seq
        return self.last_seq, ""

    async def read(self, video_pk: int, after: int, until: int | None = None) -> News:
        assert video_pk == VIDEO
        self.reads += 1
        if self.fails:
            self.fails -= 1
            raise ConnectionError("the database is away")
        end = self.last_seq if until is None else until
        found = tuple(row for row in self.rows if after < row[0] <= end)
        is_reset = self.reset_seq > after or after > self.last_seq
        await asyncio.sleep(0)  # others may write and speak while we read
        return News(end, () if is_reset else found, is_reset=is_reset)


class Watcher:
    """A viewer who reads its stream as a browser does."""

    def __init__(self, hub: Hub, ledger: Ledger, *, cursor: int | None = None) -> None:
        self.known: list[int] = []
        self.resets = 0
        self.cursor = cursor or 0
        self.room, self.viewer = hub.join(VIDEO, last_seq=ledger.last_seq, cursor=cursor)
        self.start = self.viewer.seq if cursor is None else cursor
        self.cursor = self.start
        self.until = self.room.seq
        self.ledger = ledger

    async def run(self) -> None:
        if self.start != self.viewer.seq:
            self.read(news_frame(await self.ledger.read(VIDEO, self.start, self.until)))
        while chunk := await self.viewer.next_chunk():
            self.read(chunk)

    def read(self, chunk: bytes) -> None:
        for event in chunk.decode().split("\n\n"):
            fields = dict(
                line.split(": ", 1) for line in event.split("\n") if ": " in line and not line.startswith(":")
            )
            if not fields:
                continue
            if fields["event"] == "reset":
                self.resets += 1
                self.known = [seq for seq, _ in self.ledger.rows if seq <= int(fields["id"])]  # fetches the segments
            else:
                self.known += json.loads(fields["data"])
            self.cursor = int(fields["id"])


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BATCH_S", 0.002)
    monkeypatch.setattr(live, "RETRY_S", 0.004)


def in_loop(scenario: Callable[[], Awaitable[Any]]) -> None:
    async def limited() -> None:
        await asyncio.wait_for(scenario(), timeout=30)

    asyncio.run(limited())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - the conditions are about what viewers have read, which has no event
        await asyncio.sleep(0.001)


def test_a_viewer_gets_what_is_new_in_order_and_once() -> None:
    async def scenario() -> None:
        ledger = Ledger()
        hub = Hub(ledger.read)
        ledger.add()
        watcher = Watcher(hub, ledger)
        task = asyncio.create_task(watcher.run())
        for _ in range(20):
            hub.take(VIDEO, *ledger.add())
            hub.take(VIDEO, *ledger.rows[-1])
            await asyncio.sleep(0)
        await until(lambda: watcher.cursor == 21)
        assert watcher.known == list(range(2, 22))
        hub.close()
        await task

    in_loop(scenario)


def test_messages_that_come_in_order_never_ask_the_database() -> None:
    async def scenario() -> None:
        ledger = Ledger()
        hub = Hub(ledger.read)
        watcher = Watcher(hub, ledger)
        task = asyncio.create_task(watcher.run())
        await until(lambda: ledger.reads == 1)  # the look after opening the room
        for n in range(1, 6):
            hub.take(VIDEO, *ledger.add())
            await until(lambda n=n: watcher.cursor == n)
        assert ledger.reads == 1
        hub.close()
        await task

    in_loop(scenario)


def test_a_message_that_was_lost_is_found_when_the_next_one_comes() -> None:
    async def scenario() -> None:
        ledger = Ledger()
        hub = Hub(ledger.read)
        watcher = Watcher(hub, ledger)
        task = asyncio.create_task(watcher.run())
        await until(lambda: ledger.reads == 1)
        ledger.add()
        hub.take(VIDEO, *ledger.add())
        await until(lambda: watcher.cursor == 2)
        assert watcher.known == [1, 2]
        hub.close()
        await task

    in_loop(scenario)


def test_a_slow_viewer_gets_a_reset_and_the_others_everything() -> None:
    async def scenario() -> None:
        ledger = Ledger()
        hub = Hub(ledger.read)
        slow, quick = Watcher(hub, ledger), Watcher(hub, ledger)
        task = asyncio.create_task(quick.run())
        for n in range(1, live.QUEUED_FRAMES + 10):
            hub.take(VIDEO, *ledger.add())
            await until(lambda n=n: quick.cursor == n)
        assert quick.known == list(range(1, live.QUEUED_FRAMES + 10))
        task_of_slow = asyncio.create_task(slow.run())
        await until(lambda: slow.resets == 1)
        hub.take(VIDEO, *ledger.add())
        await until(lambda: slow.cursor == ledger.last_seq)
        assert slow.known == quick.known == [seq for seq, _ in ledger.rows]
        assert quick.resets == 0
        hub.close()
        await asyncio.gather(task, task_of_slow)

    in_loop(scenario)


def test_a_hidden_danmaku_resets_those_who_are_there_and_those_who_come_back() -> None:
    async def scenario() -> None:
        ledger = Ledger()
        hub = Hub(ledger.read)
        ledger.add()
        here = Watcher(hub, ledger)
        task = asyncio.create_task(here.run())
        hub.take(VIDEO, *ledger.reset())
        await until(lambda: here.resets == 1)
        back = Watcher(hub, ledger, cursor=1)
        task_of_back = asyncio.create_task(back.run())
        await until(lambda: back.resets == 1)
        hub.close()
        await asyncio.gather(task, task_of_back)

    in_loop(scenario)


def test_likes_are_told_to_nobody_and_what_comes_after_them_is_found() -> None:
    async def scenario() -> None:
        ledger = Ledger()
        hub = Hub(ledger.read)
        here = Watcher(hub, ledger)
        task = asyncio.create_task(here.run())
        await until(lambda: ledger.reads == 1)
        for _ in range(3):
            ledger.like()
        knows_the_likes = Watcher(hub, ledger, cursor=3)  # by the segments that it fetched
        task_of_late = asyncio.create_task(knows_the_likes.run())
        hub.take(VIDEO, *ledger.add())
        await until(lambda: here.cursor == knows_the_likes.cursor == 4)
        assert here.known == knows_the_likes.known == [4]
        assert here.resets == knows_the_likes.resets == 0
        assert ledger.reads == 2  # one look for all three
        hub.close()
        await asyncio.gather(task, task_of_late)

    in_loop(scenario)


def test_a_cursor_that_was_never_given_out_is_answered_by_a_reset() -> None:
    async def scenario() -> None:
        ledger = Ledger()
        hub = Hub(ledger.read)
        ledger.add()
        watcher = Watcher(hub, ledger, cursor=99)
        task = asyncio.create_task(watcher.run())
        await until(lambda: watcher.resets == 1)
        hub.take(VIDEO, *ledger.add())
        await until(lambda: watcher.cursor == 2)
        assert watcher.known == [1, 2]
        hub.close()
        await task

    in_loop(scenario)


def test_the_room_outlives_a_database_that_fails() -> None:
    async def scenario() -> None:
        ledger = Ledger()
        hub = Hub(ledger.read)
        watcher = Watcher(hub, ledger)
        task = asyncio.create_task(watcher.run())
        ledger.fails = 3
        hub.take(VIDEO, *ledger.add())
        await until(lambda: watcher.cursor == 1)
        assert watcher.known == [1]
        hub.close()
        await task

    in_loop(scenario)


def test_a_quiet_stream_gets_signs_of_life_and_a_stuck_one_does_not_fill_with_them() -> None:
    async def scenario() -> None:
        viewer = Viewer(0)
        for _ in range(1000):
            viewer.beat()
        assert await viewer.next_chunk() == live.HEARTBEAT

    in_loop(scenario)


def test_a_closed_hub_ends_every_stream_and_lets_nobody_in_for_long() -> None:
    async def scenario() -> None:
        ledger = Ledger()
        hub = Hub(ledger.read)
        before = Watcher(hub, ledger)
        hub.close()
        after = Watcher(hub, ledger)
        await asyncio.gather(before.run(), after.run())
        for watcher in (before, after):
            assert watcher.viewer.closed.done()
            hub.leave(VIDEO, watcher.viewer)
        assert hub.rooms == {}

    in_loop(scenario)


ACTIONS = st.lists(
    st.sampled_from(
        ["speak", "speak", "lose", "swap", "double", "ask", "join", "resume", "leave", "wait", "hide", "like"]
    ),
    max_size=40,
)


@settings(max_examples=40, deadline=None)
@given(ACTIONS, st.integers(0, 3))
def test_whatever_the_broker_does_nobody_misses_or_doubles_anything(actions: list[str], known: int) -> None:
    """Messages are lost, doubled and swapped while viewers come and go with all kinds of cursors."""

    async def scenario() -> None:  # noqa: PLR0912 - one branch for each thing that may happen
        ledger = Ledger()
        for _ in range(known):
            ledger.add()
        hub = Hub(ledger.read)
        watchers: list[tuple[Watcher, asyncio.Task[None]]] = []
        held: list[tuple[int, str]] = []

        def join(cursor: int | None) -> None:
            watcher = Watcher(hub, ledger, cursor=cursor)
            watchers.append((watcher, asyncio.create_task(watcher.run())))

        join(0)
        for action in actions:
            if action == "speak":
                hub.take(VIDEO, *ledger.add())
            elif action == "lose":
                ledger.add()
            elif action == "swap":
                held.append(ledger.add())
            elif action == "double" and ledger.rows:
                hub.take(VIDEO, *ledger.rows[-1])
            elif action == "like":
                ledger.like()
            elif action == "hide":
                hub.take(VIDEO, *ledger.reset())
            elif action == "ask":
                hub.ask_all()
            elif action == "join":
                join(ledger.last_seq)
            elif action == "resume":
                join(max(0, ledger.last_seq - 2))
            elif action == "leave" and len(watchers) > 1:
                watcher, task = watchers.pop()
                task.cancel()
                hub.leave(VIDEO, watcher.viewer)
            elif action == "wait":
                await asyncio.sleep(0.003)
                while held:
                    hub.take(VIDEO, *held.pop())
        ledger.add()  # else the last number may be a like's, which no viewer is told
        hub.ask_all()
        await until(lambda: all(watcher.cursor >= ledger.last_seq for watcher, _ in watchers))
        hub.close()
        await asyncio.gather(*(task for _, task in watchers))
        for watcher, _ in watchers:
            begin = 0 if watcher.resets else watcher.start
            assert watcher.known == [seq for seq, _ in ledger.rows if seq > begin]

    asyncio.run(asyncio.wait_for(scenario(), timeout=30))

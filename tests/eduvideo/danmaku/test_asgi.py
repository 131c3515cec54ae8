"""The live stream of a real server process, with viewers, a broker that dies, and a server that is asked to stop."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from starlette.requests import Request

from eduvideo.danmaku import asgi
from eduvideo.danmaku.channel import PREFIX
from eduvideo.danmaku.segments import News
from tests.eduvideo.danmaku.live_server import LiveServer, Stream
from tests.environment import free_port
from tests.servers.valkey import ValkeyServer

servers = pytest.mark.servers
RECHECK_S = asgi.RECHECK_S  # before a test changes it
QUEUED_FRAMES = 8  # of the server; each goes out 150 ms after the one before

COPY_OF_FIRST = """
INSERT INTO danmaku_danmaku (public_id, seq, text, video_id, position_ms, segment, mode, kind, color, size_px, weight,
                             state, author_key, created_at, text_key, likes, reply_to, own_weight)
SELECT :id, :seq, :seq, video_id, position_ms, segment, mode, kind, color, size_px, weight, state, author_key, created_at,
       :seq, likes, reply_to, own_weight
FROM danmaku_danmaku WHERE video_id = :video AND seq = 1
"""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A broker of the server's own, which tests may kill."""
    server = ValkeyServer(port=free_port())
    server.start()
    yield server
    server.remove()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, broker: ValkeyServer) -> Iterator[LiveServer]:
    running = LiveServer(tmp_path_factory.mktemp("live"), broker, queued_frames=QUEUED_FRAMES)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def scenes(server: LiveServer) -> list[dict[str, Any]]:
    """Lessons and people for as many tests as there are, made at once."""
    return server.make(students=8, scenes=20)


@pytest.fixture
def made(server: LiveServer, broker: ValkeyServer, scenes: list[dict[str, Any]]) -> dict[str, Any]:
    """Fresh lessons and people on the running server."""
    if broker.process is None:
        broker.start()
    if server.process is None:
        server.start()
    return scenes.pop()


@pytest.fixture
def watch(server: LiveServer) -> Iterator[Callable[..., Stream]]:
    """Open streams that are closed at the end."""
    streams: list[Stream] = []

    def open_stream(lesson: str, **how: Any) -> Stream:
        streams.append(Stream(server, lesson, **how))
        return streams[-1]

    yield open_stream
    for stream in streams:
        stream.close()


@servers
@pytest.mark.xdist_group("live danmaku")
class TestStream:
    def test_what_one_sends_reaches_the_others_before_any_heartbeat(
        self, server: LiveServer, made: dict[str, Any], watch: Callable[..., Stream]
    ) -> None:
        first, second = watch(made["lesson"]), watch(made["lesson"])
        for text, token in zip(("你好", "再见"), made["students"], strict=False):
            before = [len(stream.names) for stream in (first, second)]
            sent = server.send(made["lesson"], text, token=token)
            for stream in (first, second):
                stream.wait_for_text(text)
                told = next(event for event in stream.events if event.id == sent["cursor"])
                assert told.data == [{k: v for k, v in sent.items() if k not in {"seq", "cursor"}}]
            fresh = [stream.names[count:] for stream, count in zip((first, second), before, strict=True)]
            if fresh == [["danmaku"], ["danmaku"]]:
                return
        # A heartbeat may fall on any moment, but not on two of them within fifteen seconds.
        pytest.fail(f"danmaku came with the heartbeat, twice: {fresh}")

    def test_the_answer_is_an_event_stream_that_proxies_leave_alone(
        self, made: dict[str, Any], watch: Callable[..., Stream]
    ) -> None:
        headers = watch(made["lesson"]).response.headers
        assert headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert "no-store" in headers["Cache-Control"]
        assert headers["X-Accel-Buffering"] == "no"
        assert headers["Content-Length"] is None

    def test_a_segment_and_the_stream_from_its_cursor_join_without_a_gap(
        self, server: LiveServer, made: dict[str, Any], watch: Callable[..., Stream]
    ) -> None:
        lesson, (token, *others) = made["lesson"], made["students"]
        server.send(lesson, "in the segment", token=token)
        segment = server.call("GET", f"/api/v1/videos/{lesson}/danmaku/segments/0")[1]
        server.send(lesson, "between", token=token)
        stream = watch(lesson, cursor=segment["cursor"])
        server.send(lesson, "live", token=others[0])
        stream.wait_for_text("live")
        assert [item["text"] for item in segment["items"]] == ["in the segment"]
        assert stream.texts == ["between", "live"]

    def test_a_browser_that_comes_back_goes_on_where_it_was(
        self, server: LiveServer, made: dict[str, Any], watch: Callable[..., Stream]
    ) -> None:
        lesson, token = made["lesson"], made["students"][0]
        before = watch(lesson, cursor="0")
        server.send(lesson, "one", token=token)
        before.wait_for_text("one")
        before.close()
        for text in ("two", "three"):
            server.send(lesson, text, token=token)
        after = watch(lesson, cursor="0", last_event_id=before.last_id)
        after.wait_for_text("three")
        assert after.texts == ["two", "three"]

    def test_one_that_is_taken_back_resets_the_others(
        self, server: LiveServer, made: dict[str, Any], watch: Callable[..., Stream]
    ) -> None:
        lesson, token = made["lesson"], made["students"][0]
        stream = watch(lesson)
        sent = server.send(lesson, "oops", token=token)
        stream.wait_for_text("oops")
        assert server.call("DELETE", f"/api/v1/videos/{lesson}/danmaku/{sent['id']}", token=token)[0] == 204
        stream.wait_for(lambda: stream.news == ["danmaku", "reset"], "no reset came")
        server.send(lesson, "better", token=token)
        stream.wait_for_text("better")

    def test_many_who_send_at_once_are_heard_once_and_in_the_order_of_their_numbers(
        self, server: LiveServer, made: dict[str, Any], watch: Callable[..., Stream]
    ) -> None:
        stream = watch(made["lesson"])
        jobs = [(f"{n}-{i}", token, f"{n}-{i}") for n, token in enumerate(made["students"]) for i in range(3)]
        with ThreadPoolExecutor(8) as pool:
            sent = list(pool.map(lambda job: server.send(made["lesson"], job[0], token=job[1], key=job[2]), jobs * 2))
        numbers = {item["text"]: item["seq"] for item in sent}
        assert len({item["id"] for item in sent}) == len(jobs), "an Idempotency-Key was not kept"
        assert sorted(numbers.values()) == list(range(1, len(jobs) + 1))
        stream.wait_for(lambda: len(stream.texts) >= len(jobs), "some did not arrive")
        assert stream.texts == sorted(numbers, key=lambda text: numbers[text])

    def test_a_broker_that_is_killed_and_comes_back_loses_nothing(
        self, server: LiveServer, broker: ValkeyServer, made: dict[str, Any], watch: Callable[..., Stream]
    ) -> None:
        lesson, tokens = made["lesson"], made["students"]
        stream = watch(lesson)
        server.send(lesson, "before", token=tokens[0])
        stream.wait_for_text("before")
        broker.kill()
        server.send(lesson, "without a broker", token=tokens[1])
        stream.wait_for_text("without a broker")
        broker.start()
        server.send(lesson, "after", token=tokens[2])
        stream.wait_for_text("after")
        assert stream.texts == ["before", "without a broker", "after"]
        assert "reset" not in stream.names

    def test_a_hidden_lesson_is_streamed_to_its_owner_only(
        self, server: LiveServer, made: dict[str, Any], watch: Callable[..., Stream]
    ) -> None:
        path = f"/api/v1/videos/{made['hidden']}/danmaku/live"
        status, problem = server.call("GET", path, token=made["students"][0])
        assert (status, problem["status"], problem["type"]) == (404, 404, "/problems/not-found")
        assert server.call("GET", path, token="wrong")[0] == 401
        stream = watch(made["hidden"], token=made["hidden_owner"])
        server.send(made["hidden"], "just us", token=made["hidden_owner"])
        stream.wait_for_text("just us")

    def test_a_cursor_of_nobody_is_refused_or_reset(
        self, server: LiveServer, made: dict[str, Any], watch: Callable[..., Stream]
    ) -> None:
        for cursor in ("x", "-1", "1.5", "٣", "9" * 30):
            path = f"/api/v1/videos/{made['lesson']}/danmaku/live"
            status, problem = server.call("GET", path, headers={"Last-Event-ID": cursor.encode().decode("latin-1")})
            assert (status, problem["errors"][0]["field"]) == (422, "cursor")
        stream = watch(made["lesson"], cursor="99")
        stream.wait_for(lambda: stream.news == ["reset"], "no reset came")

    def test_the_headers_can_be_had_alone(self, server: LiveServer, made: dict[str, Any]) -> None:
        assert server.call("HEAD", f"/api/v1/videos/{made['lesson']}/danmaku/live")[0] == 200

    @pytest.mark.slow
    def test_a_viewer_who_takes_nothing_gets_a_reset_later_and_delays_nobody(
        self, server: LiveServer, broker: ValkeyServer, made: dict[str, Any], watch: Callable[..., Stream]
    ) -> None:
        """Every danmaku is in the database, as always, but large in its message, so that the buffers fill."""
        n, pk = QUEUED_FRAMES + 15, made["lesson_pk"]
        stuck, quick = watch(made["lesson"], reads=False), watch(made["lesson"])
        server.send(made["lesson"], "first", token=made["students"][0])
        quick.wait_for_text("first")
        client, padding = broker.client(), "x" * 1_000_000
        for seq in range(2, n + 2):
            with closing(sqlite3.connect(server.folder / "eduvideo.sqlite3", timeout=20)) as database, database:
                database.execute(COPY_OF_FIRST, {"id": f"copy-{seq}", "seq": seq, "video": pk})
                database.execute("UPDATE danmaku_danmakucounter SET last_seq = ? WHERE video_id = ?", (seq, pk))
            client.publish(f"{PREFIX}{pk}", f"{seq} {json.dumps({'text': str(seq), 'padding': padding})}")
            quick.wait_for_text(str(seq))
        client.close()
        assert quick.texts == ["first", *(str(seq) for seq in range(2, n + 2))]
        stuck.read_from_now_on()
        stuck.wait_for(lambda: "reset" in stuck.names, "no reset came")
        assert len(stuck.texts) < n
        server.send(made["lesson"], "last", token=made["students"][0])
        stuck.wait_for_text("last")
        assert "reset" not in quick.names

    def test_open_streams_end_at_once_when_the_server_is_asked_to_stop(
        self, server: LiveServer, made: dict[str, Any], watch: Callable[..., Stream]
    ) -> None:
        streams = [watch(made["lesson"]) for _ in range(5)]
        code = server.stop(within_s=30)  # it would wait for open streams for 60 s
        for stream in streams:
            assert stream.has_ended.wait(5)
        assert code in {0, -15}
        log = (server.folder / "web.log").read_text(encoding="utf-8")
        assert "Traceback" not in log
        assert "ERROR" not in log


class TestAccessOfOpenStreams:
    """In this process, with the database's answers given by the test, so that a minute can pass at once."""

    @pytest.fixture
    def allowed(self, monkeypatch: pytest.MonkeyPatch) -> set[str]:
        """Who may watch: "anyone", "person" or nobody."""
        allowed = {"anyone", "person"}

        async def person(*args: Any, **kwargs: Any) -> str:
            return "person"

        def may_watch(who: object, video_id: str, playback: str = "") -> bool:
            return ("person" if who == "person" else "anyone") in allowed

        monkeypatch.setattr(asgi, "RECHECK_S", 0.01)
        monkeypatch.setattr(asgi, "viewer_of", person)
        monkeypatch.setattr(asgi, "_admit", lambda who, video_id, playback: (1, 0))
        monkeypatch.setattr(asgi, "_may_watch", may_watch)
        monkeypatch.setattr(asgi.queries, "news", lambda video_pk, after, until=None: News(after))
        return allowed

    def ends(self, change: Callable[[], None]) -> bool:
        """Open a stream, make the change, and tell whether the stream ends by itself within some checks."""

        async def scenario() -> bool:
            sent: list[dict[str, Any]] = []
            gone = asyncio.Event()

            async def receive() -> dict[str, Any]:
                await gone.wait()
                return {"type": "http.disconnect"}

            async def send(message: Any) -> None:
                sent.append(message)

            await asgi.startup()
            try:
                scope = {
                    "type": "http",
                    "method": "GET",
                    "path": "/",
                    "headers": [],
                    "query_string": b"",
                    "path_params": {"video_id": "x"},
                }
                response = await asgi.live(Request(scope))
                stream = asyncio.create_task(response(scope, receive, send))
                await asyncio.sleep(0.05)
                assert not stream.done()
                change()
                await asyncio.wait({stream}, timeout=0.5)
                has_ended = stream.done()
                gone.set()
                await asyncio.wait_for(stream, 10)
            finally:
                await asgi.shutdown()
            assert sent[0]["type"] == "http.response.start"
            assert has_ended == (sent[-1].get("more_body") is False)
            return has_ended

        return asyncio.run(scenario())

    def test_it_is_asked_often_enough_to_end_within_a_minute(self) -> None:
        assert 2 * RECHECK_S < 60  # the answer for everyone counts from one check to the next

    def test_it_goes_on_while_the_lesson_is_open(self, allowed: set[str]) -> None:
        assert not self.ends(lambda: None)

    def test_it_goes_on_for_one_who_may_watch_what_others_may_not(self, allowed: set[str]) -> None:
        assert not self.ends(lambda: allowed.discard("anyone"))

    def test_it_ends_when_the_right_to_watch_has_gone(self, allowed: set[str]) -> None:
        assert self.ends(allowed.clear)


def test_nobody_is_let_in_before_the_start_or_after_the_end() -> None:
    from eduvideo.core.errors import UnavailableError

    with pytest.raises(UnavailableError):
        asyncio.run(asgi.live(Request({"type": "http"})))

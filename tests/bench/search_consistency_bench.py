"""Search beside the database: questions and edits while the index is built anew, and Elasticsearch cut off under edits.

The relay and the rebuild are processes of their own, as in production; edits go through the services.
"""

import io
import logging
import os
import random
import signal
import statistics
import string
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.db import connection, transaction

from eduvideo.catalog import services as catalog
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.core import clock
from eduvideo.core.errors import UnavailableError
from eduvideo.core.events import emit
from eduvideo.core.models import OutboxEvent
from eduvideo.discovery import services
from eduvideo.discovery.engine import search_engine
from eduvideo.discovery.queries import Question, search_videos
from eduvideo.media.events import AssetReady
from eduvideo.media.models import Asset, AssetState
from search.errors import SearchError
from search.query import Query
from tests.bench.rows import Row
from tests.environment import free_port
from tests.factories.danmaku import a_person
from tests.servers.elasticsearch import HOME, ElasticsearchServer
from tests.servers.valkey import ValkeyServer
from tests.waiting import wait_until

REBUILT, CUT_OFF = 5_000, 2_000  # lessons
PER_S, ASKING = 20, 4  # questions and edits in a second; threads that ask
QUIET_S = 20
WARMING = 30  # edits and questions before any is measured: both processes and the server load what they need
WATCHED = 4  # every fourth edit is looked for until it is found
WRITES, DELETED = 1_000, 300
BEFORE = 200  # writes before the server is away
AWAY_S = 30  # at least
FINDABLE_S, EQUAL_S = 1.0, 60.0  # the bars
MANAGE = (sys.executable, "-m", "eduvideo.config.manage")
SAID = 1_000  # words, as frequent as in a language: that of rank r in proportion to 1 / r
_FREQUENCIES = list(accumulate(1 / rank for rank in range(1, SAID + 1)))
_LETTERS = random.Random(4)
_VOCABULARY = ["".join(_LETTERS.choices(string.ascii_lowercase, k=7)) for _ in range(SAID)]


def run() -> list[Row]:
    """Return the figures of both engines; those of Elasticsearch only where it is laid out."""
    broker = ValkeyServer(port=urlsplit(os.environ["EDUVIDEO_BROKER_URL"]).port or 0)
    broker.start()
    call_command("migrate", verbosity=0, stdout=io.StringIO())
    try:
        with tempfile.TemporaryDirectory() as folder:
            rows = _while_built_anew("SQLite", folder)
        return rows + (_on_a_server() if (HOME / "ready").exists() else [])
    finally:
        broker.remove()


def _on_a_server() -> list[Row]:
    server = ElasticsearchServer(port=free_port())
    try:
        server.start()
        rows = _while_built_anew("Elasticsearch", server.place())
        rows += _cut_off("killed", server, away=server.kill, back=server.start)
        rows += _cut_off("stalled", server, away=_signal(server, signal.SIGSTOP), back=_signal(server, signal.SIGCONT))
    finally:
        server.remove()
    return rows


def _signal(server: ElasticsearchServer, how: signal.Signals) -> Callable[[], None]:
    def send() -> None:
        assert server.process
        server.process.send_signal(how)

    return send


# -- While the index is built anew -----------------------------------------------------------------------------------


def _while_built_anew(engine: str, place: str) -> list[Row]:
    """Ask and edit for some seconds, and then from the first moment of a rebuild to its last."""
    _open(place)
    lessons = _some_lessons(REBUILT)
    services.reindex()
    with _relay(place):
        quiet = _used(lessons, lambda: _as_long_as(QUIET_S))
        building = _used(lessons, lambda: _build_anew(place))
        _wait_for_the_relay()
        left = _differences()
    _forget_lessons()
    name = f"{engine}, rebuild of {REBUILT:,} lessons"
    failed = [use.asked.failed + use.edited.failed for use in (quiet, building)]
    return [
        *_until_found(f"{engine}, an edit is found", quiet, limit=FINDABLE_S),
        Row(f"{name}: length", building.took_s, "s"),
        Row(f"{name}: questions", building.asked.done / building.took_s, "/s", limit=0.9 * PER_S, is_least=True),
        Row(f"{name}: edits", building.edited.done / building.took_s, "/s", limit=0.9 * PER_S, is_least=True),
        *_until_found(f"{name}: an edit is found", building, limit=None),
        Row(f"{name}: questions and edits that failed", sum(failed), "", limit=0),
        Row(f"{name}: entries that differ afterwards", left, "", limit=0),
    ]


def _as_long_as(seconds: float) -> None:
    threading.Event().wait(seconds)


def _build_anew(place: str) -> None:
    subprocess.run([*MANAGE, "search_reindex"], env=_environment(place), check=True, capture_output=True)


def _used(lessons: list[Video], meanwhile: Callable[[], None]) -> "Use":
    """Let people ask and edit while something happens, and wait until their edits are found."""
    use = Use()
    began = time.monotonic()
    with _looping(lambda _: use.look(), every_s=0.02):
        with ExitStack() as people:
            for _ in range(ASKING):
                people.enter_context(_steadily(use.asked, PER_S / ASKING, _ask))
            people.enter_context(_steadily(use.edited, PER_S, lambda number: _edit(lessons, number, use)))
            meanwhile()
            use.took_s = time.monotonic() - began
        wait_until(lambda: not use.sought, timeout_s=60, message="edits are not found")
    return use


def _until_found(name: str, use: "Use", *, limit: float | None) -> list[Row]:
    delays = sorted(use.delays)
    return [
        Row(f"{name} after, median", statistics.median(delays), "s"),
        Row(f"{name} after, p95", statistics.quantiles(delays, n=20)[-1], "s", limit=limit),
        Row(f"{name} after, longest", delays[-1], "s"),
    ]


class Tally:
    """What was done at a steady pace."""

    def __init__(self) -> None:
        self.done = self.failed = 0


class Use:
    """What people did in a while; `sought` are edits by a word that only they have, `delays` of those that were found."""

    def __init__(self) -> None:
        self.asked, self.edited = Tally(), Tally()
        self.took_s = 0.0
        self.sought: dict[str, tuple[str, float]] = {}
        self.delays: list[float] = []

    def look(self) -> None:
        for word, (public_id, since) in list(self.sought.items()):
            results = search_engine().search(Query(text=word, literal=True, facets=(), limit=5))
            if public_id in [hit.id for hit in results.hits]:
                self.delays.append(time.monotonic() - since)
                del self.sought[word]


@contextmanager
def _steadily(tally: Tally, per_s: float, work: Callable[[int], None]) -> Iterator[None]:
    """Do something so often in a thread of its own, for as long as the block takes."""

    def step(number: int) -> None:
        try:
            work(number)
            tally.done += 1
        except Exception as error:  # each one counts
            tally.failed += 1
            print(f"{type(error).__name__}: {error}", file=sys.stderr)

    with _looping(step, every_s=1 / per_s):
        yield


@contextmanager
def _looping(step: Callable[[int], None], *, every_s: float) -> Iterator[None]:
    stop = threading.Event()

    def loop() -> None:
        began, number = time.monotonic(), 0
        while not stop.wait(max(0.0, began + number * every_s - time.monotonic())):
            step(number)
            number += 1
        connection.close()

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _ask(number: int) -> None:
    chance = random.Random(number)
    words = f"{_said(chance, 1)} {_said(chance, 1)}"
    if not search_videos(AnonymousUser(), Question(words)).items:
        raise LookupError(f"nothing was found for {words}")


def _edit(lessons: list[Video], number: int, use: Use) -> None:
    video = random.choice(lessons)
    word = _a_new_word()
    catalog.update_video(video, by=video.owner, changes=catalog.VideoChanges(title=f"Waves {word}"))
    if number % WATCHED == 0:
        use.sought[word] = (video.public_id, time.monotonic())


# -- While Elasticsearch is away -------------------------------------------------------------------------------------


def _cut_off(how: str, server: ElasticsearchServer, *, away: Callable[[], None], back: Callable[[], None]) -> list[Row]:
    """Edit and delete while the server is away, and measure from the moment when it answers again."""
    logging.getLogger("eduvideo.discovery.queries").disabled = True  # it would say in each answer what we know
    place = server.place()
    _open(place)
    lessons = _some_lessons(CUT_OFF)
    words = {video.public_id: video.title.split()[-1] for video in lessons[:DELETED]}
    services.reindex()
    deleted: set[str] = set()
    seen: list[str] = []
    failed = 0
    with _relay(place), _looping(lambda number: _look_for_deleted(words, deleted, seen, number), every_s=0.05):
        for number in range(WRITES):
            if number == BEFORE:
                away()
                began, since = time.monotonic(), clock.now()
            try:
                _write(lessons, number, deleted)
            except Exception as error:  # each one counts
                failed += 1
                print(f"{type(error).__name__}: {error}", file=sys.stderr)
        asset_id = lessons[-1].asset_id
        while time.monotonic() - began < AWAY_S:
            with transaction.atomic():
                emit(AssetReady(asset_id=asset_id))
            _as_long_as(0.5)
        until = clock.now()
        back()
        returned = time.monotonic()
        wait_until(_is_equal, timeout_s=2 * EQUAL_S, message="the index stays another", every_s=0.25)
        equal_s = time.monotonic() - returned
        others_s = _longest_wait("media.", since, until)
    totals = sum(search_videos(AnonymousUser(), Question(words[public_id])).total for public_id in deleted)
    given_up = OutboxEvent.objects.filter(dead_at__isnull=False).count()
    _forget_lessons()
    name = f"Elasticsearch {how} under {WRITES:,} writes"
    return [
        Row(f"{name}: writes that failed", failed, "", limit=0),
        Row(f"{name}: from its return to no difference", equal_s, "s", limit=EQUAL_S),
        Row(f"{name}: deleted lessons in answers", len(seen) + totals, "", limit=0),
        Row(f"{name}: events given up", given_up, "", limit=0),
        Row(f"{name}: longest wait of other events meanwhile", others_s, "s"),
    ]


def _write(lessons: list[Video], number: int, deleted: set[str]) -> None:
    """Delete of ten lessons three, and edit the others and those that stay."""
    if number % 10 < 10 * DELETED // WRITES:
        video = lessons[len(deleted)]
        public_id = video.public_id
        catalog.delete_video(video, by=video.owner)
        deleted.add(public_id)
    else:
        video = lessons[DELETED + number % (CUT_OFF - DELETED)]
        catalog.update_video(video, by=video.owner, changes=catalog.VideoChanges(title=f"Waves {_a_new_word()}"))


def _look_for_deleted(words: dict[str, str], deleted: set[str], seen: list[str], number: int) -> None:
    """Ask for a deleted lesson by a word that only it had; away is away, and no answer."""
    gone = sorted(deleted)  # before the question is asked
    if not gone:
        return
    public_id = gone[number % len(gone)]
    try:
        page = search_videos(AnonymousUser(), Question(words[public_id]))
    except UnavailableError:
        return
    seen += [item.video.public_id for item in page.items if item.video.public_id in gone]


def _is_equal() -> bool:
    try:
        return not _waiting() and not services.difference()
    except SearchError:
        return False


def _longest_wait(prefix: str, since: datetime, until: datetime) -> float:
    rows = OutboxEvent.objects.filter(name__startswith=prefix, created_at__range=(since, until))
    waits = [(done or clock.now()) - created for created, done in rows.values_list("created_at", "done_at")]
    return max(waits, default=timedelta()).total_seconds()


# -- Lessons, the relay, the difference ------------------------------------------------------------------------------


def _open(place: str) -> None:
    """Point this process to another index."""
    if search_engine.cache_info().currsize:
        search_engine().close()
    search_engine.cache_clear()
    settings.EDUVIDEO = settings.EDUVIDEO.model_copy(update={"search_url": place})


def _environment(place: str) -> dict[str, str]:
    return {**os.environ, "EDUVIDEO_SEARCH_URL": place}


def _some_lessons(count: int) -> list[Video]:
    """Make published lessons; each has a word in its title that no other has."""
    chance, owner = random.Random(3), a_person()
    assets = Asset.objects.bulk_create(
        Asset(state=AssetState.READY, duration_ms=60_000, is_public=True, language="en") for _ in range(count)
    )
    return Video.objects.bulk_create(
        Video(
            owner=owner, asset=asset, title=f"Waves {_a_new_word()}", description=_said(chance, 120),
            subject=chance.choice(["physics", "mathematics", "biology"]), grade=str(chance.randint(1, 12)),
            language="en", state=VideoState.PUBLISHED, visibility=Visibility.PUBLIC, published_at=clock.now(),
        )
        for asset in assets
    )  # fmt: skip


def _forget_lessons() -> None:
    Video.objects.all().delete()
    Asset.objects.all().delete()
    OutboxEvent.objects.all().delete()


def _said(chance: random.Random, count: int) -> str:
    """Return so many words, drawn anew for each text."""
    ranks = chance.choices(range(SAID), cum_weights=_FREQUENCIES, k=count)
    return " ".join(_VOCABULARY[rank] for rank in ranks)


def _a_new_word() -> str:
    return "".join(random.choices(string.ascii_lowercase, k=14))


@contextmanager
def _relay(place: str) -> Iterator[None]:
    log = Path(os.environ["EDUVIDEO_DATA"], "relay.log")
    with log.open("wb") as output:
        process = subprocess.Popen([*MANAGE, "relay_events"], env=_environment(place), stdout=output, stderr=output)
    try:
        for video in Video.objects.all()[:WARMING]:
            catalog.touch_video(video)
            _wait_for_the_relay()
            _ask(video.pk)
        yield
    except AssertionError:
        print(log.read_text(encoding="utf-8"), file=sys.stderr)
        raise
    finally:
        process.terminate()
        process.wait()


def _wait_for_the_relay() -> None:
    wait_until(lambda: not _waiting(), timeout_s=60, message="events are not delivered")


def _waiting() -> int:
    return OutboxEvent.objects.filter(done_at=None).count()


def _differences() -> int:
    found = services.difference()
    return len(found.missing) + len(found.stale) + len(found.orphaned)

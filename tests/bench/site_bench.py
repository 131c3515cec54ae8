"""Pages: bytes of script and style by gzip -9, and queries and CPU of the busiest pages with forty lessons.

One of them is watched in a playlist and has all that a lesson can have: an hour of captions in two languages, chapters, a
guide with figures and formulas, answered questions, comments, likes, notes.
"""

import gzip
import io
import json
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import wraps
from http import HTTPStatus
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, ParamSpec, TypeVar
from unittest.mock import patch
from urllib.parse import urlsplit

from django.core.management import call_command
from django.db import connection
from django.db.backends.sqlite3.base import SQLiteCursorWrapper
from django.template.base import Template
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.bench.rows import Row
from tests.servers.valkey import ValkeyServer

if TYPE_CHECKING:
    from eduvideo.accounts.models import User
    from eduvideo.catalog.models import Video

DIST = Path(__file__).parents[2] / "eduvideo" / "site" / "static" / "dist"
BUDGETS_KB = {
    "list pages": 25.0,
    "watch page before the player": 40.0,
    "watch page with the player": 190.0,
    "embed": 190.0,
    "studio": 90.0,
}
MOST_QUERIES, MOST_CPU_MS = 8, 10
LESSONS, WARM, ROUNDS = 40, 3, 30
PLAYLIST, HOUR_MS = 20, 3_600_000
P, T = ParamSpec("P"), TypeVar("T")


def run() -> list[Row]:
    """Return the bytes and costs of our pages."""
    broker = ValkeyServer(port=urlsplit(os.environ["EDUVIDEO_BROKER_URL"]).port or 0)
    broker.start()
    try:
        return [*_bytes(), *_pages()]
    finally:
        broker.remove()


def _bytes() -> list[Row]:
    manifest = json.loads((DIST / "manifest.json").read_text(encoding="utf-8"))
    site, watch = _files(manifest, "src/entries/site.ts"), _files(manifest, "src/entries/watch.ts")
    player = _files(manifest, "src/player/engine.ts")
    studio, embed = _files(manifest, "src/entries/studio.ts"), _files(manifest, "src/entries/embed.ts")
    parts = (site, site | watch, site | watch | player, embed | player, site | studio)
    sets = dict(zip(BUDGETS_KB, parts, strict=True))
    rows = []
    for name, files in sets.items():
        size_kb = sum(len(gzip.compress((DIST / file).read_bytes(), 9)) for file in files) / 1000
        rows.append(
            Row(f"JS + CSS of {name}", size_kb, "kB gz", BUDGETS_KB[name], "budget", size_kb / BUDGETS_KB[name], 1)
        )
    return rows


def _files(manifest: dict[str, dict[str, object]], name: str) -> set[str]:
    entry = manifest[name]
    found = {str(entry["file"]), *(str(path) for path in entry.get("css", []))}  # type: ignore[attr-defined]
    for imported in entry.get("imports", []):  # type: ignore[attr-defined]
        found |= _files(manifest, str(imported))
    return found


class Stopwatch:
    """Adds up the CPU that calls take; a call within another counts once."""

    def __init__(self) -> None:
        self.total_s = 0.0
        self.depth = 0

    def around(self, function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def timed(*args: P.args, **kwargs: P.kwargs) -> T:
            self.depth += 1
            began = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                self.depth -= 1
                if not self.depth:
                    self.total_s += time.process_time() - began

        return timed


def _pages() -> list[Row]:
    from eduvideo.accounts.models import Role
    from eduvideo.catalog.services import touch_video
    from eduvideo.core.relay import relay_due_events
    from eduvideo.study.services import save_progress
    from tests.factories.catalog import a_video
    from tests.factories.danmaku import a_person

    call_command("migrate", verbosity=0, stdout=io.StringIO())
    videos = [
        a_video(title=f"Fractions {number}", subject=("mathematics", "physics", "biology")[number % 3])
        for number in range(LESSONS)
    ]
    person = a_person(Role.STUDENT)
    for video in videos:
        touch_video(video)
        save_progress(video, user=person, position_ms=30_000)
    relay_due_events()
    signed_in = Client(SERVER_NAME="127.0.0.1")  # an allowed host: the test environment would time its own signals
    signed_in.force_login(person)
    paths = {
        "home": "/",
        "watch": f"/watch/{videos[-1].public_id}",
        "watch, with everything": _with_everything(videos[:PLAYLIST], person),
        "search": "/search?q=fractions",
    }
    clients = {"": Client(SERVER_NAME="127.0.0.1"), ", signed in": signed_in}
    return [
        row
        for name, path in paths.items()
        for who, client in clients.items()
        for row in _costs(f"{name}{who}", client, path)
    ]


def _with_everything(videos: "list[Video]", person: "User") -> str:
    """Give the first of some lessons all that one can have, and return its address in a playlist of them."""
    from eduvideo.catalog.services import NewChapter, set_chapters
    from eduvideo.community.comments import post_comment
    from eduvideo.community.reactions import follow_creator, like_video
    from eduvideo.core.ids import new_public_id
    from eduvideo.danmaku.services import post_danmaku
    from eduvideo.media.captioning import put_captions
    from eduvideo.media.captions import Cue, webvtt
    from eduvideo.media.models import Asset
    from eduvideo.study.notes import NoteContent, add_note
    from eduvideo.study.services import set_study_guide
    from tests.factories.catalog import a_playlist

    video = videos[0]
    Asset.objects.filter(pk=video.asset_id).update(duration_ms=HOUR_MS)
    video.asset.refresh_from_db()
    cues = [Cue(at_ms, at_ms + 3_000, f"Now we divide by {at_ms}") for at_ms in range(0, HOUR_MS, 4_000)]
    for language in ("en", "zh-Hans"):
        put_captions(video.asset, language=language, text=webvtt(cues))
    set_chapters(video, [NewChapter(at_ms, f"Step {at_ms}") for at_ms in range(0, HOUR_MS, 300_000)])
    figure = f"![A half](/figures/{new_public_id()}-640x360.webp)"
    set_study_guide(video, markdown=f"# Key\n\nSee [1:00]: $a/b = c$.\n\n{figure}\n\n" * 20)
    asked = post_danmaku(video, author=person, position_ms=45_000, text="why", kind="question")
    post_danmaku(video, author=video.owner, position_ms=1, text="so", kind="answer", reply_to=asked.public_id)
    post_comment(video, author=person, text="Good")
    like_video(video, by=person)
    follow_creator(video.owner, by=person)
    add_note(video, NoteContent("Mine", 1_000), user=person, public_id=new_public_id())
    playlists = [a_playlist(*videos, owner=video.owner) for _ in range(3)]
    return f"/watch/{video.public_id}?list={playlists[0].public_id}"


def _costs(name: str, client: Client, path: str) -> list[Row]:
    """Measure one page. What SQLite and the index take in our process is theirs; all else is our own."""
    from eduvideo.discovery.engine import search_engine

    for _ in range(WARM):
        answer = client.get(path)
        if answer.status_code != HTTPStatus.OK:
            raise RuntimeError(f"{path} answered {answer.status_code}")
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    count = len(queries)  # now: the next request forgets them
    database, index, templates = watches = Stopwatch(), Stopwatch(), Stopwatch()
    rounds = []
    with ExitStack() as stack:
        for method in ("execute", "fetchone", "fetchmany", "fetchall"):
            stack.enter_context(_patched(SQLiteCursorWrapper, method, database))
        for method in ("search", "suggest"):
            stack.enter_context(_patched(type(search_engine()), method, index))
        stack.enter_context(_patched(Template, "render", templates))
        for _ in range(ROUNDS):
            before = [watch.total_s for watch in watches]
            began = time.process_time()
            client.get(path)
            total_s = time.process_time() - began
            parts = [watch.total_s - was for watch, was in zip(watches, before, strict=True)]
            rounds.append((total_s - parts[0] - parts[1], *parts))
    # The median: what else runs on the machine makes some rounds dearer.
    own_ms, database_ms, index_ms, templates_ms = (median(values) * 1000 for values in zip(*rounds, strict=True))
    return [
        Row(f"{name}: queries", count, "", MOST_QUERIES, "budget", count / MOST_QUERIES, 1),
        Row(f"{name}: our own CPU", own_ms, "ms", MOST_CPU_MS, "budget", own_ms / MOST_CPU_MS, 1),
        Row(f"{name}: of it templates, with the queries they cause", templates_ms, "ms"),
        Row(f"{name}: CPU of the database", database_ms, "ms"),
        Row(f"{name}: CPU of the index", index_ms, "ms"),
    ]


def _patched(owner: type, method: str, watch: Stopwatch) -> AbstractContextManager[object]:
    return patch.object(owner, method, watch.around(getattr(owner, method)))

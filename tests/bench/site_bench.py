"""Pages: bytes of script and style by gzip -9, and queries and CPU of the busiest pages with forty lessons."""

import gzip
import io
import json
import os
import time
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, setup_test_environment

from tests.bench.rows import Row
from tests.servers.valkey import ValkeyServer

DIST = Path(__file__).parents[2] / "eduvideo" / "site" / "static" / "dist"
BUDGETS_KB = {
    "list pages": 25.0,
    "watch page before the player": 40.0,
    "watch page with the player": 190.0,
    "studio": 90.0,
}
LESSONS, ROUNDS = 40, 30


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
    studio = _files(manifest, "src/entries/studio.ts")
    sets = dict(zip(BUDGETS_KB, (site, site | watch, site | watch | player, site | studio), strict=True))
    rows = []
    for name, files in sets.items():
        size_kb = sum(len(gzip.compress((DIST / file).read_bytes(), 9)) for file in files) / 1000
        rows.append(
            Row(f"JS + CSS of {name}", size_kb, "kB gz", BUDGETS_KB[name], "budget", size_kb / BUDGETS_KB[name])
        )
    return rows


def _files(manifest: dict[str, dict[str, object]], name: str) -> set[str]:
    entry = manifest[name]
    found = {str(entry["file"]), *(str(path) for path in entry.get("css", []))}  # type: ignore[attr-defined]
    for imported in entry.get("imports", []):  # type: ignore[attr-defined]
        found |= _files(manifest, str(imported))
    return found


def _pages() -> list[Row]:
    from eduvideo.catalog.services import touch_video
    from eduvideo.core.relay import relay_due_events
    from tests.factories.catalog import a_video

    setup_test_environment()
    call_command("migrate", verbosity=0, stdout=io.StringIO())
    for number in range(LESSONS):
        video = a_video(title=f"Fractions {number}", subject=("mathematics", "physics", "biology")[number % 3])
        touch_video(video)
    relay_due_events()
    rows = []
    for name, path in {"home": "/", "watch": f"/watch/{video.public_id}", "search": "/search?q=fractions"}.items():
        client = Client()
        answer = client.get(path)
        if answer.status_code != HTTPStatus.OK:
            raise RuntimeError(f"{path} answered {answer.status_code}")
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        count = len(queries)
        began = time.process_time()
        for _ in range(ROUNDS):
            client.get(path)
        cost_ms = (time.process_time() - began) * 1000 / ROUNDS
        rows.append(Row(f"{name}: queries", count, "", 8, "budget", count / 8))
        rows.append(Row(f"{name}: CPU with database, index and templates", cost_ms, "ms"))
    return rows

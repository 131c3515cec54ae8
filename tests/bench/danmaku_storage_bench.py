"""A million danmaku on one lesson of two hours: the import, and the CPU of a minute, on SQLite and PostgreSQL."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.rows import Row
from tests.environment import free_port
from tests.servers.postgresql import PostgreSQLServer

ROOT = Path(__file__).parents[2]
ITEMS = 1_000_000
FILE_ITEMS = 100_000  # of one file; ten of them
PER_S, SEGMENT_CPU_MS = 20_000, 20.0
# A minute has 8,300: a third are chants, the others mostly differ.
CODE = """
import gc, json, logging, os, random, time
import django; django.setup()
logging.disable(logging.CRITICAL)  # no broker here, and nobody who watches
from django.core.management import call_command
call_command("migrate", verbosity=0)
from eduvideo.danmaku import queries
from eduvideo.danmaku.services import import_danmaku
from tests.factories.danmaku import a_lesson
lesson, chance = a_lesson(duration_ms=7_200_000), random.Random(1)
def line(n):
    text = chance.choice(["2333", "哈哈哈哈", "666", "懂了", "???"]) if chance.random() < 0.33 else f"这里第{chance.randrange(10**6)}步没听懂"
    return (f'<d p="{chance.random() * 7200:.3f},{chance.choice([1, 1, 1, 4, 5])},25,16777215,1600000000,0,'
            f'{chance.randrange(5000):x},{30000000000000000 + n}">{text}</d>')
def server_cpu_s():
    pids = os.environ.get("SERVER_PID", "") and [p for p in os.listdir("/proc") if p.isdigit() and parent(p) == os.environ["SERVER_PID"]]
    return sum(cpu_s(pid) for pid in pids or [])
def fields(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()
def parent(pid):
    try:
        return fields(pid)[1]
    except OSError:
        return ""
def cpu_s(pid):
    return sum(map(int, fields(pid)[11:13])) / os.sysconf("SC_CLK_TCK")
spent = took = 0.0
for part in range(%d // %d):
    body = "".join(line(part * %d + n) for n in range(%d))
    data = f"<i><chatid>1</chatid>{body}</i>".encode()
    cpu, wall = time.process_time(), time.perf_counter()
    assert import_danmaku(lesson, data).added == %d
    spent, took = spent + time.process_time() - cpu, took + time.perf_counter() - wall
gc.collect(); gc.freeze()  # as the web process does once it is warm
minutes = []
on_server = server_cpu_s()
for n in range(120):
    cpu = time.process_time()
    queries.segment(lesson, n).as_json()
    minutes.append(1000 * (time.process_time() - cpu))
on_server = 1000 * (server_cpu_s() - on_server) / 120
print(json.dumps({"cpu_s": spent, "took_s": took, "most_ms": max(minutes), "half_ms": sorted(minutes)[60], "server_ms": on_server}))
"""


def run() -> list[Row]:
    """Return the figures of both databases."""
    with tempfile.TemporaryDirectory(prefix="eduvideo-bench-") as folder:
        rows = _figures("SQLite", folder, {})
    server = PostgreSQLServer(port=free_port())
    server.start()
    try:
        assert server.process
        with tempfile.TemporaryDirectory(prefix="eduvideo-bench-") as folder:
            place = {"EDUVIDEO_DATABASE_URL": server.create_database("bench"), "SERVER_PID": str(server.process.pid)}
            rows += _figures("PostgreSQL", folder, place)
    finally:
        server.remove()
    return rows


def _figures(database: str, folder: str, place: dict[str, str]) -> list[Row]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EDUVIDEO_")}
    environment = {**kept, "EDUVIDEO_DATA": folder, "DJANGO_SETTINGS_MODULE": "eduvideo.config.settings", **place}
    code = CODE % (ITEMS, FILE_ITEMS, FILE_ITEMS, FILE_ITEMS, FILE_ITEMS)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    name = f"danmaku, a million of one lesson, {database}"
    return [
        Row(f"{name}: import of XML", ITEMS / found["cpu_s"], "per CPU s of ours", limit=PER_S, is_least=True),
        Row(f"{name}: import of XML", ITEMS / found["took_s"], "per s", limit=PER_S, is_least=True),
        Row(f"{name}: a minute of 8,300, half of them", found["half_ms"], "CPU ms", limit=SEGMENT_CPU_MS),
        Row(f"{name}: the dearest minute", found["most_ms"] + found["server_ms"], "CPU ms", limit=SEGMENT_CPU_MS),
    ]

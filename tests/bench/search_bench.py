"""Search: CPU per question on 20,000 made-up lessons, and the quality on sets that others judged."""

import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from search.documents import Cue, Document
from search.engines import SearchEngine, open_engine
from search.query import Query
from tests.bench.rows import Row
from tests.search.test_engines import lines, ndcg, search

FIXTURES = Path(os.environ.get("EDUVIDEO_FIXTURES", Path(__file__).parents[3] / "shared" / "fixtures"))
DOCUMENTS = 20_000
BIGRAM_NDCG = {"topics-en": 0.47, "passages-zh": 0.96}  # a plain bigram index, measured before (research notes)
HAN = "一二三四五六七八九十数学物理化生语文英史地政函图像几何方程力光声电磁热细胞分子原反应运动能量速度时间空间"
WORDS = [
    "light",
    "wave",
    "force",
    "energy",
    "cell",
    "atom",
    "graph",
    "angle",
    "number",
    "fraction",
    "history",
    "river",
    "climate",
    "market",
    "poem",
    "music",
]


def run() -> list[Row]:
    """Return the figures of the embedded engine."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(folder)
        began = time.process_time()
        engine.rebuild(_documents())
        rows = [Row("search: build of 20,000 lessons", time.process_time() - began, "CPU s")]
        rows += _questions(engine)
        engine.close()
    return rows + _quality()


def _questions(engine: SearchEngine) -> list[Row]:
    chance = random.Random(2)
    costs = []
    for _ in range(300):
        text = "".join(chance.sample(HAN, 2)) if chance.random() < 0.5 else " ".join(chance.sample(WORDS, 2))
        began = time.process_time()
        engine.search(Query(text=text, subject=chance.choice([None, "physics"])))
        costs.append((time.process_time() - began) * 1000)
    parts = statistics.quantiles(costs, n=20)
    return [
        Row("search: a question, median", statistics.median(costs), "CPU ms"),
        Row("search: a question, p95", parts[-1], "CPU ms", 25.0, "bar at 100,000", parts[-1] / 25.0),
    ]


def _quality() -> list[Row]:
    rows = []
    for name, baseline in BIGRAM_NDCG.items():
        queries = FIXTURES / "relevance" / f"{name}.queries.jsonl"
        if not queries.exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder, "run.jsonl")
            search("index", "--at", folder, str(queries.with_name(f"{name}.docs.jsonl")))
            search("query", "--at", folder, "--queries", str(queries), "--out", str(out))
            value = ndcg(out, queries) if lines(out) else 0.0
        rows.append(Row(f"search: nDCG@10 {name}", value, "", baseline, "plain bigrams", value / baseline))
    return rows


def _documents() -> Iterator[Document]:
    chance = random.Random(1)
    for number in range(DOCUMENTS):
        cues = tuple(
            Cue(start_ms=second * 5000, end_ms=second * 5000 + 4000, text="".join(chance.choices(HAN, k=12)))
            for second in range(20)
        )
        title = " ".join(chance.sample(WORDS, 3)) if number % 2 else "".join(chance.choices(HAN, k=8))
        yield Document(
            id=str(number), title=title, description=" ".join(chance.choices(WORDS, k=12)), captions=cues,
            subject=chance.choice(["physics", "mathematics", "biology"]), grade=str(chance.randint(1, 12)),
        )  # fmt: skip

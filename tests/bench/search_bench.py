"""Search: CPU per question on 20,000 made-up lessons, the quality on sets that others judged, and what our code costs
beside raw calls of the client of Elasticsearch."""

import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from elasticsearch import Elasticsearch, helpers

from search.documents import Cue, Document
from search.engines import SearchEngine, open_engine
from search.engines.elasticsearch.mapping import MAPPINGS, Json, source_of, stored_version
from search.engines.elasticsearch.requests import results_of, search_request
from search.query import Expression, Query, best_results
from search.results import Results
from tests.bench.rows import Row, compared
from tests.environment import free_port
from tests.search.test___main__ import lines, ndcg, search
from tests.servers.elasticsearch import HOME, ElasticsearchServer

FIXTURES = Path(os.environ.get("EDUVIDEO_FIXTURES", Path(__file__).parents[3] / "shared" / "fixtures"))
DOCUMENTS = 20_000
SERVER_DOCUMENTS = 2_000
QUESTIONS = 200
ROUNDS = 3
Work = Callable[[], object]
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
    """Return the figures of both engines; those of Elasticsearch only where it is laid out."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(folder)
        began = time.process_time()
        engine.rebuild(_documents())
        rows = [Row("search: build of 20,000 lessons", time.process_time() - began, "CPU s")]
        rows += _questions(engine)
        engine.close()
    with tempfile.TemporaryDirectory() as folder:
        quality = _quality(folder)
    rows += [
        compared(f"search: nDCG@10 {name}", value, "", baseline=BIGRAM_NDCG[name], baseline_name="plain bigrams")
        for name, value in quality.items()
    ]
    return rows + (_on_a_server(quality) if (HOME / "ready").exists() else [])


def _questions(engine: SearchEngine) -> list[Row]:
    costs = []
    for query in _queries():
        began = time.process_time()
        engine.search(query)
        costs.append((time.process_time() - began) * 1000)
    parts = statistics.quantiles(costs, n=20)
    return [
        Row("search: a question, median", statistics.median(costs), "CPU ms"),
        Row("search: a question, p95", parts[-1], "CPU ms", 25.0, "bar at 100,000", parts[-1] / 25.0),
    ]


def _quality(place: str) -> dict[str, float]:
    """Return the nDCG@10 of the sets that are there, by name."""
    found = {}
    for name in BIGRAM_NDCG:
        queries = FIXTURES / "relevance" / f"{name}.queries.jsonl"
        if not queries.exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder, "run.jsonl")
            search("index", "--at", place, str(queries.with_name(f"{name}.docs.jsonl")))
            search("query", "--at", place, "--queries", str(queries), "--out", str(out))
            found[name] = ndcg(out, queries) if lines(out) else 0.0
    return found


def _on_a_server(embedded: dict[str, float]) -> list[Row]:
    server = ElasticsearchServer(port=free_port())
    try:
        server.start()
        rows = _writing(server) + _asking(server)
        rows += [
            compared(f"Elasticsearch: nDCG@10 {name}", value, "", baseline=embedded[name], baseline_name="SQLite")
            for name, value in _quality(server.place()).items()
        ]
    finally:
        server.remove()
    return rows


def _writing(server: ElasticsearchServer) -> list[Row]:
    """Build an index by our code and by the client's bulk helper, which gets the same bodies."""
    documents = list(islice(_documents(), SERVER_DOCUMENTS))
    engine = open_engine(f"{server.url}/bench")
    with server.client() as client:
        turn = (lambda: engine.rebuild(documents), lambda: _write_raw(client, documents))
        ours, raw = _in_turns([turn] * ROUNDS)
    engine.close()
    return [
        compared("Elasticsearch: build of 2,000 lessons", value, unit, baseline=base, baseline_name="raw client")
        for value, base, unit in zip(ours, raw, ("CPU s", "s"), strict=True)
    ]


def _write_raw(client: Elasticsearch, documents: list[Document]) -> None:
    client.options(ignore_status=404).indices.delete(index="raw")
    client.indices.create(index="raw", mappings=MAPPINGS, settings={"number_of_replicas": 0, "refresh_interval": "-1"})
    actions = (
        {"_id": document.id, "version": stored_version(document.version), "version_type": "external_gte",
         "_source": source_of(document)}
        for document in documents
    )  # fmt: skip
    helpers.bulk(client, actions, index="raw")
    client.indices.refresh(index="raw")


def _asking(server: ElasticsearchServer) -> list[Row]:
    """Ask by our code, and send the requests that it made once more, as they were."""
    engine = open_engine(f"{server.url}/bench")
    with server.client() as client:
        turns = [
            (partial(engine.search, query), partial(_ask_raw, client, _requests(client, query))) for query in _queries()
        ]
        engine.search(Query(text="light"))
        ours, raw = _in_turns(turns)
    engine.close()
    return [
        compared(
            f"Elasticsearch: a question, {how}", value * 1000, unit, baseline=base * 1000, baseline_name="raw client"
        )
        for value, base, how, unit in zip(ours, raw, ("our process", "took"), ("CPU ms", "ms"), strict=True)
    ]


def _ask_raw(client: Elasticsearch, requests: list[Json]) -> None:
    for request in requests:
        client.search(index="bench", **request)


def _requests(client: Elasticsearch, query: Query) -> list[Json]:
    made: list[Json] = []

    def ask(expression: Expression | None) -> Results:
        made.append(search_request(query, expression))
        return results_of(dict(client.search(index="bench", **made[-1])))

    best_results(query, ask)
    return made


def _in_turns(turns: list[tuple[Work, Work]]) -> tuple[list[float], list[float]]:
    """Do ours and the raw thing in turn, so that both see the same load; return the median CPU s and s of each."""
    costs: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
    for turn in turns:
        for work, spent in zip(turn, costs, strict=True):
            began, began_cpu = time.perf_counter(), time.process_time()
            work()
            spent.append((time.process_time() - began_cpu, time.perf_counter() - began))
    ours, raw = ([statistics.median(column) for column in zip(*spent, strict=True)] for spent in costs)
    return ours, raw


def _queries() -> Iterator[Query]:
    chance = random.Random(2)
    for _ in range(QUESTIONS):
        text = "".join(chance.sample(HAN, 2)) if chance.random() < 0.5 else " ".join(chance.sample(WORDS, 2))
        yield Query(text=text, subject=chance.choice([None, "physics"]))


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

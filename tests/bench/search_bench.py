"""Search: build, size and CPU per question on 100,000 made-up lessons, the quality on sets that others judged, and what our code costs
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
from search.engines.elasticsearch import ElasticsearchEngine
from search.engines.elasticsearch.mapping import MAPPINGS, Json, source_of, stored_version
from search.query import Query
from tests.bench.rows import Row, compared
from tests.environment import free_port
from tests.search.test___main__ import lines, ndcg, search
from tests.servers.elasticsearch import HOME, ElasticsearchServer

FIXTURES = Path(os.environ.get("EDUVIDEO_FIXTURES", Path(__file__).parents[3] / "shared" / "fixtures"))
DOCUMENTS = 100_000
SERVER_DOCUMENTS = 2_000
QUESTIONS = 200
ROUNDS = 3
Work = Callable[[], object]
BIGRAM_NDCG = {"topics-en": 0.47, "passages-zh": 0.96, "crosslang-zh-en": 0.15}  # a plain bigram index, measured before
LEAST_NDCG = {"topics-en": 0.52, "passages-zh": 0.96, "crosslang-zh-en": 0.75}
DOCUMENTS_OF = {"crosslang-zh-en": "passages-en"}
BUILD_CPU_S, SIZE_OF_TEXT, QUESTION_CPU_MS = 90.0, 6.0, 25.0
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
        spent = time.process_time() - began
        rows = [
            Row("search: build of 100,000 lessons", spent, "CPU s", BUILD_CPU_S, "bar", spent / BUILD_CPU_S, 1.0),
            _size(Path(folder)),
            *_questions(engine),
        ]
        engine.close()
    with tempfile.TemporaryDirectory() as folder:
        quality = _quality(folder)
    rows += [
        Row(
            f"search: nDCG@10 {name}",
            value,
            "",
            BIGRAM_NDCG[name],
            "plain bigrams",
            limit=LEAST_NDCG[name],
            is_least=True,
        )
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
        Row("search: a question, p95", parts[-1], "CPU ms", QUESTION_CPU_MS, "bar", parts[-1] / QUESTION_CPU_MS, 1.0),
    ]


def _size(folder: Path) -> Row:
    """Compare the index with the bytes of the texts in it."""
    size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    texts = sum(len(text.encode()) for document in _documents() for text in _texts(document)) / 1e6
    return Row("search: index of 100,000 lessons", size, "MB", texts, "their texts", size / texts, SIZE_OF_TEXT)


def _texts(document: Document) -> list[str]:
    return [document.title, document.description, *(cue.text for cue in document.captions)]


def _quality(place: str) -> dict[str, float]:
    """Return the nDCG@10 of the sets that are there, by name."""
    found = {}
    for name in BIGRAM_NDCG:
        queries = FIXTURES / "relevance" / f"{name}.queries.jsonl"
        if not queries.exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder, "run.jsonl")
            search("index", "--at", place, str(queries.with_name(f"{DOCUMENTS_OF.get(name, name)}.docs.jsonl")))
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
    engine = ElasticsearchEngine(f"{server.url}/bench")
    engine.search(Query(text="light"))
    with server.client() as client:
        turns = [
            (partial(engine.search, query), partial(_ask_raw, client, _requests(engine, query))) for query in _queries()
        ]
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


def _requests(engine: ElasticsearchEngine, query: Query) -> list[Json]:
    """Return the requests that a question makes."""
    made: list[Json] = []

    class Listening(ElasticsearchEngine):
        def _request(self, request: Json) -> Json:
            made.append(request)
            return super()._request(request)

    engine.__class__ = Listening
    engine.search(query)
    engine.__class__ = ElasticsearchEngine
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

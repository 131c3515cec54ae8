"""Search: build, size and CPU per question on 100,000 made-up lessons (lessons.py tells what they are like), the quality
on sets that others judged, and what our code costs beside raw calls of the client of Elasticsearch.

CPU is that of all threads of this process. Each question is asked once, after another one that loads dictionaries:
nothing was read for it before.
"""

import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from elasticsearch import Elasticsearch, helpers

from search.documents import Document
from search.engines import SearchEngine, open_engine
from search.engines.elasticsearch import ElasticsearchEngine
from search.engines.elasticsearch.mapping import MAPPINGS, Json, source_of, stored_version
from search.query import Query
from tests.bench.lessons import FIXTURES, lessons, questions, texts_of
from tests.bench.rows import Row, compared
from tests.environment import free_port
from tests.search.test___main__ import lines, ndcg, search
from tests.servers.elasticsearch import HOME, ElasticsearchServer

DOCUMENTS = 100_000
SERVER_DOCUMENTS = 2_000
QUESTIONS = 20  # of each kind
SERVER_QUESTIONS = 6
ROUNDS = 3
Work = Callable[[], object]
BIGRAM_NDCG = {"topics-en": 0.47, "passages-zh": 0.96, "crosslang-zh-en": 0.15}  # a plain bigram index, measured before
LEAST_NDCG = {"topics-en": 0.52, "passages-zh": 0.96, "crosslang-zh-en": 0.75}
DOCUMENTS_OF = {"crosslang-zh-en": "passages-en"}
BUILD_CPU_S, SIZE_OF_TEXT, QUESTION_CPU_MS = 90.0, 6.0, 25.0
OVERHEAD_CPU_MS = 3.0


def run() -> list[Row]:
    """Return the figures of both engines; those of Elasticsearch only where it is laid out."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(folder)
        supply = Supply(lessons(DOCUMENTS))
        began = time.process_time()
        engine.rebuild(supply)
        spent = time.process_time() - began - supply.spent_s
        rows = [
            Row("search: build of 100,000 lessons", spent, "CPU s", BUILD_CPU_S, "bar", spent / BUILD_CPU_S, 1.0),
            _size(Path(folder), supply.size_bytes / 1e6),
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


class Supply:
    """Lessons, with the CPU that making them took and the bytes of their texts."""

    def __init__(self, made: Iterable[Document]) -> None:
        self._made = iter(made)
        self.spent_s = 0.0
        self.size_bytes = 0

    def __iter__(self) -> Iterator[Document]:
        while True:
            began = time.process_time()
            document = next(self._made, None)
            if document is not None:
                self.size_bytes += sum(len(text.encode()) for text in texts_of(document))
            self.spent_s += time.process_time() - began
            if document is None:
                return
            yield document


def _questions(engine: SearchEngine) -> list[Row]:
    costs: list[float] = []
    by_kind: defaultdict[str, list[float]] = defaultdict(list)
    engine.search(Query(text="light 光"))
    for kind, query in questions(QUESTIONS):
        began = time.process_time()
        engine.search(query)
        costs.append((time.process_time() - began) * 1000)
        by_kind[kind].append(costs[-1])
    p95 = statistics.quantiles(costs, n=20)[-1]
    worst, median = max(((kind, statistics.median(spent)) for kind, spent in by_kind.items()), key=lambda row: row[1])
    return [
        Row("search: a question, median", statistics.median(costs), "CPU ms"),
        Row("search: a question, p95", p95, "CPU ms", QUESTION_CPU_MS, "bar", p95 / QUESTION_CPU_MS, 1.0),
        Row(f"search: {worst}, median, the worst kind", median, "CPU ms"),
    ]


def _size(folder: Path, texts: float) -> Row:
    """Compare the index with the megabytes of the texts in it."""
    size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    return Row("search: index of 100,000 lessons", size, "MB", texts, "their texts", size / texts, SIZE_OF_TEXT)


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
    documents = [*lessons(SERVER_DOCUMENTS)]
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
    """Ask by our code, and send the requests that it made once more, as they were, by the client's plain calls.

    What is left of our CPU is understanding the question, reading the answers, ranking and moments.
    """
    engine = ElasticsearchEngine(f"{server.url}/bench")
    engine.search(Query(text="light 光"))
    with server.client() as client:
        turns: list[tuple[Work, Work]] = [
            (partial(engine.search, query), partial(_ask_raw, client, _requests(engine, query)))
            for _kind, query in questions(SERVER_QUESTIONS)
        ]
        ours, raw = _in_turns(turns)
    engine.close()
    overhead = (ours[0] - raw[0]) * 1000
    return [
        *(
            compared(f"Elasticsearch: a question, {how}", value * 1000, unit, baseline=base * 1000, baseline_name="raw")
            for value, base, how, unit in zip(ours, raw, ("our process", "took"), ("CPU ms", "ms"), strict=True)
        ),
        Row("Elasticsearch: our overhead over the raw request", overhead, "CPU ms", limit=OVERHEAD_CPU_MS),
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

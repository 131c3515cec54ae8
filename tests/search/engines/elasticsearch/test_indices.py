"""Indices come and go behind the alias: nothing is lost, nothing is left over, nobody else's is touched."""

import multiprocessing
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Event

import pytest
from elasticsearch import ConnectionTimeout, Elasticsearch

from search.documents import Document
from search.engines.elasticsearch import ElasticsearchEngine
from search.errors import EngineError
from search.query import Query
from tests.servers.elasticsearch import ElasticsearchServer
from tests.waiting import wait_until

pytestmark = pytest.mark.servers

WAVES = Document(id="waves", title="Waves", version=1)
LIGHT = Document(id="light", title="Light", version=1)


@pytest.fixture
def engine(elasticsearch_place: str) -> Iterator[ElasticsearchEngine]:
    opened = ElasticsearchEngine(elasticsearch_place)
    yield opened
    opened.close()


@pytest.fixture
def name(elasticsearch_place: str) -> str:
    return elasticsearch_place.rpartition("/")[2]


@pytest.fixture
def client(elasticsearch_server: ElasticsearchServer) -> Iterator[Elasticsearch]:
    with elasticsearch_server.client() as opened:
        yield opened


def indices(client: Elasticsearch, name: str) -> dict[str, list[str]]:
    """Return the indices of a place with their aliases."""
    found = client.indices.get_alias(index=f"{name}*")
    return {index: sorted(about["aliases"]) for index, about in found.items()}


def versions(engine: ElasticsearchEngine) -> dict[str, int]:
    return dict(engine.versions())


def test_the_first_use_makes_one_index_however_many_come_at_once(
    elasticsearch_place: str, client: Elasticsearch, name: str
) -> None:
    engines = [ElasticsearchEngine(elasticsearch_place) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda engine: engine.search(Query(text="waves")).total, engines)) == [0] * 8
    for engine in engines:
        engine.close()
    assert list(indices(client, name).values()) == [[name]]


def test_an_index_that_somebody_removed_is_made_anew(
    engine: ElasticsearchEngine, client: Elasticsearch, name: str
) -> None:
    for use in (lambda: engine.search(Query()), lambda: engine.upsert([WAVES]), engine.check):
        engine.upsert([LIGHT])
        client.indices.delete(index=list(indices(client, name)))
        use()
        assert list(indices(client, name).values()) == [[name]]


def test_one_node_is_green_and_replicas_are_a_choice(
    engine: ElasticsearchEngine, client: Elasticsearch, name: str, elasticsearch_server: ElasticsearchServer
) -> None:
    engine.upsert([WAVES])
    assert client.cluster.health(index=name)["status"] == "green"
    other = elasticsearch_server.place()
    chosen = ElasticsearchEngine(f"{other}?replicas=2")
    chosen.upsert([WAVES])
    chosen.close()
    settings = client.indices.get_settings(index=other.rpartition("/")[2])
    assert [about["settings"]["index"]["number_of_replicas"] for about in settings.values()] == ["2"]
    elasticsearch_server.forget(other)


def test_a_rebuild_leaves_one_index(engine: ElasticsearchEngine, client: Elasticsearch, name: str) -> None:
    engine.upsert([WAVES])
    before = list(indices(client, name))
    engine.rebuild([LIGHT])
    after = indices(client, name)
    assert list(after.values()) == [[name]]
    assert list(after) != before


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_rebuild_that_fails_leaves_the_old_index_alone(
    error: type[BaseException], engine: ElasticsearchEngine, client: Elasticsearch, name: str
) -> None:
    engine.upsert([WAVES])
    before = indices(client, name)

    def documents() -> Iterator[Document]:
        yield LIGHT
        raise error

    with pytest.raises(error):
        engine.rebuild(documents())
    assert indices(client, name) == before
    assert versions(engine) == {"waves": 1}


@pytest.mark.parametrize("is_done", [True, False])
def test_a_swap_without_an_answer_never_leaves_search_empty(
    is_done: bool, engine: ElasticsearchEngine, client: Elasticsearch, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.upsert([WAVES])
    calls = type(client.indices)
    swap = calls.update_aliases

    def unanswered(self: object, **asked: object) -> None:
        if is_done:
            swap(self, **asked)  # type: ignore[arg-type]
        raise ConnectionTimeout("Connection timed out")

    with monkeypatch.context() as patched:
        patched.setattr(calls, "update_aliases", unanswered)
        with pytest.raises(EngineError, match="did not answer"):
            engine.rebuild([LIGHT])
    assert versions(engine) == ({"light": 1} if is_done else {"waves": 1})
    engine.rebuild([WAVES, LIGHT])
    assert versions(engine) == {"light": 1, "waves": 1}
    assert list(indices(client, name).values()) == [[name]]


def rebuild_for_ever(place: str, is_started: Event) -> None:
    def documents() -> Iterator[Document]:
        yield LIGHT
        is_started.set()
        threading.Event().wait()

    ElasticsearchEngine(place).rebuild(documents())


def test_what_a_killed_rebuild_left_does_no_harm_and_is_removed_by_the_next(
    elasticsearch_place: str, engine: ElasticsearchEngine, client: Elasticsearch, name: str
) -> None:
    engine.upsert([WAVES])
    context = multiprocessing.get_context("spawn")
    is_started = context.Event()
    killed = context.Process(target=rebuild_for_ever, args=(elasticsearch_place, is_started))
    killed.start()
    assert is_started.wait(60)
    killed.kill()
    killed.join()
    assert len(indices(client, name)) == 2
    assert engine.upsert([LIGHT]) == 1
    assert engine.delete({"waves": 2}) == 1
    assert versions(engine) == {"light": 1}
    engine.rebuild([WAVES])
    assert versions(engine) == {"waves": 1}
    assert list(indices(client, name).values()) == [[name]]


def test_of_two_rebuilds_the_one_that_began_last_wins(
    elasticsearch_place: str, engine: ElasticsearchEngine, client: Elasticsearch, name: str
) -> None:
    second = ElasticsearchEngine(elasticsearch_place)

    def documents() -> Iterator[Document]:
        yield WAVES
        second.rebuild([LIGHT])
        yield WAVES

    with pytest.raises(EngineError, match="Another rebuild") as caught:
        engine.rebuild(documents())
    assert caught.value.retryable
    assert versions(engine) == {"light": 1}
    assert list(indices(client, name).values()) == [[name]]
    second.close()


def test_writes_during_a_rebuild_serve_before_and_after_it(engine: ElasticsearchEngine) -> None:
    old = [Document(id=key, title="Waves", version=1) for key in ("edited", "deleted", "restored")]
    engine.upsert(old)

    def documents() -> Iterator[Document]:
        assert engine.upsert([Document(id="edited", title="Light", version=2), LIGHT]) == 2
        assert engine.delete({"deleted": 1, "restored": 1}) == 2
        assert engine.upsert([Document(id="restored", title="Waves", version=2)]) == 1
        assert versions(engine) == {"edited": 2, "light": 1, "restored": 2}
        yield from old

    engine.rebuild(documents())
    assert versions(engine) == {"edited": 2, "light": 1, "restored": 2}
    assert engine.upsert([Document(id="deleted", title="Waves", version=1)]) == 0


def test_a_write_that_began_before_the_swap_and_ends_after_it_is_not_lost(
    elasticsearch_place: str, engine: ElasticsearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever of its two writes the swap comes before."""
    for swapped_before in (0, 1):
        writer = ElasticsearchEngine(elasticsearch_place)
        is_waiting, is_swapped = threading.Event(), threading.Event()
        send, sent = writer._send, []

        def late(alias: str, *given: object, **named: object) -> int | None:
            if len(sent) == swapped_before:  # noqa: B023 - used within this turn
                is_waiting.set()  # noqa: B023
                assert is_swapped.wait(30)  # noqa: B023
            sent.append(alias)  # noqa: B023
            return send(alias, *given, **named)  # type: ignore[arg-type] # noqa: B023

        monkeypatch.setattr(writer, "_send", late)
        thread = threading.Thread(target=writer.upsert, args=([LIGHT],))

        def documents() -> Iterator[Document]:
            thread.start()  # noqa: B023
            assert is_waiting.wait(30)  # noqa: B023
            yield WAVES

        engine.rebuild(documents())
        is_swapped.set()
        thread.join(30)
        assert len(sent) == 2
        assert versions(engine) == {"light": 1, "waves": 1}
        writer.close()


@pytest.mark.slow
def test_nobody_who_searches_or_writes_notices_rebuilds(elasticsearch_place: str, engine: ElasticsearchEngine) -> None:
    documents = [Document(id=f"w{number}", title=f"Waves {number}") for number in range(300)]
    engine.rebuild(documents)
    is_over = threading.Event()

    def search() -> int:
        reader, asked = ElasticsearchEngine(elasticsearch_place), 0
        while not is_over.is_set():
            assert reader.search(Query(text="waves", limit=20)).total == 300
            assert reader.suggest("waves 2")
            assert sum(1 for _ in reader.versions()) >= 300
            asked += 1
        reader.close()
        return asked

    def write() -> int:
        writer, written = ElasticsearchEngine(elasticsearch_place), 0
        while not is_over.is_set():
            written += writer.upsert([Document(id=f"l{written}", title=f"Light {written}")])
            kept.append(f"l{written - 1}")
        writer.close()
        return written

    kept: list[str] = []

    def all_documents() -> Iterator[Document]:
        """Read as a rebuild reads a database: what was written before is there."""
        yield from documents
        yield from [Document(id=key, title="Light") for key in kept]

    with ThreadPoolExecutor(3) as pool:
        work = [pool.submit(search), pool.submit(search), pool.submit(write)]
        try:
            for _ in range(12):
                engine.rebuild(all_documents())
        finally:
            is_over.set()
        assert all(done.result() > 0 for done in work)
    assert set(versions(engine)) == {*kept, *(document.id for document in documents)}


def test_platforms_whose_names_begin_alike_share_a_cluster(
    elasticsearch_place: str, engine: ElasticsearchEngine, elasticsearch_server: ElasticsearchServer
) -> None:
    others = [f"{elasticsearch_place}-b", f"{elasticsearch_place}_2", f"{elasticsearch_place}x"]
    for place in others:
        other = ElasticsearchEngine(place)
        other.upsert([LIGHT])
        other.close()
    engine.rebuild([WAVES])
    for place in others:
        other = ElasticsearchEngine(place)
        assert versions(other) == {"light": 1}
        other.close()
        elasticsearch_server.forget(place)


def test_somebody_elses_index_of_that_name_is_told(
    engine: ElasticsearchEngine, client: Elasticsearch, name: str
) -> None:
    client.indices.create(index=name)
    with pytest.raises(EngineError, match="made by another program"):
        engine.search(Query(text="waves"))
    with pytest.raises(EngineError, match=r"already exists|exists with the same name"):
        engine.rebuild([WAVES])
    client.indices.delete(index=name)


def test_an_index_of_another_format_asks_for_a_rebuild(
    engine: ElasticsearchEngine, client: Elasticsearch, name: str, elasticsearch_place: str
) -> None:
    old = f"old-{name}"
    client.indices.create(index=old, aliases={name: {}}, mappings={"_meta": {"format": 0}})
    for call in (engine.check, lambda: engine.search(Query(text="waves")), lambda: engine.upsert([WAVES])):
        with pytest.raises(EngineError, match=r"made by another program.*search_reindex"):
            call()
    assert engine.rebuild([WAVES]) == 1
    assert versions(engine) == {"waves": 1}
    assert list(indices(client, name).values()) == [[name]]
    assert indices(client, old) == {old: []}  # not made by us, so not ours to remove
    client.indices.delete(index=old)


def test_an_index_that_is_not_ours_stays(engine: ElasticsearchEngine, client: Elasticsearch, name: str) -> None:
    client.indices.create(index=f"{name}.backup")
    engine.rebuild([WAVES])
    assert f"{name}.backup" in indices(client, name)


class TestBlocks:
    def test_a_full_disk_stops_writes_until_there_is_space(
        self, engine: ElasticsearchEngine, client: Elasticsearch, name: str
    ) -> None:
        """The block is what Elasticsearch sets when the disk is too full, and lifts by itself."""
        engine.upsert([WAVES])
        client.indices.put_settings(index=name, settings={"index.blocks.read_only_allow_delete": True})
        for call in (lambda: engine.upsert([LIGHT]), lambda: engine.delete({"waves": 2}), engine.check):
            with pytest.raises(EngineError, match="too full to write: free space there") as caught:
                call()
            assert caught.value.retryable
        assert engine.search(Query(text="waves")).total == 1
        client.indices.put_settings(index=name, settings={"index.blocks.read_only_allow_delete": None})
        assert engine.upsert([LIGHT]) == 1
        engine.check()

    def test_an_index_set_read_only_is_told(
        self, engine: ElasticsearchEngine, client: Elasticsearch, name: str
    ) -> None:
        engine.upsert([WAVES])
        client.indices.put_settings(index=name, settings={"index.blocks.read_only": True})
        for call in (lambda: engine.upsert([LIGHT]), engine.check):
            with pytest.raises(EngineError, match=r"takes no writes \(.*read.only.*\): lift that block"):
                call()
        client.indices.put_settings(index=name, settings={"index.blocks.read_only": None})
        engine.check()


def test_the_server_returns_after_a_rebuild_that_it_broke(
    elasticsearch_server: ElasticsearchServer, engine: ElasticsearchEngine, client: Elasticsearch, name: str
) -> None:
    engine.upsert([WAVES])

    def documents() -> Iterator[Document]:
        elasticsearch_server.kill()
        yield LIGHT

    with pytest.raises(EngineError, match="is away"):
        engine.rebuild(documents())
    elasticsearch_server.start()
    assert versions(engine) == {"waves": 1}
    engine.rebuild([LIGHT])
    wait_until(lambda: list(indices(client, name).values()) == [[name]], timeout_s=10, message="something is left")

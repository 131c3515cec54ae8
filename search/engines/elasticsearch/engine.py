"""The engine: versioned bulk writes, one request per page of answers, rebuilds behind an alias."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from elasticsearch import ApiError
from elasticsearch.helpers import streaming_bulk

from search.documents import Document, Timed
from search.engines.base import Matches, SearchEngine
from search.engines.elasticsearch.indices import NEXT, Indices
from search.engines.elasticsearch.mapping import (
    TOMBSTONE,
    Json,
    source_of,
    stored_version,
    tombstone_version,
    version_of,
)
from search.engines.elasticsearch.place import read_place
from search.engines.elasticsearch.requests import (
    candidates_of,
    exists_request,
    match_request,
    matches_of,
    more_request,
    timed_of,
    timed_request,
    title_words_of,
    title_words_request,
    titles_of,
    titles_requests,
    versions_request,
)
from search.engines.elasticsearch.server import DISK_FULL, FAULTS, Server
from search.errors import EngineError
from search.query import Expression, Query
from search.ranking import Candidate
from search.suggesting import Typed

CONFLICT = 409
GONE = 404
BATCH = 50  # lessons between two looks at where to write
CHUNK = 500
CHUNK_BYTES = 10 * 1024**2
VERSIONS_PAGE = 5000
RETRIES = 3  # of a rebuild's writes while the server says that it is too busy, after 1, 2 and 4 s


class ElasticsearchEngine(SearchEngine):
    """See SearchEngine. May be used by many threads; connects at the first call, and again after a loss.

    An upsert or delete that ends with an error may have written a part; repeating it is safe.
    """

    def __init__(self, url: str) -> None:
        """Raise EngineError for a URL that cannot be read; place.GRAMMAR says what one looks like."""
        super().__init__()
        self._server = Server(read_place(url))
        self._indices = Indices(self._server)
        self._is_prepared = False

    def upsert(self, documents: Iterable[Document]) -> int:
        return self._write(_upsert_actions(documents))

    def delete(self, versions: dict[str, int]) -> int:
        return self._write(
            _action(key, tombstone_version(version), TOMBSTONE) for key, version in sorted(versions.items())
        )

    def rebuild(self, documents: Iterable[Document]) -> int:
        index = self._indices.begin()
        try:
            count = self._fill(index, documents)
            self._indices.finish(index)
        except BaseException:
            self._indices.remove(index)
            raise
        self._indices.serve(index)
        return count

    def versions(self) -> Iterator[tuple[str, int]]:
        last: str | None = None
        while True:
            answer = self._request(versions_request(last, size=VERSIONS_PAGE))
            hits = answer.get("hits", {}).get("hits", [])
            yield from ((hit["_id"], version_of(hit["_version"])) for hit in hits)
            if len(hits) < VERSIONS_PAGE:
                return
            last = hits[-1]["_id"]

    def check(self) -> None:
        self._server.identify()
        self._indices.prepare()
        self._request({"size": 0, "allow_partial_search_results": False})
        with self._server.reading() as client:
            found = client.indices.get_settings(index=self._indices.name, name="index.blocks.*", flat_settings=True)
        blocks = [name for about in found.values() for name, value in about["settings"].items() if value == "true"]
        if "index.blocks.read_only_allow_delete" in blocks:
            raise self._server.blocked(DISK_FULL)
        if blocks:
            raise self._server.blocked(", ".join(blocks))

    def close(self) -> None:
        self._server.close()

    def _match(
        self,
        query: Query,
        expression: Expression | None,
        *,
        enough: int = 0,  # noqa: ARG002 - the one request brings all in any case
    ) -> Matches:
        return matches_of(self._request(match_request(query, expression)))

    def _more(self, query: Query, expression: Expression | None, *, but: Sequence[str], offset: int) -> list[Candidate]:
        return candidates_of(self._request(more_request(query, expression, but=but, offset=offset)))

    def _timed(self, ids: Sequence[str]) -> dict[str, Timed]:
        return timed_of(self._request(timed_request(ids))) if ids else {}

    def _title_words(self, only: Sequence[str] | None = None) -> dict[str, int]:
        return title_words_of(self._request(title_words_request(only)))

    def _exists(self, token: str) -> bool:
        return bool(self._request(exists_request(token))["hits"]["total"]["value"])

    def _titles(self, text: str, ways: Sequence[Typed], audience: tuple[str, ...]) -> list[str]:
        return [
            title for request in titles_requests(text, ways, audience) for title in titles_of(self._request(request))
        ]

    def _fill(self, index: str, documents: Iterable[Document]) -> int:
        count = self._send(f"{index}.{NEXT}", _upsert_actions(documents), refresh=False, retries=RETRIES)
        if count is None:
            raise self._indices.taken_over()
        return count

    def _prepare(self) -> None:
        if not self._is_prepared:
            self._indices.prepare()
            self._is_prepared = True

    def _request(self, request: Json) -> Json:
        """Ask the serving index, and once more if it was made or replaced in this moment."""
        self._prepare()
        with self._server.reading() as client:
            try:
                return dict(client.search(index=self._indices.name, **request))
            except ApiError as error:
                if error.status_code != GONE and error.status_code < FAULTS:
                    raise
                self._indices.settle()
                return dict(client.search(index=self._indices.name, **request))

    def _write(self, actions: Iterator[Json]) -> int:
        """Write to the serving index and to those that rebuilds are filling; return how many were taken.

        Documents are read before the targets are looked up (see indices.py), so in batches.
        """
        self._prepare()
        taken = 0
        while batch := list(islice(actions, BATCH)):
            count = self._write_batch(batch)
            if count is None:  # the serving index was replaced or removed in this moment
                count = self._write_batch(batch)
            if count is None:
                raise EngineError(f"The index {self._indices.name!r} is removed again and again", retryable=True)
            taken += count
        return taken

    def _write_batch(self, batch: list[Json]) -> int | None:
        *building, serving = self._indices.targets()
        for target in building:
            self._send(target, batch, refresh=True)  # None: that rebuild is over
        return self._send(serving, batch, refresh=True)

    def _send(self, alias: str, actions: Iterable[Json], *, refresh: bool, retries: int = 0) -> int | None:
        """Send writes to an alias and return how many were new enough, or None if there is no such alias (any more).

        With `refresh` they are visible afterwards.
        """
        taken = 0
        with self._server.writing() as client:
            answers = streaming_bulk(
                client, actions, chunk_size=CHUNK, max_chunk_bytes=CHUNK_BYTES, max_retries=retries, initial_backoff=1,
                raise_on_error=False, require_alias=True, index=alias, refresh=refresh,
            )  # fmt: skip
            for is_taken, answer in answers:
                item = answer["index"]
                if item["status"] == GONE:
                    return None
                if not is_taken and item["status"] != CONFLICT:
                    raise self._server.refusal(item)
                taken += is_taken
        return taken


def _upsert_actions(documents: Iterable[Document]) -> Iterator[Json]:
    for document in documents:
        yield _action(document.id, stored_version(document.version), source_of(document))


def _action(key: str, version: int, source: Json) -> Json:
    return {"_id": key, "version": version, "version_type": "external_gte", "_source": source}

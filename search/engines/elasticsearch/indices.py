"""Indices and aliases: which one serves, which one is being built, and how the one becomes the other.

    name              alias of the index that serves, its only write index
    name.<stamp>      an index
    name.<stamp>.next alias of an index that a rebuild is filling

Only indices with such a stamp are ever removed; the alias moves away from any other that somebody gave it to.

Writes go to names with `require_alias`, so that none of them makes an index by itself. While a rebuild runs, every
write goes to its index first and to the serving one second: whenever the alias moves in between, the index that serves
in the end has it. A write that asked for the names before the rebuild began needs no repeating, because the rebuild
reads its documents later than that write did.
"""

import re
import secrets
from contextlib import suppress
from datetime import UTC, datetime

from elasticsearch import ApiError, NotFoundError

from search.engines.elasticsearch.mapping import FORMAT, MAPPINGS, settings_of
from search.engines.elasticsearch.server import Server
from search.errors import EngineError

NEXT = "next"
STAMPED = re.compile(r"\.\d{8}-\d{6}-[0-9a-f]{8}")
SETTLE_S = 3
TOO_LONG = 408


class Indices:
    """The indices of one place."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.name = server.place.name

    def prepare(self) -> None:
        """Make an empty serving index where there is none; raise EngineError for one of another format."""
        with self._server.reading() as client:
            try:
                found = client.indices.get_mapping(index=self.name, filter_path="*.mappings._meta")
            except NotFoundError:
                self.make_first()
                return
        formats = {about["mappings"]["_meta"].get("format") for about in found.values()}
        if formats != {FORMAT}:
            raise self._server.misfit("its format is another")

    def settle(self) -> None:
        """Make sure that there is a serving index, and wait a moment until it answers."""
        self.targets()
        with self._server.reading() as client:
            # Not wait_for_status: an index is called yellow before its first shard has started.
            # If it takes longer (408), the next question says what is wrong.
            waiting = client.options(ignore_status=TOO_LONG)
            waiting.cluster.health(index=self.name, wait_for_active_shards=1, timeout=f"{SETTLE_S}s")

    def targets(self) -> list[str]:
        """Return the aliases to write to, in this order: of rebuilds that run, then the serving one, which exists."""
        aliases = self._aliases()
        if not any(self.name in names for names in aliases.values()):
            self.make_first()
        building = {name for names in aliases.values() for name in names if name.endswith(f".{NEXT}")}
        return [*sorted(building), self.name]

    def make_first(self) -> None:
        """Make an empty serving index unless there is one; of two who try at once, one succeeds."""
        index = self._new_name()
        with self._server.writing() as client:
            try:
                client.indices.create(
                    index=index,
                    settings=settings_of(self._server.place),
                    mappings=MAPPINGS,
                    aliases={self.name: {"is_write_index": True}},
                )
            except ApiError as error:
                if "more than one write index" not in str(error):
                    raise

    def begin(self) -> str:
        """Make an index to fill, through its alias `<index>.next`, and remove those that killed rebuilds left.

        A rebuild that still runs elsewhere ends with an error: the one that began last wins.
        """
        self.targets()
        left = [index for index, names in self._aliases().items() if self.name not in names and self._is_ours(index)]
        index = self._new_name()
        with self._server.writing() as client:
            for other in left:
                client.indices.delete(index=other, ignore_unavailable=True)
            client.indices.create(
                index=index,
                settings={**settings_of(self._server.place), "refresh_interval": "-1"},
                mappings=MAPPINGS,
                aliases={f"{index}.{NEXT}": {}},
            )
        return index

    def finish(self, index: str) -> None:
        """Make all of a filled index visible."""
        with self._server.writing() as client:
            try:
                client.indices.put_settings(index=index, settings={"index.refresh_interval": None})
                client.indices.refresh(index=index)
            except NotFoundError as error:
                raise self.taken_over() from error

    def serve(self, index: str) -> None:
        """Let a finished index serve, in one step for readers and writers, then remove the one that served before.

        Not removed in the same step: Elasticsearch closes an index before it shows the new aliases to searches.
        Without an answer nobody knows which of the two serves, so both stay; the next rebuild removes the other.
        """
        old = [other for other, names in self._aliases().items() if self.name in names]
        with self._server.writing() as client:
            try:
                client.indices.update_aliases(
                    actions=[
                        *({"remove": {"index": other, "alias": self.name}} for other in old),
                        {"add": {"index": index, "alias": self.name, "is_write_index": True}},
                        {"remove": {"index": index, "alias": f"{index}.{NEXT}"}},
                    ]
                )
            except NotFoundError as error:
                raise self.taken_over() from error
            except ApiError:
                self.remove(index)
                raise
        for other in filter(self._is_ours, old):
            self.remove(other)

    def remove(self, index: str) -> None:
        """Remove an index that does not serve; if the server is away, the next rebuild does."""
        with suppress(EngineError), self._server.writing() as client:
            client.indices.delete(index=index, ignore_unavailable=True)

    def taken_over(self) -> EngineError:
        return EngineError(f"Another rebuild of {self.name!r} has begun and replaces this one", retryable=True)

    def _aliases(self) -> dict[str, set[str]]:
        """Return the indices of our names, and any other that serves under ours, with their aliases."""
        with self._server.reading() as client:
            found = client.indices.get_alias(index=[f"{self.name}.*", self.name], ignore_unavailable=True)
        return {index: set(about["aliases"]) for index, about in found.items()}

    def _is_ours(self, index: str) -> bool:
        return STAMPED.fullmatch(index.removeprefix(self.name)) is not None

    def _new_name(self) -> str:
        return f"{self.name}.{datetime.now(tz=UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"

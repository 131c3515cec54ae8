"""Which documents hold what, as whole numbers: bit n of one is about the document of number (pk) n.

Expressions and counts are then a few operations on numbers of as many bits as there are documents, where stepping
through rows takes a hundred times as long. Numbers of documents only grow and are not used twice, so what was read once
stays true: only what was written since is read, and what is gone is masked. A rebuild also leaves the bits of the most
frequent tokens in the file, for whoever asks for them first.
"""

import json
import sqlite3
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, repeat

from search.engines.sqlite.storing import FACETS, marks

CACHE_BYTES = 64 * 1024**2
DENSE = 32  # where more than one in so many is set, to write all digits takes less than to set bits
MAX_VALUES = 50  # of creators, of whom there are many
_BIT = bytes.maketrans(b"01", b"\0\1")


def bits_of(numbers: Sequence[int]) -> int:
    """Return the bits of numbers in ascending order."""
    if not numbers:
        return 0
    if len(numbers) * DENSE > numbers[-1]:
        digits = bytearray(b"0") * (numbers[-1] + 1)
        deque(map(digits.__setitem__, numbers, repeat(ord("1"))), maxlen=0)
        digits.reverse()
        return int(digits, 2)
    found = bytearray((numbers[-1] >> 3) + 1)
    for number in numbers:
        found[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(found, "little")


def flags_of(bits: int) -> bytes:
    """Return one byte for each bit, 0 or 1, the lowest bit first."""
    return f"{bits:b}".encode().translate(_BIT)[::-1]


def numbers_of(bits: int, most: int | None = None) -> list[int]:
    """Return the numbers whose bits are set, the highest first, and so many of them at most."""
    flags = flags_of(bits)
    found: list[int] = []
    number = flags.rfind(1)
    while number >= 0 and len(found) != most:
        found.append(number)
        number = flags.rfind(1, 0, number)
    return found


@dataclass(frozen=True, slots=True)
class Places:
    """What is known of the documents up to a number: who may see them, and their facets."""

    upto: int = 0
    gone: int = 0
    public: int = 0
    restricted: int = 0
    values: Mapping[tuple[str, str], int] = field(default_factory=dict)
    creators: list[str] = field(default_factory=list)  # by number; only ever made longer


class Postings:
    """What was read of one file, for all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places = Places()
        self._tokens: dict[tuple[str, str], tuple[int, int]] = {}
        self._size = 0

    def view(self, connection: sqlite3.Connection) -> "View":
        """Return a view of what the transaction of a connection sees.

        Another thread may have seen later writes: their documents count then already.
        """
        upto, gone = connection.execute(
            "SELECT ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'document'), 0), "
            "ifnull((SELECT max(number) FROM gone), 0)"
        ).fetchone()
        with self._lock:
            if upto > self._places.upto or gone > self._places.gone:
                self._places = _later(connection, self._places, upto, gone)
            return View(connection, self, self._places, upto)

    def read(self, connection: sqlite3.Connection, source: str, match: str, *, upto: int) -> int:
        """Return the documents up to a number and perhaps later ones that match in a full-text index, gone ones too."""
        known = self._tokens.get((source, match))
        if known is not None and known[0] >= upto:
            return known[1]
        since, bits = known or _frequent(connection, source, match)
        bits |= _read(connection, source, match, since)
        with self._lock:
            self._keep((source, match), upto, bits)
        return bits

    def _keep(self, key: tuple[str, str], upto: int, bits: int) -> None:
        """Remember bits, and forget the oldest where there are too many."""
        _old_upto, old = self._tokens.pop(key, (0, 0))
        self._tokens[key] = (upto, bits)
        self._size += (bits.bit_length() - old.bit_length()) // 8
        while self._size > CACHE_BYTES:
            oldest = next(iter(self._tokens))
            self._size -= self._tokens.pop(oldest)[1].bit_length() // 8


@dataclass(frozen=True, slots=True)
class View:
    """Postings as one transaction sees them."""

    connection: sqlite3.Connection
    postings: Postings
    places: Places
    upto: int

    def matching(self, source: str, match: str) -> int:
        """Return what matches in a full-text index, perhaps with what is gone or not visible."""
        return self.postings.read(self.connection, source, match, upto=self.upto)

    def visible(self, audience: tuple[str, ...]) -> int:
        if not audience:
            return self.places.public
        rows = self.connection.execute(
            f"SELECT DISTINCT pk FROM audience WHERE member IN ({marks(audience)}) ORDER BY pk", audience
        )
        return self.places.public | (self.places.restricted & bits_of([number for (number,) in rows]))

    def having(self, facet: str, value: str) -> int:
        """Return what has the value of a facet."""
        if facet != "creator":
            return self.places.values.get((facet, value), 0)
        rows = self.connection.execute(
            "SELECT pk FROM document WHERE creator = ? AND creator != '' ORDER BY pk", [value]
        )
        return bits_of([number for (number,) in rows])

    def counts(self, facet: str, bits: int) -> dict[str, int]:
        """Return how many of some documents have each value of a facet, without those that none has."""
        if facet == "creator":
            counted = Counter(compress(self.places.creators, flags_of(bits)))
            del counted[""]
            most = sorted(counted.items(), key=lambda row: (-row[1], row[0]))[:MAX_VALUES]
            return dict(most)
        found = {
            value: (bits & held).bit_count() for (name, value), held in self.places.values.items() if name == facet
        }
        return {value: count for value, count in found.items() if count}


def _later(connection: sqlite3.Connection, known: Places, upto: int, gone: int) -> Places:
    public: list[int] = []
    restricted: list[int] = []
    values: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    creators = known.creators
    for number, is_public, creator, *held in connection.execute(
        f"SELECT pk, is_public, creator, {', '.join(FACETS)} FROM document WHERE pk > ? ORDER BY pk", [known.upto]
    ):
        (public if is_public else restricted).append(number)
        creators += [""] * (number - len(creators))
        creators.append(creator)
        for facet, value in zip(FACETS, held, strict=True):
            if value:
                values[facet, value].append(number)
    removed = connection.execute("SELECT pk FROM gone WHERE number > ? ORDER BY pk", [known.gone]).fetchall()
    left = ~bits_of([number for (number,) in removed])
    return Places(
        upto=upto,
        gone=gone,
        public=(known.public | bits_of(public)) & left,
        restricted=(known.restricted | bits_of(restricted)) & left,
        values={**known.values, **{key: known.values.get(key, 0) | bits_of(held) for key, held in values.items()}},
        creators=creators,
    )


def _read(connection: sqlite3.Connection, source: str, match: str, since: int = 0) -> int:
    """Return what matches in a full-text index, after a number. As one text, rows take a third of the time."""
    numbers = connection.execute(
        f"SELECT json_group_array(rowid) FROM {source} WHERE {source} MATCH ? AND rowid > ?", [match, since]
    ).fetchone()[0]
    return bits_of(json.loads(numbers))


def _frequent(connection: sqlite3.Connection, source: str, match: str) -> tuple[int, int]:
    """Return up to which number the bits of a token are in the file, and these bits."""
    row = connection.execute(
        "SELECT upto, bits FROM frequent WHERE source = ? AND match = ?", [source, match]
    ).fetchone()
    return (row[0], int.from_bytes(row[1], "little")) if row else (0, 0)


def keep_frequent(connection: sqlite3.Connection, source: str, match: str) -> None:
    """Leave the bits of a token in the file."""
    bits = _read(connection, source, match)
    connection.execute(
        "INSERT OR REPLACE INTO frequent SELECT ?, ?, ifnull(max(seq), 0), ? FROM sqlite_sequence "
        "WHERE name = 'document'",
        [source, match, bits.to_bytes((bits.bit_length() + 7) // 8, "little")],
    )

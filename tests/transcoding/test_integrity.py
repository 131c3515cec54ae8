"""What is fetched is what was sent, or nothing is made of it."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcoding.errors import SourceError
from transcoding.integrity import VerifiedSources, hash_file
from transcoding.messages import FailureCode

LECTURE = bytes(range(256)) * 40
PARTS = sha256(b"".join(sha256(LECTURE[at : at + 1000]).digest() for at in range(0, len(LECTURE), 1000))).hexdigest()


class Store:
    """A store whose transfers bring one body after the other, the last again and again."""

    def __init__(self, *bodies: bytes) -> None:
        self.bodies, self.fetched = list(bodies), 0

    def fetch(self, key: str, path: Path, *, check: Callable[[], None]) -> None:
        self.fetched += 1
        assert not path.exists()
        path.write_bytes(self.bodies.pop(0) if len(self.bodies) > 1 else self.bodies[0])


def nothing() -> None:
    """Nobody wants to stop."""


@given(st.binary(max_size=5000), st.integers(1, 1200))
def test_the_hash_of_the_parts_is_that_of_their_hashes(tmp_path_factory, body: bytes, part_bytes: int) -> None:
    file = tmp_path_factory.mktemp("hash") / "source"
    file.write_bytes(body)
    digests = [sha256(body[at : at + part_bytes]).digest() for at in range(0, len(body), part_bytes)]
    found = hash_file(file, part_bytes=part_bytes, check=nothing)
    assert (found.whole, found.parts) == (sha256(body).hexdigest(), sha256(b"".join(digests)).hexdigest())


def test_parts_may_be_larger_than_what_is_read_at_once(tmp_path: Path) -> None:
    body, part_bytes = bytes(5 << 19), 3 << 19
    (tmp_path / "source").write_bytes(body)
    digests = sha256(body[:part_bytes]).digest() + sha256(body[part_bytes:]).digest()
    found = hash_file(tmp_path / "source", part_bytes=part_bytes, check=nothing)
    assert found.parts == sha256(digests).hexdigest()


def test_a_source_that_is_whole_is_taken_at_once(tmp_path: Path) -> None:
    store = Store(LECTURE)
    sources = VerifiedSources(store, part_bytes=1000, parts_sha256=PARTS)
    sources.fetch("sources/a", tmp_path / "source", check=nothing)
    assert (store.fetched, sources.sha256) == (1, sha256(LECTURE).hexdigest())


def test_a_torn_transfer_is_made_good(tmp_path: Path) -> None:
    store = Store(LECTURE[:-1], LECTURE)
    VerifiedSources(store, part_bytes=1000, parts_sha256=PARTS).fetch("sources/a", tmp_path / "source", check=nothing)
    assert (store.fetched, (tmp_path / "source").read_bytes()) == (2, LECTURE)


@pytest.mark.parametrize("damage", [LECTURE[:-1], LECTURE + b"x", LECTURE[1000:] + LECTURE[:1000], b""])
def test_other_bytes_are_refused_for_good(tmp_path: Path, damage: bytes) -> None:
    sources = VerifiedSources(Store(damage), part_bytes=1000, parts_sha256=PARTS)
    with pytest.raises(SourceError) as caught:
        sources.fetch("sources/a", tmp_path / "source", check=nothing)
    assert (caught.value.code, caught.value.retryable) == (FailureCode.SOURCE_DAMAGED, False)
    assert (list(tmp_path.iterdir()), sources.sha256) == ([], "")


def test_where_the_sender_gave_no_hashes_nothing_is_compared(tmp_path: Path) -> None:
    sources = VerifiedSources(Store(LECTURE), part_bytes=0, parts_sha256="")
    sources.fetch("sources/a", tmp_path / "source", check=nothing)
    assert sources.sha256 == sha256(LECTURE).hexdigest()


def test_a_run_that_is_stopped_does_not_read_on(tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop() -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        VerifiedSources(Store(LECTURE), part_bytes=1000, parts_sha256=PARTS).fetch(
            "sources/a", tmp_path / "source", check=stop
        )

"""Programs that send a large file as the browser does: by tus, and in parts straight to the store.

Both send every part with its SHA-256 and begin a part again only when it is not there after a failure.
"""

import base64
import hashlib
import http.client
import json
import random
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self
from urllib.parse import urlsplit

from tests.servers.platform import RunningPlatform

MIB = 1024 * 1024
PIECE_BYTES = 64 * 1024
TIMEOUT_S, RETRY_S = 30.0, 0.1
BROKEN = (OSError, http.client.HTTPException)
AGAIN = {408, 409, 423, 429, 460, 500, 502, 503, 504}


class MadeFile:
    """Bytes that are made when they are read; no two megabytes are equal."""

    def __init__(self, size_bytes: int) -> None:
        self.size_bytes = size_bytes
        self._rest = random.Random(8216).randbytes(MIB - 8)

    def read(self, start: int, end: int) -> bytes:
        blocks = range(start // MIB, -(-end // MIB))
        body = b"".join(number.to_bytes(8, "big") + self._rest for number in blocks)
        return body[start - blocks.start * MIB : end - blocks.start * MIB]

    def digests(self, part_bytes: int) -> tuple[str, str]:
        """Return the SHA-256 of all, and that of the SHA-256 of the parts."""
        whole, parts = hashlib.sha256(), hashlib.sha256()
        for start in range(0, self.size_bytes, part_bytes):
            part = self.read(start, min(start + part_bytes, self.size_bytes))
            whole.update(part)
            parts.update(hashlib.sha256(part).digest())
        return whole.hexdigest(), parts.hexdigest()


class Api:
    """The platform's API as one person uses it, patiently: what fails for a moment is asked again."""

    def __init__(self, platform: RunningPlatform, token: str) -> None:
        self.port = platform.port
        self.headers = {"Authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body)
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
            try:
                connection.request(method, path, data, {**self.headers, "Content-Type": "application/json"})
                answer = connection.getresponse()
                text = answer.read()
            except BROKEN:
                _pause()
                continue
            finally:
                connection.close()
            if answer.status not in AGAIN:
                if answer.status >= http.HTTPStatus.BAD_REQUEST:
                    raise RuntimeError(f"{method} {path} answered {answer.status}: {text[:500]!r}")
                return json.loads(text) if text else None
            _pause()

    def begin(self, file: MadeFile) -> dict[str, str]:
        """Make a draft and return its upload."""
        lesson = {"title": "Large", "subject": "mathematics", "grade": "8", "language": "en"}
        made = self.ask("POST", "/api/v1/videos", {**lesson, "filename": "large.mp4", "size_bytes": file.size_bytes})
        return {**made["upload"], "path": urlsplit(made["upload"]["url"]).path}


class Sender(threading.Thread, ABC):
    """A transfer under way; `sent_bytes` grows with every piece, and goes back where a part is begun again."""

    def __init__(self, api: Api, file: MadeFile, path: str) -> None:
        super().__init__(daemon=True)
        self.api, self.file, self.path = api, file, path
        self.part_bytes = int(api.ask("GET", path)["part_size_bytes"] or 4 * MIB)
        self.parts_begun = 0
        self.failures = 0
        self.error: BaseException | None = None
        self._flying: dict[int, int] = {}
        self._there = 0
        self._lock = threading.Lock()

    @property
    def parts(self) -> int:
        return -(-self.file.size_bytes // self.part_bytes)

    @property
    def sent_again(self) -> int:
        """How often a part was begun that had been begun before."""
        return self.parts_begun - self.parts

    @property
    def fraction(self) -> float:
        with self._lock:
            return (self._there + sum(self._flying.values())) / self.file.size_bytes

    def run(self) -> None:
        try:
            self.send_all()
        except BaseException as error:  # told by finish
            self.error = error

    @abstractmethod
    def send_all(self) -> None:
        """Send the file to its end, whatever breaks on the way."""

    def finish(self, timeout_s: float) -> Self:
        """Wait for the end; raises what ended it early."""
        self.join(timeout_s)
        if self.is_alive():
            raise RuntimeError(f"not sent after {timeout_s:g} s: {self.fraction:.0%}")
        if self.error:
            raise RuntimeError("the transfer failed") from self.error
        return self

    def watched(self, number: int, body: bytes) -> Iterator[bytes]:
        """Yield a part in pieces and keep count of it."""
        with self._lock:
            self.parts_begun += 1
        for start in range(0, len(body), PIECE_BYTES):
            yield body[start : start + PIECE_BYTES]
            with self._lock:
                self._flying[number] = start + PIECE_BYTES

    def landed(self, number: int, size_bytes: int) -> None:
        with self._lock:
            self._flying.pop(number, None)
            self._there += size_bytes

    def lost(self, number: int) -> None:
        with self._lock:
            self._flying.pop(number, None)
            self.failures += 1


class TusSender(Sender):
    """tus 1.0 by some port that leads to the platform: a PATCH per part, HEAD after a failure."""

    def __init__(self, api: Api, file: MadeFile, path: str, *, port: int) -> None:
        super().__init__(api, file, path)
        self.headers = {**api.headers, "Tus-Resumable": "1.0.0"}
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)

    def send_all(self) -> None:
        offset = self._offset()
        while offset < self.file.size_bytes:
            end = min((offset // self.part_bytes + 1) * self.part_bytes, self.file.size_bytes)
            reached = self._patch(offset, self.file.read(offset, end))
            if reached is None:
                self.lost(0)
                reached = self._offset()
            self.landed(0, reached - offset)
            offset = reached
        while self.api.ask("GET", self.path)["state"] != "completed":
            self._offset()  # which ends what was interrupted
            _pause()

    def _patch(self, offset: int, body: bytes) -> int | None:
        checksum = base64.b64encode(hashlib.sha256(body).digest()).decode()
        headers = {
            **self.headers, "Upload-Offset": str(offset), "Upload-Checksum": f"sha256 {checksum}",
            "Content-Type": "application/offset+octet-stream", "Content-Length": str(len(body)),
        }  # fmt: skip
        return self._told_offset("PATCH", headers, self.watched(0, body))

    def _offset(self) -> int:
        while (offset := self._told_offset("HEAD", self.headers, None)) is None:
            _pause()
        return offset

    def _told_offset(self, method: str, headers: dict[str, str], body: Iterator[bytes] | None) -> int | None:
        """Return the offset that the server tells, or None where it cannot be had for the moment."""
        try:
            self._connection.request(method, self.path, body, headers)
            answer = self._connection.getresponse()
            text = answer.read()
        except BROKEN:
            self._connection.close()
            return None
        if answer.status in AGAIN:
            _pause()
            return None
        if answer.status >= http.HTTPStatus.BAD_REQUEST:
            raise RuntimeError(f"{method} answered {answer.status}: {text[:500]!r}")
        return int(answer.headers["Upload-Offset"])


class MultipartSender(Sender):
    """Parts by signed URLs, one line of them for each port that leads to the store."""

    def __init__(self, api: Api, file: MadeFile, path: str, *, ports: Sequence[int]) -> None:
        super().__init__(api, file, path)
        self.ports = ports
        self._waiting = iter(range(1, self.parts + 1))
        self._etags: dict[int, str] = {}

    def send_all(self) -> None:
        with ThreadPoolExecutor(len(self.ports)) as lines:
            for line in [lines.submit(self._send_in_line, port) for port in self.ports]:
                line.result()
        parts = [{"number": number, "etag": etag} for number, etag in sorted(self._etags.items())]
        while self.api.ask("POST", f"{self.path}/complete", {"parts": parts})["is_completing"]:
            _pause()

    def _send_in_line(self, port: int) -> None:
        while True:
            with self._lock:
                number = next(self._waiting, None)
            if number is None:
                return
            start = (number - 1) * self.part_bytes
            body = self.file.read(start, min(start + self.part_bytes, self.file.size_bytes))
            while (etag := self._put(port, number, body)) is None:
                self.lost(number)
                _pause()
            self._etags[number] = etag
            self.landed(number, len(body))

    def _put(self, port: int, number: int, body: bytes) -> str | None:
        checksum = base64.b64encode(hashlib.sha256(body).digest()).decode()
        asked = {"numbers": [number], "sha256": {str(number): checksum}}
        (signed,) = self.api.ask("POST", f"{self.path}/parts", asked)["parts"]
        place = urlsplit(signed["url"])
        # The store believes in the host that was signed; the way there is this line's own.
        headers = {**signed.get("headers", {}), "Host": place.netloc, "Content-Length": str(len(body))}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
        try:
            connection.request("PUT", f"{place.path}?{place.query}", self.watched(number, body), headers)
            answer = connection.getresponse()
            text = answer.read()
        except BROKEN:
            return None
        finally:
            connection.close()
        if answer.status in AGAIN:
            return None
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"part {number} was answered with {answer.status}: {text[:500]!r}")
        return answer.headers["ETag"]


def _pause() -> None:
    threading.Event().wait(RETRY_S)

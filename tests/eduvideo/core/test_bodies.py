from collections.abc import AsyncIterator

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from eduvideo.core.bodies import BodyLimit
from eduvideo.core.errors import QuotaExceededError
from tests.factories.uploads import beside_the_tests


async def measure(scope, receive, send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(str(len(body)))(scope, receive, send)


def sent(body: bytes | AsyncIterator[bytes], **headers: str) -> str:
    """Return how many bytes came through, or the sentence of the refusal."""

    async def ask() -> str:
        transport = httpx.ASGITransport(app=BodyLimit(measure, most_bytes=10, sentence="Too large."))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            try:
                return (await client.post("/", content=body, headers=headers)).text
            except QuotaExceededError as error:
                return error.detail

    return beside_the_tests(ask)


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b"12345"


async def never() -> AsyncIterator[bytes]:
    raise AssertionError("the body was read")
    yield b""


def test_a_body_within_the_limit_comes_through() -> None:
    assert sent(b"0123456789") == "10"
    assert sent(b"") == "0"


def test_what_says_that_it_is_too_large_is_refused_before_it_is_read() -> None:
    assert sent(never(), **{"Content-Length": "11"}) == "Too large."
    assert sent(never(), **{"Content-Length": "9" * 5_000}) == "Too large."


def test_what_does_not_say_is_refused_as_soon_as_it_is_too_large() -> None:
    assert sent(endless()) == "Too large."

"""Answers over HTTP that are sent piece by piece."""

from collections.abc import AsyncIterator, Iterator
from itertools import islice

from asgiref.sync import sync_to_async
from starlette.types import Receive

LINES_AT_ONCE = 500


async def in_pieces(lines: Iterator[str], *, at_once: int = LINES_AT_ONCE) -> AsyncIterator[str]:
    """Yield lines, none of them empty, so many at a time as they are sent, so that a million take no memory."""
    while piece := await sync_to_async("".join)(islice(lines, at_once)):
        yield piece


async def until_gone(receive: Receive) -> None:
    """Return when whoever asked has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass

"""Long texts over HTTP, which nobody has to hold in memory."""

from collections.abc import AsyncIterator, Iterator
from itertools import islice

from asgiref.sync import sync_to_async

LINES_AT_ONCE = 500


async def in_pieces(lines: Iterator[str], *, at_once: int = LINES_AT_ONCE) -> AsyncIterator[str]:
    """Yield lines, none of them empty, so many at a time as they are sent, so that a million take no memory."""
    while piece := await sync_to_async("".join)(islice(lines, at_once)):
        yield piece

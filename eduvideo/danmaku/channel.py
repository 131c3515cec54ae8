"""The broker channel that carries a video's new danmaku to every process with viewers.

A message is "<seq> <item as JSON>"; without an item it says only that something changed. Messages may be lost, doubled
or out of order: readers believe the sequence numbers and, where those have a gap, the database.
"""

import logging

from eduvideo.core.broker import BrokerError, broker

logger = logging.getLogger(__name__)

PREFIX = "eduvideo:danmaku:live:"
PATTERN = f"{PREFIX}*"


def publish(video_pk: int, *, seq: int, item_json: str = "") -> None:
    """Tell all processes; call after the commit. Without the broker they find the change in the database."""
    try:
        broker().publish(f"{PREFIX}{video_pk}", f"{seq} {item_json}")
    except BrokerError as error:
        logger.warning("The broker is away (%s); danmaku %d of video %d goes out late", error, seq, video_pk)


def read_message(channel: str, data: str) -> tuple[int, int, str]:
    """Return (video pk, seq, item as JSON or ""); raises ValueError for what `publish` did not send."""
    seq, _, item_json = data.partition(" ")
    return int(channel.removeprefix(PREFIX)), int(seq), item_json

"""How much the living transcoding workers can do at once, as they announce it themselves every 5 s."""

import time
from dataclasses import dataclass

from eduvideo.core.broker import BrokerError, broker
from transcoding.messages import WORKER_KEY_PREFIX

REMEMBERED_S = 3.0


@dataclass(frozen=True, slots=True)
class LiveWorker:
    """One worker by the name that it gives itself."""

    name: str
    slots: int


def live_workers() -> list[LiveWorker]:
    """Return the living workers by name; raises BrokerError."""
    client = broker()
    keys = sorted(str(key) for key in client.scan_iter(f"{WORKER_KEY_PREFIX}*", count=1000))
    values = client.mget(keys) if keys else []
    return [
        LiveWorker(key.removeprefix(WORKER_KEY_PREFIX), int(str(value)))
        for key, value in zip(keys, values, strict=True)
        if value
    ]


def worker_slots() -> int:
    """Return how many transcodes the living workers can run at once; raises BrokerError."""
    return sum(worker.slots for worker in live_workers())


_known: list[tuple[float, bool]] = []  # when it was asked, and the answer; at most one


def is_any_worker_alive() -> bool:
    """Tell whether any machine runs, as of the last few seconds; many may ask. True where nobody can tell."""
    if _known and time.monotonic() - _known[0][0] < REMEMBERED_S:
        return _known[0][1]
    try:
        is_alive = worker_slots() > 0
    except BrokerError:
        is_alive = True
    _known[:] = [(time.monotonic(), is_alive)]
    return is_alive


def forget() -> None:
    """Ask the broker again the next time."""
    _known.clear()

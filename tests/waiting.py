"""Wait for a condition, with a deadline, without guessing a duration."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T], *, timeout_s: float, message: str, every_s: float = 0.05) -> T:
    """Return the first true value of condition; fail with message after timeout_s seconds."""
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{message} (waited {timeout_s:g} s)")
        pause.wait(every_s)

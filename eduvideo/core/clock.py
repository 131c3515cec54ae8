"""The one source of the time of day: aware, UTC, and replaceable in tests."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current moment, aware, in UTC."""
    return datetime.now(tz=UTC)

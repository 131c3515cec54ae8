"""Health of the parts: each app registers a check, /health/ready and `manage.py doctor` run them."""

from collections.abc import Callable

import psycopg
from django.db import connection, transaction

from eduvideo.core.broker import broker
from eduvideo.core.models import Lease
from eduvideo.core.objects import open_objects
from eduvideo.core.outages import in_one_line

Check = Callable[[], None]
CONNECT_S = 3
PROBE_KEY = "eduvideo:health"
_checks: dict[str, Check] = {}


def register_check(name: str, check: Check) -> None:
    """Add a named check: it returns when the part works and raises with a sentence when it does not."""
    _checks[name] = check


def run_checks() -> dict[str, str]:
    """Run every check and return "ok" or what is wrong, by name of the part."""
    return {name: _outcome(check) for name, check in _checks.items()}


def _outcome(check: Check) -> str:
    try:
        check()
    except Exception as error:  # noqa: BLE001 - whatever a part raises, the answer is that it does not work
        return in_one_line(error)
    return "ok"


def check_database() -> None:
    """Raise where the database is away, read-only or not migrated."""
    if connection.vendor == "postgresql":
        # Past the pool, which would wait for its time and then know no reason.
        parameters = {**connection.get_connection_params(), "connect_timeout": CONNECT_S}
        psycopg.connect(**parameters).close()
    with transaction.atomic():
        Lease.objects.filter(name="").delete()  # writes nothing where everything is written


def check_broker() -> None:
    """Raise where the broker is away or takes nothing (full, or a read-only copy)."""
    broker().set(PROBE_KEY, "ok", ex=60)


def check_objects() -> None:
    open_objects().check()


register_check("database", check_database)
register_check("broker", check_broker)
register_check("objects", check_objects)

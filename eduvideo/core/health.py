"""Health of the parts: each app registers a check, /health/ready and `manage.py doctor` run them."""

from collections.abc import Callable

from django.db import transaction

from eduvideo.core.broker import broker
from eduvideo.core.models import Lease
from eduvideo.core.objects import open_objects
from eduvideo.core.outages import in_one_line

Check = Callable[[], None]
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


@transaction.atomic
def check_database() -> None:
    """Write nothing where everything is written: fails where the database is away, read-only or not migrated."""
    Lease.objects.filter(name="").delete()


def check_broker() -> None:
    broker().ping()


def check_objects() -> None:
    open_objects().check()


register_check("database", check_database)
register_check("broker", check_broker)
register_check("objects", check_objects)

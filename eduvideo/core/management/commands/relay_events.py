"""`manage.py relay_events`: the one process that delivers events to their handlers."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from eduvideo.core import relay


class Command(BaseCommand):
    help = "Deliver the events of the outbox to their handlers, until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        relay.run(stop)

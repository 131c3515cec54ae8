"""`manage.py doctor`: look at every part of the platform and say what to do where one does not work."""

import shutil
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from eduvideo.core.health import run_checks
from eduvideo.core.objects import ObjectStoreError
from eduvideo.core.outbox import outbox_state

LOW_DISK_BYTES = 2 * 1024**3
REPAIRS = 3  # of one run: a bucket is made before its rules are set
ADVICE = {
    "database": "Is EDUVIDEO_DATABASE_URL right, and has `manage.py migrate` run?",
    "broker": "Is the platform running (`make run`), or EDUVIDEO_BROKER_URL set to a server that is?",
    "objects": "Is EDUVIDEO_OBJECTS_URL right, and may this user write there?",
    "events": "Staff see why and try them again on the page /operations.",
    "search": "Is EDUVIDEO_SEARCH_URL right? `manage.py search_reindex` builds the index anew.",
}


class Command(BaseCommand):
    help = "Check database, broker, object store, search, events, ffmpeg and disk; exit 1 unless all work."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--fix", action="store_true", help="make what is missing in S3: the bucket, the rules for browsers (CORS)"
        )

    def handle(self, *args: Any, fix: bool = False, **options: Any) -> None:
        outcomes = {**run_checks(), "events": _events(), "ffmpeg": _ffmpeg(), "disk": _disk()}
        faults = {
            name: [] if outcome == "ok" else [outcome, ADVICE.get(name, "")] for name, outcome in outcomes.items()
        }
        if settings.EDUVIDEO.has_direct_objects:
            faults["objects"] = self._bucket(fix=fix)
            if faults["ffmpeg"]:  # fine where other machines encode
                self.stdout.write(f"{'ffmpeg':<10} not on this machine; those that encode need it")
                del faults["ffmpeg"]
        for name, lines in faults.items():
            for line in lines or ["ok"]:
                text = f"{name:<10} {line}"
                if line:
                    self.stdout.write(self.style.ERROR(text) if lines else text)
        wrong = [name for name, lines in faults.items() if lines]
        if wrong:
            raise CommandError(f"Not working: {', '.join(wrong)}")

    def _bucket(self, *, fix: bool) -> list[str]:
        """Return what is wrong with the bucket, after mending what can be mended if we are to."""
        from eduvideo.core.s3 import open_s3
        from eduvideo.core.s3_doctor import examine
        from eduvideo.core.s3_place import origin_of

        store, page_origin = open_s3(settings.EDUVIDEO), origin_of(settings.EDUVIDEO.base_url)
        faults = examine(store, page_origin=page_origin)
        for _ in range(REPAIRS):
            fault = next((fault for fault in faults if fix and fault.repair), None)
            if fault is None or fault.repair is None:
                break
            try:
                self.stdout.write(f"{'objects':<10} {fault.repair()}")
            except ObjectStoreError as error:
                return [*(other.sentence for other in faults if other is not fault), str(error)]
            faults = examine(store, page_origin=page_origin)
        return [fault.sentence for fault in faults]


def _events() -> str:
    with suppress(DatabaseError):  # which is told as that of the database
        if count := outbox_state().dead:
            return f"{count} that failed again and again were given up"
    return "ok"


def _ffmpeg() -> str:
    environment = settings.EDUVIDEO
    for program, chosen in (("ffmpeg", environment.ffmpeg), ("ffprobe", environment.ffprobe)):
        if not (shutil.which(chosen or program) or _has_wheel(program)):
            return f"{program} was not found. Install the package ffmpeg, or run `make setup`."
    return "ok"


def _has_wheel(program: str) -> bool:
    from importlib.util import find_spec

    return find_spec(f"{program}8_binaries") is not None


def _disk() -> str:
    free = shutil.disk_usage(settings.EDUVIDEO.data_dir).free
    if free < LOW_DISK_BYTES:
        return f"only {free // 1024**2} MiB are free under {settings.EDUVIDEO.data_dir}; a lesson needs more"
    return "ok"

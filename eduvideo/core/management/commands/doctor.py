"""`manage.py doctor`: look at every part of the platform and say what to do where one does not work."""

import shutil
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from eduvideo.core.health import run_checks

LOW_DISK_BYTES = 2 * 1024**3
ADVICE = {
    "database": "Is EDUVIDEO_DATABASE_URL right, and has `manage.py migrate` run?",
    "broker": "Is the platform running (`make run`), or EDUVIDEO_BROKER_URL set to a server that is?",
    "objects": "Is EDUVIDEO_OBJECTS_URL right, and may this user write there?",
    "search": "Is EDUVIDEO_SEARCH_URL right? `manage.py search_reindex` builds the index anew.",
}


class Command(BaseCommand):
    help = "Check database, broker, object store, search, ffmpeg and disk; exit 1 unless all work."

    def handle(self, *args: Any, **options: Any) -> None:
        outcomes = {**run_checks(), "ffmpeg": _ffmpeg(), "disk": _disk()}
        for name, outcome in outcomes.items():
            line = f"{name:<10} {outcome}"
            self.stdout.write(line if outcome == "ok" else self.style.ERROR(line))
            if outcome != "ok" and name in ADVICE:
                self.stdout.write(f"{'':<10} {ADVICE[name]}")
        wrong = [name for name, outcome in outcomes.items() if outcome != "ok"]
        if wrong:
            raise CommandError(f"Not working: {', '.join(wrong)}")


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

"""`manage.py run NAME`: become one process of the platform, for systemd and the like; `manage.py dev` runs them all."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from eduvideo.core.supervision import platform_programs

NAMES = ("web", "relay", "worker", "beat", "transcoder")


class Command(BaseCommand):
    help = (
        "Run one process of the platform in the foreground until SIGTERM: web (pages, API, uploads, media, danmaku), "
        "relay (delivers events; one at a time works), worker (background tasks), beat (the clock; run one), "
        "transcoder (encodes lessons)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", choices=NAMES)
        parser.add_argument("--host", default="127.0.0.1", help="of web")
        parser.add_argument("--port", type=int, default=8000, help="of web")
        parser.add_argument("--processes", type=int, default=1, help="of web: how many share the port")
        parser.add_argument(
            "--transcode-slots",
            type=int,
            help="lessons that transcoder encodes at once, by default EDUVIDEO_TRANSCODE_SLOTS or as many as cores and "
            "memory allow",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        programs = platform_programs(
            host=options["host"],
            port=options["port"],
            valkey=None,
            transcode_slots=options["transcode_slots"] or None,
            trusted_proxies=settings.EDUVIDEO.trusted_proxies,
        )
        command = next(program.command for program in programs if program.name == options["name"])
        if options["name"] == "web" and options["processes"] > 1:
            command = (*command, "--workers", str(options["processes"]))
        # `%%h` is the spelling of supervisord's configuration file.
        command = tuple(part.replace("%%", "%") for part in command)
        environment = {**os.environ, "EDUVIDEO_OBJECTS_URL": settings.EDUVIDEO.objects, "PYTHONUNBUFFERED": "1"}
        os.execvpe(command[0], command, environment)  # noqa: S606 - no shell, our own words

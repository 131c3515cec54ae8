from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from eduvideo.catalog.models import Video
from eduvideo.danmaku import queries
from eduvideo.danmaku.formats.writing import WRITERS


class Command(BaseCommand):
    help = "Print the danmaku of a video. Authors are hashes that are salted per video."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("video_id", help="the video's public id")
        parser.add_argument("--format", choices=WRITERS, default="xml")

    def handle(self, *args: Any, **options: Any) -> None:
        video = Video.objects.filter(public_id=options["video_id"]).first()
        if video is None:
            raise CommandError(f"There is no video {options['video_id']}.")
        for line in WRITERS[options["format"]](queries.exported(video)):
            self.stdout.write(line, ending="")

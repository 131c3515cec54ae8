from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from eduvideo.catalog.models import Video
from eduvideo.core.errors import InvalidInputError
from eduvideo.danmaku.formats.records import LARGEST_FILE_BYTES
from eduvideo.danmaku.services import import_danmaku


class Command(BaseCommand):
    help = "Add the danmaku of a file (Bilibili XML, AcFun JSON, Niconico JSON, or our own export) to a video."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("video_id", help="the video's public id")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        video = Video.objects.filter(public_id=options["video_id"]).first()
        if video is None:
            raise CommandError(f"There is no video {options['video_id']}.")
        try:
            result = import_danmaku(video, _bytes_of(options["file"]))
        except InvalidInputError as error:
            raise CommandError(f"{options['file']}: {error.detail} Nothing was added.") from error
        self.stdout.write(f"Added {result.added} danmaku; {result.skipped} could not be read and were skipped.")


def _bytes_of(file: Path) -> bytes:
    """Return a file's bytes, at most one more than may be read: enough to refuse it."""
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error

"""`manage.py import_video FILE`: publish a local recording as a lesson, by the same road as an upload."""

import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from eduvideo.accounts.models import Role, User
from eduvideo.catalog import services
from eduvideo.catalog.models import Video
from eduvideo.catalog.taxonomy import GRADE_BY_ID, LANGUAGES, SUBJECT_BY_ID
from eduvideo.core.errors import DomainError
from eduvideo.media.models import AssetState, Priority
from eduvideo.media.queries import Processing, processing_of
from eduvideo.media.sentences import stage_word

DEMO_CREATOR = "demo@eduvideo.example"
POLL_S = 0.5
ENCODE = "encode"


class Command(BaseCommand):
    help = "Publish a recording as a lesson and print its id; with --wait once it is published, with progress."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--title", required=True)
        parser.add_argument("--description", default="")
        parser.add_argument("--subject", required=True, choices=list(SUBJECT_BY_ID), metavar="SUBJECT")
        parser.add_argument("--grade", required=True, choices=list(GRADE_BY_ID), metavar="GRADE")
        parser.add_argument("--language", required=True, choices=[tag for tag, _name in LANGUAGES], metavar="LANGUAGE")
        parser.add_argument("--creator", metavar="EMAIL", help="whose lesson it is; by default the demo creator's")
        parser.add_argument(
            "--wait", action="store_true", help="return when it is published and ready; goes before others"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        if not file.is_file():
            raise CommandError(f"{file} is no file.")
        try:
            video = services.create_video_from_file(
                file,
                owner=creator(options["creator"]),
                title=options["title"],
                description=options["description"],
                subject=options["subject"],
                grade=options["grade"],
                language=options["language"],
                publish=True,
                priority=Priority.WAITED_FOR if options["wait"] else Priority.BULK,
            )
        except DomainError as error:
            raise CommandError("; ".join(item.message for item in error.fields) or error.detail) from error
        if options["wait"]:
            wait_until_published(video)
        self.stdout.write(video.public_id)


def creator(email: str | None) -> User:
    """Return the account of a creator by e-mail; the demo creator is made when it is needed."""
    if email is None:
        return User.objects.get_or_create(
            email=DEMO_CREATOR, defaults={"display_name": "EduVideo", "role": Role.CREATOR, "password": "!"}
        )[0]
    user = User.objects.filter(email=email.lower(), is_active=True).first()
    if user is None:
        raise CommandError(f"There is no account of {email}. Make one with `manage.py create_user`.")
    if not user.is_creator:
        raise CommandError(f"{email} is a student; lessons are made by creators (`create_user --role creator`).")
    return user


def wait_until_published(video: Video) -> None:
    """Show progress on stderr until a video is ready and published; raises CommandError with the reason if it fails."""
    columns = (
        TextColumn("{task.description:<36}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    url = f"{settings.EDUVIDEO.base_url}/watch/{video.public_id}"
    told = False
    with Progress(*columns, console=Console(file=sys.stderr)) as progress:
        bars = StageBars(progress)
        while True:
            processing = processing_of(video.asset)
            bars.show(processing)
            video.refresh_from_db(fields=["state"])
            video.asset.refresh_from_db(fields=["state"])
            if processing.state == AssetState.FAILED:
                raise CommandError(processing.message)
            if video.state == "published" and not told:
                told = True
                progress.console.print(f"Watch it now: {url}", soft_wrap=True)
            if told and processing.state == AssetState.READY:
                progress.console.print(f"Every rendition is ready: {url}", soft_wrap=True)
                return
            time.sleep(POLL_S)


class StageBars:
    """One bar for each stage of a lesson as it comes; those before it are full and their clocks stand."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[str, TaskID] = {}
        self._now: str | None = None

    def show(self, processing: Processing) -> None:
        stage = processing.stage
        if stage != self._now:
            self._enter(stage, processing)
        heights = " ".join(f"{row.height_px}p" for row in processing.renditions)
        words = f"{stage_word(stage)} {heights}" if stage == ENCODE and heights else None
        self._progress.update(self._bars[stage], completed=processing.percent, description=words)
        if processing.state == AssetState.READY:
            self._fill()

    def _enter(self, stage: str, processing: Processing) -> None:
        self._fill()
        self._now = stage
        if stage in self._bars:  # begun again, after a worker was lost
            self._progress.reset(self._bars[stage])
        else:
            self._bars[stage] = self._progress.add_task(stage_word(stage) or processing.message, total=100)

    def _fill(self) -> None:
        for bar in self._bars.values():
            self._progress.update(bar, completed=100)

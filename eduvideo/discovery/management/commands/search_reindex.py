"""`manage.py search_reindex`: build the search index anew, while the old one serves."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import Progress

from eduvideo.catalog.models import Video
from eduvideo.discovery import services
from search.errors import SearchError


class Command(BaseCommand):
    help = "Build the search index anew from the database, while the old one serves."

    def handle(self, *args: Any, **options: Any) -> None:
        with Progress(console=Console(file=sys.stderr)) as progress:
            task = progress.add_task("Indexing", total=Video.objects.findable().count())
            try:
                count = services.reindex(lambda number: progress.update(task, completed=number))
            except SearchError as error:
                raise CommandError(str(error)) from error
        self.stdout.write(f"{count} lessons indexed")

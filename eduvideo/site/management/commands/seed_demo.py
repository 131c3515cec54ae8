"""`manage.py seed_demo`: make the demo lessons, those that are missing."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import Progress

from eduvideo.core.errors import DomainError
from eduvideo.site.demo.film import make_film
from eduvideo.site.demo.lesson import DemoLesson
from eduvideo.site.demo.seeding import LESSONS, NothingTranscodesError, seed
from eduvideo.site.management.commands.import_video import creator


class Command(BaseCommand):
    help = "Make the demo lessons that are missing. The platform must be running."

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(file=sys.stderr)
        with Progress(console=console, disable=not console.is_terminal) as progress:
            bar = progress.add_task("Demo lessons", total=len(LESSONS))

            def tell(number: int, lesson: DemoLesson) -> None:
                progress.update(bar, completed=number - 1, description=f"Demo lessons: {lesson.title}")
                if not console.is_terminal:
                    self.stderr.write(f"Demo lessons: {number} of {len(LESSONS)}, {lesson.title}")

            try:
                made = seed(creator(None), make_film=make_film, on_lesson=tell)
            except (NothingTranscodesError, RuntimeError, DomainError, OSError) as error:
                raise CommandError(str(error)) from error
            progress.update(bar, completed=len(LESSONS))
        self.stdout.write(f"Demo lessons: {made} new, {len(LESSONS)} in all.")

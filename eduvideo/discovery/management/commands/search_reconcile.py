"""`manage.py search_reconcile [--fix]`: compare the index with the database."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from eduvideo.discovery import services
from search.errors import SearchError

REBUILD = "`manage.py search_reindex` builds it anew"
EMPTY = "The index is empty, or of another format, as after an upgrade; %d lessons should be in it"


class Command(BaseCommand):
    help = "Compare the search index with the database; exit 1 while they differ. --fix makes them equal."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fix", action="store_true", help="bring every differing entry up to date")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = services.difference()
            if found and options["fix"]:
                services.repair(found)
                found = services.difference()
        except SearchError as error:
            raise CommandError(str(error)) from error
        if found.is_empty_index:
            raise CommandError(f"{EMPTY % found.findable}: {REBUILD}.")
        for name in ("missing", "stale", "orphaned"):
            for key in getattr(found, name):
                self.stdout.write(f"{name} {key}")
        if found:
            advice = REBUILD if options["fix"] else f"--fix repairs it, {REBUILD}"
            raise CommandError(f"The index differs from the database: {advice}.")
        self.stdout.write("The index is equal to the database.")

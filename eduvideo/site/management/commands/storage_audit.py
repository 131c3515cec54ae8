"""`manage.py storage_audit`: whether the object store and the search index hold what the database owns, and no more."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from eduvideo.core.errors import UnavailableError
from eduvideo.discovery.services import unowned_entries
from eduvideo.media.audit import compare_storage
from eduvideo.study.figures import figure_keys


class Command(BaseCommand):
    help = (
        "List objects, unfinished transfers and entries of the search index that nobody owns, and objects that owners "
        "miss. Exits with 1 while there are any."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        audit = compare_storage(figures=figure_keys())
        try:
            entries = unowned_entries()
        except UnavailableError as error:
            raise CommandError(f"The index cannot be compared: {error}") from error
        lists = {"unowned": audit.unowned, "missing": audit.missing, "indexed": entries}
        for name, keys in lists.items():
            for key in keys:
                self.stdout.write(f"{name} {key}")
        self.stdout.write(", ".join(f"{len(keys)} {name}" for name, keys in lists.items()))
        if any(lists.values()):
            sys.exit(1)

"""`manage.py storage_audit`: whether the object store and the database agree."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from eduvideo.media.audit import compare_storage


class Command(BaseCommand):
    help = "List objects that nobody owns and objects that owners miss. Exits with 1 while there are any."

    def handle(self, *args: Any, **options: Any) -> None:
        audit = compare_storage()
        for key in audit.unowned:
            self.stdout.write(f"unowned {key}")
        for key in audit.missing:
            self.stdout.write(f"missing {key}")
        self.stdout.write(f"{len(audit.unowned)} unowned, {len(audit.missing)} missing")
        if audit.unowned or audit.missing:
            sys.exit(1)

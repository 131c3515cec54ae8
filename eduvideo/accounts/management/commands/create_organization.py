"""`manage.py create_organization NAME`: make a school or another body whose members watch its lessons together."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from eduvideo.accounts import services
from eduvideo.accounts.models import MAX_ORGANIZATION_NAME

MAX_BYTES = 2**63 - 1


class Command(BaseCommand):
    help = "Make an organization and print its id. Its members are given by `manage.py add_member`."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument(
            "--quota-bytes",
            type=_size,
            default=None,
            help="room for the recordings of its lessons; the platform's default unless given",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"].strip()
        if not 1 <= len(name) <= MAX_ORGANIZATION_NAME:
            raise CommandError(f"The name of an organization has 1 to {MAX_ORGANIZATION_NAME} characters.")
        self.stdout.write(services.create_organization(name, quota_bytes=options["quota_bytes"]).public_id)


def _size(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:20]) <= MAX_BYTES):
        raise ArgumentTypeError(f"{text} is no number of bytes")
    return int(text)

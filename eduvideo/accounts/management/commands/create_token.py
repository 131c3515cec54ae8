"""`manage.py create_token EMAIL`: make a bearer token for programs."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from eduvideo.accounts import services
from eduvideo.accounts.models import User


class Command(BaseCommand):
    help = "Print a new bearer token of an account. It is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="", help="what it is for")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].lower(), is_active=True).first()
        if user is None:
            raise CommandError(f"There is no account of {options['email']}. Make one with `manage.py create_user`.")
        self.stdout.write(services.create_token(user, name=options["name"]))

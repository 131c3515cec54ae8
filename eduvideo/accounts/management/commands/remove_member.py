"""`manage.py remove_member EMAIL --organization ID`: end a membership, and what the person watches by it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from eduvideo.accounts import services
from eduvideo.accounts.management.commands.add_member import organization_of
from eduvideo.core.errors import InvalidInputError


class Command(BaseCommand):
    help = "End a person's membership of an organization. Their lessons there stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--organization", required=True, metavar="ID", help="as `create_organization` printed it")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = organization_of(options["organization"])
        try:
            services.remove_member(organization, email=options["email"])
        except InvalidInputError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{options['email']} is no member of {organization.name} any more.")

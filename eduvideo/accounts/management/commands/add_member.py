"""`manage.py add_member EMAIL --organization ID --role ROLE`: give a person a role in an organization."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from eduvideo.accounts import services
from eduvideo.accounts.models import MemberRole, Organization
from eduvideo.core.errors import InvalidInputError


class Command(BaseCommand):
    help = "Give a person a role in an organization, in place of the one they have."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--organization", required=True, metavar="ID", help="as `create_organization` printed it")
        parser.add_argument("--role", choices=MemberRole.values, default=MemberRole.STUDENT.value)

    def handle(self, *args: Any, **options: Any) -> None:
        organization = organization_of(options["organization"])
        try:
            membership, _ = services.set_member(organization, email=options["email"], role=MemberRole(options["role"]))
        except InvalidInputError as error:
            raise CommandError(f"{error} Make one with `manage.py create_user`.") from error
        self.stdout.write(f"{membership.user.email}: {membership.get_role_display()}, {organization.name}")


def organization_of(public_id: str) -> Organization:
    """Return an organization by its public id; CommandError when there is none."""
    found = Organization.objects.filter(public_id=public_id).first()
    if found is None:
        raise CommandError(f"There is no organization {public_id}. Make one with `manage.py create_organization`.")
    return found

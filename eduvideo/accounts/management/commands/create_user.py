"""`manage.py create_user EMAIL --role ROLE`: make an account from the shell."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from eduvideo.accounts.models import Role, User


class Command(BaseCommand):
    help = "Make an account. The password is asked for, or read from standard input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--role", choices=Role.values, default=Role.STUDENT.value)
        parser.add_argument("--name", default="", help="shown to others; by default the part before the @")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].lower()
        try:
            validate_email(email)
            if User.objects.filter(email=email).exists():
                raise CommandError(f"There is an account of {email} already.")
            password = _password(from_stdin=options["password_stdin"])
            validate_password(password, User(email=email))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        with transaction.atomic():
            user = User.objects.create_user(email, password, role=options["role"], display_name=options["name"])
            # Whoever has the shell vouches for the address.
            EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        self.stdout.write(f"{user.email} ({user.get_role_display()})")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise CommandError("The two passwords differ.")
    return password

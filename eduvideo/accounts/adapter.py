"""What allauth asks us: whether people may sign up, and how a new user is filled in."""

import secrets

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.forms import Form
from django.http import HttpRequest
from django.utils.translation import gettext as _

from eduvideo.accounts.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Our answers to allauth."""

    def save_user(self, request: HttpRequest, user: User, form: Form, commit: bool = True) -> User:  # noqa: FBT001, FBT002 - allauth's signature
        """Give a new user a name that says nothing of them, until they choose one.

        Others see the name, and children's addresses often hold their own.
        """
        user.display_name = _("Learner %(number)d") % {"number": 1000 + secrets.randbelow(9000)}
        saved: User = super().save_user(request, user, form, commit=commit)
        return saved

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        return bool(settings.EDUVIDEO.sign_up)

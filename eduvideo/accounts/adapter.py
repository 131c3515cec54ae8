"""What allauth asks us: whether people may sign up, and how a new user is filled in."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.forms import Form
from django.http import HttpRequest

from eduvideo.accounts.models import User

NAME_LENGTH = 60


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Our answers to allauth."""

    def save_user(self, request: HttpRequest, user: User, form: Form, commit: bool = True) -> User:  # noqa: FBT001, FBT002 - allauth's signature
        """Name a new user after the part of the address before the @, until they choose a name."""
        user.display_name = form.cleaned_data["email"].partition("@")[0][:NAME_LENGTH]
        saved: User = super().save_user(request, user, form, commit=commit)
        return saved

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        return bool(settings.EDUVIDEO.sign_up)

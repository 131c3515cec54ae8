import io

import pytest
from django.core.management import CommandError, call_command

from eduvideo.accounts.models import Organization

pytestmark = pytest.mark.django_db


def create(*arguments: str) -> str:
    output = io.StringIO()
    call_command("create_organization", *arguments, stdout=output)
    return output.getvalue().strip()


def test_its_id_is_printed() -> None:
    printed = create(" Elm Street School ", "--quota-bytes", "5000000000")
    found = Organization.objects.get()
    assert (printed, found.name, found.quota_bytes) == (found.public_id, "Elm Street School", 5_000_000_000)


def test_without_a_quota_the_platforms_default_counts() -> None:
    create("Elm")
    assert Organization.objects.get().quota_bytes is None


@pytest.mark.parametrize(
    "arguments", [(" ",), ("x" * 121,), ("Elm", "--quota-bytes=-1"), ("Elm", f"--quota-bytes={2**63}")]
)
def test_bad_input_is_told_and_makes_nothing(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        create(*arguments)
    assert not Organization.objects.exists()

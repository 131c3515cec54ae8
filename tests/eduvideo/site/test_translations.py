import shutil
from io import StringIO

import pytest
from babel.messages.pofile import read_po
from django.core.management import call_command

from eduvideo.site.management.commands.update_messages import CATALOG


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("xgettext") is None, reason="needs gettext (apt-get install gettext)")
def test_every_text_of_code_templates_and_frontend_has_its_chinese() -> None:
    call_command("update_messages", "--check", stdout=StringIO())


def test_the_catalog_can_be_compiled() -> None:
    # "{percent} % is" reads as a placeholder of Python, and set-up stopped at its translation.
    with CATALOG.open("rb") as file:
        catalog = read_po(file, locale="zh_Hans")
    faults = [(message.id, str(error)) for message, errors in catalog.check() for error in errors]
    assert faults == []

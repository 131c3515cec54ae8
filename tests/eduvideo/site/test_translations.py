import shutil
from io import StringIO

import pytest
from django.core.management import call_command

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("xgettext") is None, reason="needs gettext (apt-get install gettext)"),
]


def test_every_text_of_code_templates_and_frontend_has_its_chinese() -> None:
    call_command("update_messages", "--check", stdout=StringIO())

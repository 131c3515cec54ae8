"""`manage.py update_messages`: bring the message catalog up to date with the code, the templates and the frontend."""

import io
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

ROOT = Path(__file__).resolve().parents[4]
CATALOG = ROOT / "eduvideo" / "site" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
HEADER = (
    b'msgid ""\nmsgstr ""\n"Language: zh_Hans\\n"\n"MIME-Version: 1.0\\n"\n'
    b'"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
    b'"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
)
FRONTEND = ROOT / "frontend" / "src" / "i18n" / "messages.json"


class Command(BaseCommand):
    help = "Update the Chinese catalog from a source checkout (needs gettext); exit 1 while a text has no translation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing, only look")

    def handle(self, *args: Any, **options: Any) -> None:
        before = CATALOG.read_bytes()
        known = _read()
        try:
            call_command(
                "makemessages", locale=["zh_Hans"], no_location=True, no_obsolete=True, no_wrap=True, verbosity=0
            )
            catalog = _completed(_read(), known)
        finally:
            CATALOG.write_bytes(before)
        if not options["check"]:
            _write(catalog)
        missing = [str(message.id) for message in catalog if message.id and not all(_strings(message.string))]
        missing += [str(message.id) for message in catalog if message.id and message.fuzzy]
        for text in missing:
            self.stdout.write(text)
        if missing:
            raise CommandError(f"{len(missing)} texts have no Chinese yet; see {CATALOG.name}.")


def _completed(extracted: Catalog, known: Catalog) -> Catalog:
    """Return a catalog of all texts that are used, with the translations that are known."""
    catalog = Catalog(locale="zh_Hans", project="EduVideo", fuzzy=False, copyright_holder="the EduVideo authors")
    used = [message.id for message in extracted if message.id] + json.loads(FRONTEND.read_text(encoding="utf-8"))
    for text in sorted(used, key=str):
        found = known.get(text[0] if isinstance(text, list | tuple) else text)
        catalog.add(text, string=found.string if found else None, flags=_flags(extracted, text))
    return catalog


def _flags(extracted: Catalog, text: str | list[str] | tuple[str, str]) -> list[str]:
    message = extracted.get(text[0] if isinstance(text, list | tuple) else text)
    return sorted(message.flags - {"fuzzy"}) if message else []


def _strings(value: object) -> list[str]:
    return [str(part) for part in value] if isinstance(value, list | tuple) else [str(value or "")]


def _read() -> Catalog:
    with CATALOG.open("rb") as file:
        return read_po(file, locale="zh_Hans")


def _write(catalog: Catalog) -> None:
    # Plural-Forms is what readers need of a header; names, dates and versions would only differ from run to run.
    with io.BytesIO() as text:
        write_po(text, catalog, width=0, omit_header=True, no_location=True)
        CATALOG.write_bytes(HEADER + text.getvalue())

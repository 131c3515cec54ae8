"""`manage.py openapi_snapshot`: write the API's document to the file that its test and the frontend's types read."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.urls import resolve
from django.utils import translation
from ninja import NinjaAPI
from ninja.openapi.schema import get_schema

SNAPSHOT = Path(__file__).resolve().parents[4] / "tests" / "snapshots" / "openapi.json"


def openapi_document() -> str:
    """Return the API's OpenAPI document as text, the same for the same code."""
    api: NinjaAPI = resolve("/api/v1/openapi.json").func.keywords["api"]  # type: ignore[attr-defined]  # a partial
    with translation.override("en"):
        return json.dumps(get_schema(api, path_prefix="/api/v1/"), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


class Command(BaseCommand):
    help = "Write tests/snapshots/openapi.json, from which the frontend's types are made."

    def handle(self, *args: Any, **options: Any) -> None:
        SNAPSHOT.parent.mkdir(parents=True, exist_ok=True)
        SNAPSHOT.write_text(openapi_document(), encoding="utf-8")
        self.stdout.write(str(SNAPSHOT.name))

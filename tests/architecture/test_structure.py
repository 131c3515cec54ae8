"""What the import contracts cannot see: relations between tables, files without tests, words of the file names."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {contract["id"]: contract for contract in PROJECT["tool"]["importlinter"]["contracts"]}
RANK = {app.strip(): rank for rank, row in enumerate(CONTRACTS["apps"]["layers"]) for app in row.split("|")}


def upward_relations() -> Iterator[str]:
    for model in apps.get_models():
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            if field.auto_created or target is None or isinstance(target, str):
                continue
            mine, theirs = model._meta.app_label, target._meta.app_label
            if mine in RANK and theirs in RANK and mine != theirs and RANK[theirs] <= RANK[mine]:
                yield f"{model._meta.label}.{field.name} -> {target._meta.label}"


def test_no_table_refers_to_a_higher_app() -> None:
    assert list(upward_relations()) == []


def test_no_file_is_named_for_leftovers() -> None:
    banned = {"utils", "helpers", "common", "manager", "misc"}
    sources = [
        path for top in ("eduvideo", "transcoding", "search", "frontend/src") for path in (ROOT / top).rglob("*")
    ]
    assert [str(path) for path in sources if path.stem in banned] == []


# Suites over many modules: every hostile file, the rules of HLS, the API document, all texts, the account pages, a
# store that is away.
BEYOND_ONE_MODULE = {
    "test_hostile.py", "test_hls.py", "test_openapi.py", "test_translations.py", "test_account_pages.py",
    "test_store_away.py",
}  # fmt: skip
ON_A_SERVER = "_on_s3"  # the same module, on another twin of a part


@pytest.mark.parametrize("top", ["eduvideo", "transcoding", "search"])
def test_tests_mirror_the_code(top: str) -> None:
    """A test file is named for a module or a package that exists."""
    orphans = []
    for test in (ROOT / "tests" / top).rglob("test_*.py"):
        module = (
            ROOT / test.parent.relative_to(ROOT / "tests") / test.name.removeprefix("test_").replace(ON_A_SERVER, "")
        )
        if test.name not in BEYOND_ONE_MODULE and not module.exists() and not module.with_suffix("").is_dir():
            orphans.append(str(test.relative_to(ROOT)))
    assert orphans == []

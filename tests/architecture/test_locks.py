"""Lock files must serve everywhere: versions and hashes, no download addresses."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["run", "dev", "ffmpeg", "node"])
def test_python_locks_have_hashes_and_no_addresses(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^-", text, flags=re.MULTILINE)
    entries = re.split(r"\n(?=\S)", text.strip())
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_developers_lock_holds_the_runners() -> None:
    pins = {
        name: set(
            re.findall(r"^([a-z0-9-]+==[^ ;]+)", (ROOT / "requirements" / f"{name}.lock").read_text(), re.MULTILINE)
        )
        for name in ("run", "dev")
    }
    assert pins["run"] <= pins["dev"]


@pytest.mark.parametrize("folder", ["frontend", "tests/bench/lighthouse"])
def test_the_npm_locks_have_no_addresses(folder: str) -> None:
    packages = json.loads((ROOT / folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert [name for name, entry in packages.items() if "resolved" in entry and not entry.get("link")] == []
    assert all("integrity" in entry for name, entry in packages.items() if name and not entry.get("link"))

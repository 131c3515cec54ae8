"""The built frontend: which files an entry needs, from Vite's manifest, and its list of texts."""

import json
import logging
from dataclasses import dataclass
from functools import cache
from pathlib import Path

logger = logging.getLogger(__name__)

DIST = Path(__file__).parent / "static" / "dist"


@dataclass(frozen=True, slots=True)
class EntryFiles:
    """Paths below the static root: the script, what it imports at once, and all their styles."""

    script: str
    imports: tuple[str, ...]
    styles: tuple[str, ...]


@cache
def entry_files(name: str) -> EntryFiles | None:
    """Return the files of an entry such as "watch", or None (and a warning) where the frontend is not built."""
    entry = _manifest().get(f"src/entries/{name}.ts")
    if entry is None:
        logger.warning("The frontend has no entry %s: run `make setup`", name)
        return None
    return EntryFiles(
        f"dist/{entry['file']}",
        tuple(f"dist/{path}" for path in _imports(entry)),
        tuple(f"dist/{path}" for path in _styles(entry)),
    )


@cache
def frontend_messages() -> tuple[str, ...]:
    """Return the texts that the frontend's elements show, in English."""
    try:
        return tuple(json.loads((DIST / "messages.json").read_text(encoding="utf-8")))
    except FileNotFoundError:
        return ()


@cache
def worker_text() -> str | None:
    """Return the built service worker, or None where the frontend is not built."""
    entry = _manifest().get("src/shell/worker.ts")
    return (DIST / str(entry["file"])).read_text(encoding="utf-8") if entry else None


def _imports(entry: dict[str, object]) -> list[str]:
    """Return the scripts that an entry imports at once, and those that these import, each once."""
    found: dict[str, None] = {}
    for name in _strings(entry.get("imports")):
        chunk = _manifest()[name]
        found |= dict.fromkeys([str(chunk["file"]), *_imports(chunk)])
    return list(found)


def _styles(entry: dict[str, object]) -> list[str]:
    """Return an entry's style sheets with those of the chunks that it imports at once, each once, in order."""
    found: dict[str, None] = {}
    for name in _strings(entry.get("imports")):
        found |= dict.fromkeys(_styles(_manifest()[name]))
    return list(found | dict.fromkeys(_strings(entry.get("css"))))


def _strings(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


@cache
def _manifest() -> dict[str, dict[str, object]]:
    try:
        manifest: dict[str, dict[str, object]] = json.loads((DIST / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return manifest

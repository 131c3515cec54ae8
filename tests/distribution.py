"""How tests are shared out to the processes of a run: what has an `xdist_group` in common stays together.

pytest-xdist writes the group into an id that pytest 9.2 no longer reads (pytest-xdist issue 1386), so `--dist loadgroup`
would not know of any group. Until it does, the processes leave the groups in the folder of the run.
"""

import functools
import json
import os
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadGroupScheduling

GROUPS = Path(os.environ["TESTS_RUN"]) / "groups.json"


class Together(LoadGroupScheduling):
    """Largest groups first, then what is in none, in the order of the collection."""

    @functools.cached_property
    def _groups(self) -> dict[str, str]:
        return dict(json.loads(GROUPS.read_text(encoding="utf-8")))

    def _split_scope(self, nodeid: str) -> str:
        return self._groups.get(nodeid, nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadGroupScheduling | None:
    return Together(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.hookimpl(trylast=True)  # after the shuffle, and after the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no process works alone at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    marks = {item.nodeid: item.get_closest_marker("xdist_group") for item in items}
    draft = GROUPS.with_name(f"groups-{os.getpid()}.json")
    draft.write_text(json.dumps({name: mark.args[0] for name, mark in marks.items() if mark}), encoding="utf-8")
    draft.replace(GROUPS)

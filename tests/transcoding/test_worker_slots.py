"""How many transcodes a machine runs at once."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcoding import worker
from transcoding.messages import TRANSCODE_QUEUE
from transcoding.settings import Settings
from transcoding.worker import choose_slots
from transcoding.worker_slots import (
    CORES_PER_JOB,
    MEMORY_PER_JOB_BYTES,
    slots_for,
    usable_cores,
    usable_memory_bytes,
)

GIB = 1024**3


@pytest.mark.parametrize(
    ("cores", "gib", "slots"),
    [(1, 1, 1), (2, 8, 1), (4, 8, 1), (6, 8, 2), (8, 16, 2), (64, 128, 16), (64, 4, 2), (0.5, 0.25, 1)],
)
def test_a_machine_runs_what_its_cores_and_memory_allow(cores: float, gib: float, slots: int) -> None:
    assert slots_for(cores=cores, memory_bytes=int(gib * GIB)) == slots


@given(st.floats(0.1, 512), st.integers(0, 2**42))
def test_there_is_always_one_and_never_more_than_either_allows(cores: float, memory_bytes: int) -> None:
    slots = slots_for(cores=cores, memory_bytes=memory_bytes)
    assert slots >= 1
    assert slots == 1 or slots * MEMORY_PER_JOB_BYTES <= memory_bytes
    assert slots == 1 or slots <= cores / CORES_PER_JOB + 0.5


@pytest.mark.parametrize("text", ["max 100000", "max", "", "x y", "-1 5"])
def test_a_container_without_a_limit_has_the_machine(tmp_path: Path, text: str) -> None:
    for name in ("cpu.max", "memory.max"):
        (tmp_path / name).write_text(text)
    assert usable_cores(tmp_path) == usable_cores(tmp_path / "none") >= 1
    assert usable_memory_bytes(tmp_path) == usable_memory_bytes(tmp_path / "none") > 0


def test_a_container_has_no_more_than_its_limits(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    (tmp_path / "memory.max").write_text("268435456\n")
    assert (usable_cores(tmp_path), usable_memory_bytes(tmp_path)) == (0.5, 268435456)


@pytest.mark.parametrize(
    ("queue", "setting", "option", "chosen"),
    [
        (TRANSCODE_QUEUE, 0, None, 7),
        (TRANSCODE_QUEUE, 3, None, 3),
        (TRANSCODE_QUEUE, 3, 2, None),
        ("other", 3, None, None),
    ],
)
def test_the_command_line_is_above_the_setting_and_that_above_the_machine(
    monkeypatch: pytest.MonkeyPatch, queue: str, setting: int, option: int | None, chosen: int | None
) -> None:
    monkeypatch.setattr(worker, "settings", lambda: Settings(transcode_slots=setting))
    monkeypatch.setattr(worker, "slots_for", lambda **_: 7)
    conf = SimpleNamespace(task_default_queue=queue, worker_concurrency=None)
    choose_slots(conf=conf, options={"concurrency": option})
    assert conf.worker_concurrency == chosen

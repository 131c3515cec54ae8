import os
import struct
from pathlib import Path

import pytest

from tests.transcoding.deaf_model import write_model
from transcoding.speech_model import MARK, ModelError, fitted_model, without_marks


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("model") / "a model's [file]: ,.bin"
    write_model(file)
    return file


def test_every_token_is_marked_and_nothing_else_changes(model: Path, tmp_path: Path) -> None:
    before, after = model.read_bytes(), fitted_model(model, folder=tmp_path / "new").read_bytes()
    assert len(after) == len(before) + 102  # 103 tokens, and the one space as it was
    assert struct.pack("<I", 7) + MARK + b" Hello" in after
    assert struct.pack("<I", 1) + b" " in after
    assert without_marks(after[-1_000_000:]) == without_marks(before[-1_000_000:])


def test_it_is_made_once_and_again_for_another_model(model: Path, tmp_path: Path) -> None:
    first = fitted_model(model, folder=tmp_path)
    made_ns = first.stat().st_mtime_ns
    assert fitted_model(model, folder=tmp_path).stat().st_mtime_ns == made_ns
    os.utime(model, ns=(1, 1))
    assert fitted_model(model, folder=tmp_path) != first
    assert all(file.suffix == ".bin" for file in tmp_path.iterdir())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"lmgg",
        b"GGUF" + bytes(100),
        struct.pack("<I11i2i", 0x67676D6C, *range(11), 1 << 15, 1 << 15),
        struct.pack("<I11i2ifi", 0x67676D6C, *range(11), 1, 1, 0.0, 1 << 30),
        struct.pack("<I11i2ifiI", 0x67676D6C, *range(11), 1, 1, 0.0, 5, 1 << 31),
        struct.pack("<I11i2ifiI", 0x67676D6C, *range(11), 1, 1, 0.0, 5, 9) + b"short",
    ],
    ids=["empty", "only a name", "another kind", "filters", "vocabulary", "token", "cut"],
)
def test_what_is_no_model_is_refused_and_leaves_nothing(data: bytes, tmp_path: Path) -> None:
    file, folder = tmp_path / "x.bin", tmp_path / "models"
    file.write_bytes(data)
    with pytest.raises(ModelError):
        fitted_model(file, folder=folder)
    assert list(folder.iterdir()) == []

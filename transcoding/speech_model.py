"""A whisper.cpp model made fit for ffmpeg's filter.

ffmpeg 8.0's whisper filter leaves out the first byte of every text it is given, taking it for the space before an
English word; of a Chinese one it breaks the first character. So the filter gets a copy of the model in whose vocabulary
a MARK stands before every token: whichever way it cuts, only marks are lost, and `without_marks` takes out the others.
The layout is that of whisper.cpp's whisper_model_load; all numbers are little-endian.
"""

import hashlib
import os
import shutil
import struct
from pathlib import Path
from typing import BinaryIO

MARK = b"\x01"
MAGIC = 0x67676D6C
MODEL_NUMBERS = 11
SPACE = b" "  # whisper.cpp looks for this token by its text
MAX_FILTERS, MAX_VOCABULARY, MAX_TOKEN_BYTES = 1 << 20, 1 << 20, 1 << 16


class ModelError(Exception):
    """The file is no model of whisper.cpp."""


def fitted_model(model: Path, *, folder: Path) -> Path:
    """Return the copy of a model that the filter is to load; it is made once in `folder` and may be used by many.

    Raises ModelError for a file of another kind, OSError where it cannot be read or copied.
    """
    facts = model.stat()
    identity = f"{model.resolve()}|{facts.st_size}|{facts.st_mtime_ns}|{MARK!r}"
    fitted = folder / f"{hashlib.sha256(identity.encode()).hexdigest()[:32]}.bin"
    if not fitted.is_file():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = folder / f"{fitted.name}.{os.getpid()}.draft"
        try:
            with model.open("rb") as source, draft.open("wb") as target:
                _copy_marked(source, target)
            draft.replace(fitted)
        finally:
            draft.unlink(missing_ok=True)
    return fitted


def without_marks(data: bytes) -> bytes:
    """Return what the filter wrote as the model meant it."""
    return data.replace(MARK, b"")


def _copy_marked(source: BinaryIO, target: BinaryIO) -> None:
    magic, *_numbers = _copied(source, target, f"<I{MODEL_NUMBERS}i")
    if magic != MAGIC:
        raise ModelError("it does not begin as a ggml model does")
    mels, bins = _copied(source, target, "<2i")
    if not 0 < mels * bins <= MAX_FILTERS:
        raise ModelError(f"it has {mels} x {bins} mel filters")
    _copied(source, target, f"<{mels * bins}f")
    (count,) = _copied(source, target, "<i")
    if not 0 < count <= MAX_VOCABULARY:
        raise ModelError(f"it has a vocabulary of {count} tokens")
    for _token in range(count):
        (size,) = struct.unpack("<I", _read(source, 4))
        if size > MAX_TOKEN_BYTES:
            raise ModelError(f"it has a token of {size} bytes")
        token = _read(source, size)
        marked = token if token in {b"", SPACE} else MARK + token
        target.write(struct.pack("<I", len(marked)) + marked)
    shutil.copyfileobj(source, target, 1 << 20)


def _copied(source: BinaryIO, target: BinaryIO, layout: str) -> tuple[int, ...]:
    data = _read(source, struct.calcsize(layout))
    target.write(data)
    return struct.unpack(layout, data)


def _read(source: BinaryIO, size: int) -> bytes:
    data = source.read(size)
    if len(data) != size:
        raise ModelError("it ends too early")
    return data

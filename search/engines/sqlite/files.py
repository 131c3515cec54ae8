"""The files of an index: which one serves, which one is being built, and how the one becomes the other.

    current                       the name of the file that serves
    index-<format>-<stamp>.sqlite3          an index
    index-<format>-<stamp>.building         says that a rebuild is filling it

While a rebuild runs, every write goes to its file first and to the serving one second: whenever `current` changes in
between, the file that serves in the end has it. A write that looked for the files before the rebuild began needs no
repeating, because the rebuild reads its documents later than that write did.
"""

import os
import secrets
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from zlib import crc32

# An index is of use only to the program that made its tokens, which are made again when a document goes. Raise the
# number with every change of the schema or of what is made of texts; the versions tell what libraries change in it.
_LIBRARIES = ("opencc", "pypinyin", "pystemmer", "rjieba")
FORMAT = f"5{crc32(' '.join(version(name) for name in _LIBRARIES).encode()):08x}"
POINTER = "current"
BUILDING = ".building"


class Files:
    """The files of one folder. Raises OSError where it cannot be used."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pointer = folder / POINTER

    def serving(self) -> Path | None:
        """Return the file that serves; None where there is none yet of this format."""
        try:
            name = self._pointer.read_text(encoding="ascii")
        except FileNotFoundError:
            return None
        return self.folder / name if name.startswith(f"index-{FORMAT}-") else None

    def building(self) -> list[Path]:
        """Return the files that rebuilds are filling."""
        return [path.with_suffix(".sqlite3") for path in sorted(self.folder.glob(f"index-{FORMAT}-*{BUILDING}"))]

    def new(self) -> Path:
        return self.folder / f"index-{FORMAT}-{datetime.now(tz=UTC):%Y%m%d%H%M%S}-{secrets.token_hex(4)}.sqlite3"

    def serve_first(self, path: Path) -> None:
        """Let a file serve unless another does; of two who try at once, one succeeds."""
        replace = self._pointer.exists()  # it then names a file of another format, or one that is gone
        before = self.serving()
        if before is None or not before.exists():
            self._point_to(path, replace=replace)
        if self.serving() != path:
            self.remove(path)

    def begin(self) -> Path:
        """Name a file to fill, and remove those that killed rebuilds left; the one that began last wins."""
        for path in self.building():
            self.remove(path)
        return self.new()

    def announce(self, path: Path) -> None:
        """Let others write to a file too, whose tables are there."""
        path.with_suffix(BUILDING).touch()

    def is_taken_over(self, path: Path) -> bool:
        return not path.with_suffix(BUILDING).exists()

    def serve(self, path: Path) -> None:
        """Let a filled file serve, in one step for readers and writers, then remove every other one."""
        self._point_to(path, replace=True)
        path.with_suffix(BUILDING).unlink(missing_ok=True)
        for other in self.folder.glob("*.sqlite3"):
            if other != path and not other.with_suffix(BUILDING).exists():
                self.remove(other)

    def remove(self, path: Path) -> None:
        path.with_suffix(BUILDING).unlink(missing_ok=True)
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)

    def _point_to(self, path: Path, *, replace: bool) -> None:
        handle, name = tempfile.mkstemp(dir=self.folder, prefix=POINTER)
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.write(path.name)
        if replace:
            Path(name).replace(self._pointer)
            return
        try:
            os.link(name, self._pointer)
        except FileExistsError:
            pass
        finally:
            Path(name).unlink()

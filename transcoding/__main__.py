"""`python -m transcoding INPUT OUTDIR`: one file, no Django, no database, no broker.

Exit 0: OUTDIR holds master.m3u8, the renditions, poster.jpg and posters/ to choose another from, storyboard/ and
result.json. Exit 2: the input cannot be used; one line says why and OUTDIR stays empty. Exit 1: our fault. While it
runs, master.m3u8 appears as soon as the first seconds can be played.
"""

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from transcoding.errors import CancelledError, SourceError, TranscodingError
from transcoding.messages import RESULT_NAME, EventKind, FailureCode, Snapshot, Stage, TranscodeEvent
from transcoding.pipeline import transcode
from transcoding.playlist import MASTER_NAME, multivariant
from transcoding.run import Job, Result
from transcoding.sandbox import StopSignal, Toolbox
from transcoding.settings import programs, settings
from transcoding.storage import CHANGING, FolderMediaStore, put_file
from transcoding.workspace import private_folder


class RecordingStore(FolderMediaStore):
    """Remembers what it wrote, so that a refused input leaves nothing behind."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.written: set[str] = set()

    def put(self, path: Path, key: str, *, content_type: str, cache_control: str) -> None:
        self.written.add(key)
        super().put(path, key, content_type=content_type, cache_control=cache_control)

    def forget(self) -> None:
        for key in self.written:
            (self.root / key).unlink(missing_ok=True)
        folders = {parent for key in self.written for parent in Path(key).parents if parent != Path()}
        for folder in sorted(folders, key=lambda path: len(path.parts), reverse=True):
            place = self.root / folder
            if place.is_dir() and not any(place.iterdir()):
                place.rmdir()


class LocalFile:
    """The source: a file of the user's, which may be called anything. Nothing is ever put here."""

    def __init__(self, file: Path) -> None:
        self._file = file.resolve()

    def fetch(self, key: str, path: Path, *, check: Callable[[], None]) -> None:  # noqa: ARG002 - there is only this one
        path.symlink_to(self._file)


class Terminal:
    """Progress on stderr: a line that rewrites itself on a terminal, one line per five percent elsewhere."""

    def __init__(self, output: RecordingStore, folder: Path) -> None:
        self._output, self._folder = output, folder
        self._is_terminal = sys.stderr.isatty()
        self._last = ""

    def news(self, kind: EventKind, *, stage: Stage, percent: float, snapshot: Snapshot) -> None:
        if kind is EventKind.PLAYABLE:
            self.write_master(snapshot)
        shown = f"{stage:8} {percent if self._is_terminal else percent // 5 * 5:5.1f} %"
        if shown != self._last:
            self._last = shown
            print(f"\r{shown}" if self._is_terminal else shown, end="" if self._is_terminal else "\n", file=sys.stderr)

    def write_master(self, snapshot: Snapshot) -> None:
        file = self._folder / MASTER_NAME
        file.write_text(multivariant(snapshot.renditions, captions=snapshot.captions), encoding="utf-8")
        put_file(self._output, file, MASTER_NAME, cache_control=CHANGING)
        file.unlink()  # the store may have linked it: the next one must be another file

    def end_line(self) -> None:
        if self._is_terminal:
            print(file=sys.stderr)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m transcoding", description=__doc__.partition("\n")[0])
    parser.add_argument("input", type=Path, metavar="INPUT")
    parser.add_argument("outdir", type=Path, metavar="OUTDIR")
    parser.add_argument("--language", default="und", help="language of the sound, as a BCP 47 tag: en, zh ...")
    parser.add_argument(
        "--copy-top", action="store_true", help="keep the source's own picture as the largest rung where it fits"
    )
    options = parser.parse_args(arguments)
    stop = StopSignal()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.request_from_signal_handler(CancelledError("Stopped before the end.")))
    output = RecordingStore(options.outdir.resolve())
    try:
        job = Job(
            source_key=options.input.name,
            source=LocalFile(options.input),
            output=output,
            output_prefix="",
            language=options.language,
            may_copy=options.copy_top,
        )
        _transcode_file(options.input, job, output, stop=stop)
    except SourceError as error:
        output.forget()
        print(error.message, file=sys.stderr)
        return 2
    except (TranscodingError, OSError) as error:
        output.forget()
        print(f"{error} {getattr(error, 'detail', '')}".strip(), file=sys.stderr)
        return 1
    return 0


def _transcode_file(source: Path, job: Job, output: RecordingStore, *, stop: StopSignal) -> None:
    if not source.is_file():
        raise SourceError(f"There is no such file: {source}", code=FailureCode.SOURCE_MISSING)
    output.root.mkdir(parents=True, exist_ok=True)
    with private_folder(settings().transcode_work) as folder:
        terminal = Terminal(output, folder)
        tools = Toolbox(folder=folder, programs=programs(), limits=settings().limits, stop=stop)
        result = transcode(job, listener=terminal, tools=tools)
        terminal.write_master(result.snapshot)
        record = folder / RESULT_NAME
        record.write_text(result.record_json(_done(result)), encoding="utf-8")
        put_file(output, record, RESULT_NAME)
        terminal.end_line()


def _done(result: Result) -> TranscodeEvent:
    return TranscodeEvent(
        job="cli", token=1, seq=1, kind=EventKind.DONE, stage=Stage.PUBLISH, percent=100, snapshot=result.snapshot
    )


if __name__ == "__main__":
    sys.exit(main())

"""What `import_video` shows while a lesson is made, and what it refuses."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from rich.console import Console
from rich.progress import Progress

from eduvideo.accounts.models import Role
from eduvideo.media.models import Asset, AssetState, Priority
from eduvideo.media.queries import Processing, RenditionProgress
from eduvideo.site.management.commands import import_video
from eduvideo.site.management.commands.import_video import StageBars
from tests.factories.danmaku import a_person

HEIGHTS = (RenditionProgress(720, "encoding"), RenditionProgress(360, "encoding"))


def at(stage: str, percent: float, *, state: str = AssetState.PROCESSING, heights: bool = False) -> Processing:
    return Processing(state, stage, percent, "Waiting for a free machine.", HEIGHTS if heights else ())


def shown(*news: Processing) -> list[tuple[str, float, bool]]:
    """Return (words, percent, whether its clock stands) of every bar after some news."""
    progress = Progress(console=Console(file=io.StringIO()))
    bars = StageBars(progress)
    for processing in news:
        bars.show(processing)
    return [(task.description, task.completed, task.finished) for task in progress.tasks]


def test_every_stage_has_its_bar_and_only_the_present_one_moves() -> None:
    waiting, fetching, encoding = at("", 0), at("fetch", 0.5), at("encode", 41, heights=True)
    assert shown(waiting, fetching, encoding) == [
        ("Waiting for a free machine.", 100, True),
        ("Fetching the recording", 100, True),
        ("Encoding 720p 360p", 41, False),
    ]


def test_every_bar_is_full_at_the_end() -> None:
    ready = at("publish", 100, state=AssetState.READY)
    assert all(finished for _words, _percent, finished in shown(at("encode", 90), ready))


def test_a_stage_that_begins_again_starts_at_its_new_percentage() -> None:
    bars = shown(at("encode", 60), at("", 0), at("fetch", 0.5), at("encode", 3))
    assert [percent for _words, percent, _finished in bars] == [3, 100, 100]


@pytest.mark.django_db
def test_what_cannot_be_done_is_said_in_one_sentence(tmp_path: Path) -> None:
    options = ["--title", "T", "--subject", "physics", "--grade", "8", "--language", "en"]
    with pytest.raises(CommandError, match="is no file"):
        call_command("import_video", str(tmp_path / "none.mp4"), *options)
    file = tmp_path / "lesson.mp4"
    file.write_bytes(b"x")
    with pytest.raises(CommandError, match=r"There is no account of nobody@example\.org"):
        call_command("import_video", str(file), *options, "--creator", "nobody@example.org")
    student = a_person(Role.STUDENT)
    with pytest.raises(CommandError, match="is a student"):
        call_command("import_video", str(file), *options, "--creator", student.email)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("options", "priority"), [((), Priority.BULK), (("--wait",), Priority.WAITED_FOR)])
def test_an_import_stands_back_unless_somebody_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], priority: Priority
) -> None:
    monkeypatch.setattr(import_video, "wait_until_published", lambda _video: None)
    file = tmp_path / "lesson.mp4"
    file.write_bytes(b"x")
    given = ("--title", "T", "--subject", "physics", "--grade", "8", "--language", "en", *options)
    call_command("import_video", str(file), *given, stdout=io.StringIO())
    assert Asset.objects.get().priority == priority

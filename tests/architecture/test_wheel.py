"""What is installed is what was tested: the wheel has everything that a server needs, and nothing else."""

import os
import re
import secrets
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    return next(folder.glob("eduvideo-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel unpacked as an installer would, away from the checkout."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def manage(installed: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a management command of the installed platform, from an empty folder, with no other environment."""
    work = installed.parent / f"{installed.name}-work"
    work.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-m", "eduvideo.config.manage", *arguments],
        cwd=work,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(installed), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_built_frontend_translations_and_data_are_in_it_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for needed in (
        "eduvideo/site/static/dist/manifest.json",
        "eduvideo/site/locale/zh_Hans/LC_MESSAGES/django.mo",
        "eduvideo/site/templates/site/watch.html",
        "eduvideo/moderation/words.txt",
        "eduvideo/catalog/migrations/0001_initial.py",
        "transcoding/tasks.py",
        "search/engines/sqlite/engine.py",
        "search/vocabulary.tsv",
        "search/stop_words.txt",
        "search/word_endings.txt",
        "search/word_families.txt",
    ):
        assert needed in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"eduvideo", "transcoding", "search"}
    assert not [name for name in names if re.search(r"(^|/)tests?/|\.map$", name)]


def test_the_installed_platform_migrates_and_collects_its_static_files(installed: Path, tmp_path: Path) -> None:
    data = tmp_path / "var"
    done = manage(installed, "migrate", "--verbosity", "0", EDUVIDEO_DATA=str(data))
    assert done.returncode == 0, done.stderr
    done = manage(installed, "collectstatic", "--no-input", "--verbosity", "0", EDUVIDEO_DATA=str(data))
    assert done.returncode == 0, done.stderr
    assert (data / "static" / "dist" / "manifest.json").is_file()


def test_django_finds_nothing_to_say_of_a_deployment(installed: Path, tmp_path: Path) -> None:
    done = manage(
        installed, "check", "--deploy", "--fail-level", "WARNING",
        EDUVIDEO_DATA=str(tmp_path), EDUVIDEO_BASE_URL="https://video.example.org",
        EDUVIDEO_SECRET_KEY=secrets.token_urlsafe(50),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout

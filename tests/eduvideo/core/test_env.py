import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from eduvideo.core.env import Environment
from transcoding.settings import Settings as TranscodingSettings

README = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")


def test_readme_names_every_setting_and_no_other() -> None:
    told = set(re.findall(r"^\| `(EDUVIDEO_[A-Z0-9_]+)`", README, flags=re.MULTILINE))
    known = {**Environment.model_fields, **TranscodingSettings.model_fields}
    assert told == {f"EDUVIDEO_{name.upper()}" for name in known}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EDUVIDEO_BASE_URL", "example.org"),
        ("EDUVIDEO_MEDIA_URL", "cdn.example"),
        ("EDUVIDEO_UPLOAD_MAX_BYTES", "many"),
        ("EDUVIDEO_DANMAKU_PER_MINUTE", "0"),
    ],
)
def test_a_wrong_value_names_its_variable(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as caught:
        Environment()
    assert f"EDUVIDEO_{str(caught.value.errors()[0]['loc'][0]).upper()}" == name


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDUVIDEO_ALLOWED_HOSTS", "a.example, b.example")
    assert Environment().allowed_hosts == ("a.example", "b.example")

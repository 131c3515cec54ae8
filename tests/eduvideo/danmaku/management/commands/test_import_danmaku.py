import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from eduvideo.catalog.models import Video
from eduvideo.danmaku import queries
from eduvideo.danmaku.models import Danmaku
from tests.factories.danmaku import a_lesson

pytestmark = pytest.mark.django_db

XML = """<?xml version="1.0" encoding="UTF-8"?><i>
<d p="1.50000,5,36,16711680,1600000000,0,5bd04b14,29950852386521095,8">问 &lt;1&gt;</d>
<d p="2.00000,8,25,255,1600000000,2,5bd04b14,7,5">code()</d>
<d p="broken">x</d>
</i>
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "danmaku.xml"
    file.write_text(XML, encoding="utf-8")
    return file


def run(*arguments: object) -> str:
    out = io.StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


def test_a_file_is_added_and_what_could_not_be_read_is_counted(lesson: Video, file: Path) -> None:
    assert "Added 2 danmaku; 1 could not" in run("import_danmaku", lesson.public_id, file)
    (shown,) = queries.segment(lesson, 0).items
    assert (shown.text, shown.mode, shown.color, shown.size_px, shown.weight) == ("问 <1>", "top", "#ff0000", 36, 8)
    assert queries.visible_counts([lesson]) == {lesson.pk: 1}


@pytest.mark.parametrize("kind", ["xml", "json"])
def test_what_is_exported_can_be_imported_elsewhere_and_is_exported_alike(lesson: Video, file: Path, kind: str) -> None:
    run("import_danmaku", lesson.public_id, file)
    out = run("export_danmaku", lesson.public_id, "--format", kind)
    other = a_lesson()
    file.write_text(out, encoding="utf-8")
    run("import_danmaku", other.public_id, file)
    columns = ("seq", "position_ms", "mode", "color", "size_px", "text", "weight", "kind", "raw", "created_at")
    first, second = (
        list(Danmaku.objects.filter(video=v).order_by("seq").values_list(*columns)) for v in (lesson, other)
    )
    assert first == second


def test_authors_are_told_apart_within_a_video_and_by_no_hash_of_the_file(lesson: Video, file: Path) -> None:
    run("import_danmaku", lesson.public_id, file)
    out = run("export_danmaku", lesson.public_id)
    assert "5bd04b14" not in out
    assert "29950852386521095" in out
    (key,) = set(Danmaku.objects.values_list("author_key", flat=True))
    assert out.count(key) == 2


def test_a_broken_file_adds_nothing_and_says_where(lesson: Video, file: Path) -> None:
    file.write_text(XML.replace("</i>", ""), encoding="utf-8")
    with pytest.raises(CommandError, match=r"Line \d+.*Nothing was added"):
        run("import_danmaku", lesson.public_id, file)
    assert not Danmaku.objects.exists()


def test_a_wrong_video_or_file_is_told(lesson: Video, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no video nobody"):
        run("import_danmaku", "nobody", tmp_path / "x.xml")
    with pytest.raises(CommandError, match="cannot be read"):
        run("import_danmaku", lesson.public_id, tmp_path / "x.xml")
    with pytest.raises(CommandError, match="no video nobody"):
        run("export_danmaku", "nobody")

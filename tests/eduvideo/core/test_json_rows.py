import pytest
from django.db.models import OuterRef

from eduvideo.catalog.models import Chapter, Video
from eduvideo.core.json_rows import json_rows
from tests.factories.catalog import a_video

pytestmark = pytest.mark.django_db


def test_each_row_has_all_rows_of_its_relation() -> None:
    first, second, without = (a_video() for _ in range(3))
    for video, start_ms, title in ((first, 5_000, 'A "b" 分数'), (first, 0, "Start"), (second, 2**40, "")):
        Chapter.objects.create(video=video, start_ms=start_ms, title=title)
    chapters = json_rows(Chapter.objects.filter(video=OuterRef("pk")), "start_ms", "title")
    found = {pk: sorted(rows) for pk, rows in Video.objects.values_list("pk", chapters)}
    assert found == {first.pk: [[0, "Start"], [5_000, 'A "b" 分数']], second.pk: [[2**40, ""]], without.pk: []}


def test_what_is_not_there_is_none() -> None:
    video = a_video()
    rows = json_rows(Video.objects.filter(pk=OuterRef("pk")), "public_id", "organization__name")
    assert Video.objects.values_list(rows).get() == ([[video.public_id, None]],)

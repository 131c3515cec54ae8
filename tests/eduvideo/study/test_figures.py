import io
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from eduvideo.catalog.models import Video, Visibility
from eduvideo.catalog.services import delete_video
from eduvideo.core import clock
from eduvideo.core.objects import open_objects
from eduvideo.core.relay import relay_due_events
from eduvideo.media.audit import compare_storage
from eduvideo.media.collect import collect_stale_media
from eduvideo.study import figures
from eduvideo.study.models import Figure
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db


def a_drawing(size: tuple[int, int] = (400, 300)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "white").save(file, "PNG")
    return file.getvalue()


def upload(video: Video, data: bytes, *, by: Any = None) -> Any:
    path = f"/api/v1/videos/{video.public_id}/figures"
    return asking(by or video.owner).post(path, data, content_type="image/png")


def test_a_picture_is_kept_with_the_lesson_and_shown_in_its_guide() -> None:
    video = a_video()
    made = upload(video, a_drawing((3200, 1200)))
    assert made.status_code == 201
    figure = made.json()
    assert (figure["width_px"], figure["height_px"]) == (1600, 600)
    assert figure["markdown"] == f"![]({figure['url']})"
    shown = asking(None).get(figure["url"])
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/webp")
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert Image.open(io.BytesIO(shown.content)).size == (1600, 600)
    again = asking(None).get(figure["url"], headers={"If-None-Match": shown.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert asking(None).get(figure["url"].replace("1600", "1601")).status_code == 404


def test_it_is_for_whoever_may_watch() -> None:
    video = a_video()
    url = upload(video, a_drawing()).json()["url"]
    Video.objects.filter(pk=video.pk).update(visibility=Visibility.EMBED)
    assert asking(None).get(url).status_code == 404
    assert asking(a_person()).get(url).status_code == 404
    assert asking(video.owner).get(url).status_code == 200


def test_only_editors_add_list_and_delete() -> None:
    video, other = a_video(), a_person()
    figure = upload(video, a_drawing()).json()
    path = f"/api/v1/videos/{video.public_id}/figures"
    assert upload(video, a_drawing(), by=other).status_code == 403
    assert asking(other).get(path).status_code == 403
    assert asking(None).get(path).status_code == 401
    assert asking(other).delete(f"{path}/{figure['id']}").status_code == 403
    assert asking(video.owner).get(path).json()["items"] == [figure]
    elsewhere = f"/api/v1/videos/{a_video(owner=video.owner).public_id}/figures/{figure['id']}"
    assert asking(video.owner).delete(elsewhere).status_code == 404
    assert asking(video.owner).delete(f"{path}/{figure['id']}").status_code == 204
    assert not Figure.objects.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"GIF89a" + bytes(100),
        a_drawing()[:-40],
        b"<!doctype html><script>alert(1)</script>",
    ],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    video = a_video()
    answer = upload(video, data)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "file"
    assert not Figure.objects.exists()


def test_a_picture_that_is_something_else_too_is_only_a_picture() -> None:
    url = upload(a_video(), a_drawing() + b"<script>alert(1)</script>PK\x03\x04").json()["url"]
    assert b"script" not in asking(None).get(url).content


def test_a_file_has_an_end_and_a_guide_has_room_for_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    video = a_video()
    assert upload(video, bytes(5 * 1024 * 1024 + 1)).status_code == 413
    monkeypatch.setattr(figures, "MOST_FIGURES", 1)
    assert upload(video, a_drawing()).status_code == 201
    assert upload(video, a_drawing()).status_code == 409


@pytest.mark.django_db(transaction=True)
def test_it_stays_while_the_lesson_does_and_goes_with_it(clean_store: None, monkeypatch: pytest.MonkeyPatch) -> None:
    video = a_video()
    upload(video, a_drawing())
    key = Figure.objects.select_related("video__asset").get().object_key
    later = clock.now() + timedelta(days=3)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert collect_stale_media() == 0
    assert key not in compare_storage().unowned
    monkeypatch.undo()
    delete_video(video, by=video.owner)
    relay_due_events()
    assert open_objects().info(key) is None


@pytest.mark.django_db(transaction=True)
def test_what_no_row_knows_is_collected_a_day_later(clean_store: None, monkeypatch: pytest.MonkeyPatch) -> None:
    video = a_video()
    upload(video, a_drawing())
    kept = Figure.objects.select_related("video__asset").get().object_key
    stray = f"assets/{video.asset.public_id}/figures/nobody.webp"
    captions = f"assets/{video.asset.public_id}/captions/en-r1.vtt"
    for key in (stray, captions):
        open_objects().write(key, b"x", content_type="image/webp")
    assert figures.collect_stray_figures() == 0
    later = clock.now() + timedelta(days=1, minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert [figures.collect_stray_figures(), figures.collect_stray_figures()] == [1, 0]
    assert {info.key for info in open_objects().list("assets/")} == {kept, captions}


@pytest.mark.django_db(transaction=True)
def test_one_that_is_deleted_is_gone_from_the_store() -> None:
    video = a_video()
    figure = upload(video, a_drawing()).json()
    key = Figure.objects.select_related("video__asset").get().object_key
    assert open_objects().info(key) is not None
    asking(video.owner).delete(f"/api/v1/videos/{video.public_id}/figures/{figure['id']}")
    assert open_objects().info(key) is None

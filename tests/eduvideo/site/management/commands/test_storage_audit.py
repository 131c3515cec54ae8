import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from PIL import Image

from eduvideo.catalog import services
from eduvideo.catalog.models import Video
from eduvideo.core.objects import DirectStore, open_objects
from eduvideo.core.relay import relay_due_events
from eduvideo.discovery.engine import search_engine
from eduvideo.media import captioning
from eduvideo.media import services as media
from eduvideo.media.collect import collect_stale_media
from eduvideo.media.models import Asset
from eduvideo.study import figures
from eduvideo.uploads import partial
from eduvideo.uploads.models import Upload, UploadState
from eduvideo.uploads.services import complete_upload
from search.documents import Document
from tests.factories.catalog import a_video
from tests.factories.media import a_played_asset
from tests.factories.uploads import an_upload

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_store", "each_store", "index")]
CAPTIONS = "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"


@pytest.fixture
def index(tmp_path: Path, settings: Any) -> Iterator[None]:
    """Let the platform have an index of its own."""
    settings.EDUVIDEO = settings.EDUVIDEO.model_copy(update={"search_url": str(tmp_path / "search")})
    search_engine.cache_clear()
    yield
    search_engine().close()
    search_engine.cache_clear()


def audit() -> tuple[int, list[str]]:
    """Return the exit code and the lines before the sum."""
    out = io.StringIO()
    code = 0
    try:
        call_command("storage_audit", stdout=out)
    except SystemExit as end:
        code = int(str(end.code))
    return code, out.getvalue().splitlines()[:-1]


@pytest.fixture
def asset() -> Asset:
    asset = a_played_asset()
    captioning.put_captions(asset, language="en", text=CAPTIONS)
    open_objects().check()
    return asset


def test_a_whole_lesson_is_in_order(asset: Asset) -> None:
    assert audit() == (0, [])


def test_what_only_waits_for_collection_is_in_order(asset: Asset) -> None:
    captioning.put_captions(asset, language="en", text=CAPTIONS)
    captioning.delete_captions(asset, language="en")
    assert audit() == (0, [])


@pytest.mark.parametrize(
    "key",
    [
        "sources/nobody/source",
        "assets/nobody/captions/en-r1.vtt",
        "assets/nobody/job/1/720p/seg_00001.m4s",
        "assets/ASSET/nobody/1/poster.jpg",
        "assets/ASSET/JOB/2/poster.jpg",
        "assets/ASSET/JOB/x/poster.jpg",
        "other/file",
    ],
)
def test_an_object_of_nobody_is_named(asset: Asset, key: str) -> None:
    assert asset.current_job
    key = key.replace("ASSET", asset.public_id).replace("JOB", asset.current_job.public_id)
    open_objects().write(key, b"x", content_type="application/octet-stream")
    assert audit() == (1, [f"unowned {key}"])


def test_a_recording_that_no_lesson_has_is_named(asset: Asset) -> None:
    upload = an_upload()
    open_objects().write(upload.source_key, b"0123456789", content_type="video/mp4")
    complete_upload(upload)
    assert audit() == (1, [f"unowned {upload.object_key}"])


def test_what_is_left_of_a_transfer_is_named() -> None:
    upload = an_upload()
    store = open_objects()
    if isinstance(store, DirectStore):
        begun = store.begin_multipart(upload.source_key, content_type="video/mp4", is_hashed=False)
        name = f"{upload.source_key}?uploadId={begun}"
        Upload.objects.update(multipart_id=begun)
    else:
        with partial.locked(upload.public_id) as file:
            file.append(b"0123")
        name = f".uploads/{upload.public_id}"
    assert audit() == (0, [])
    Upload.objects.update(state=UploadState.ABORTED)
    assert audit() == (1, [f"unowned {name}"])


def test_an_entry_of_a_lesson_that_is_not_listed_is_named(asset: Asset) -> None:
    search_engine().upsert([Document(id="nobody", title="Withdrawn")])
    assert audit() == (1, ["indexed nobody"])


def test_an_object_that_its_owner_misses_is_named(asset: Asset) -> None:
    assert asset.current_job
    prefix = asset.current_job.output_prefix(1)
    missing = {
        asset.source_key,
        asset.caption_tracks.get().object_key,
        f"{prefix}poster.jpg",
        f"{prefix}720p/index.m3u8",
    }
    for key in missing:
        open_objects().delete(key)
    assert audit() == (1, [f"missing {key}" for key in sorted(missing)])


def test_pictures_of_study_guides_and_their_rows_belong_together(asset: Asset) -> None:
    video = a_video()
    Video.objects.filter(pk=video.pk).update(asset=asset)
    Asset.objects.exclude(pk=asset.pk).delete()
    picture = io.BytesIO()
    Image.new("RGB", (640, 360), "navy").save(picture, "PNG")
    lost, stray = (figures.add_figure(Video.objects.get(), data=picture.getvalue()) for _ in range(2))
    assert audit() == (0, [])
    open_objects().delete(lost.object_key)
    stray.delete()
    assert audit() == (1, [f"unowned {stray.object_key}", f"missing {lost.object_key}"])


def test_a_deleted_lesson_leaves_nothing_anywhere(asset: Asset) -> None:
    owner = asset.upload.owner if asset.upload else None
    video = a_video(owner=owner)
    Video.objects.filter(pk=video.pk).update(asset=asset)
    Asset.objects.exclude(pk=asset.pk).delete()
    video = Video.objects.select_related("asset").get(pk=video.pk)
    services.touch_video(video)
    relay_due_events()
    assert dict(search_engine().versions()).keys() == {video.public_id}
    services.delete_video(video, by=video.owner)
    relay_due_events()
    assert audit() == (0, [])
    assert not dict(search_engine().versions())
    assert {info.key for info in open_objects().list("")} <= {"health/probe.txt"}


def test_what_a_worker_wrote_after_the_deletion_is_collected_at_once(asset: Asset) -> None:
    """It is told to stop, and may write on for a second."""
    job = asset.current_job
    assert job
    late = job.output_prefix(1) + "720p/seg_00002.m4s"
    media.delete_asset(asset)
    relay_due_events()
    open_objects().write(late, b"late", content_type="video/iso.segment")
    assert audit()[0] == 1
    assert collect_stale_media() == 1
    assert audit() == (0, [])

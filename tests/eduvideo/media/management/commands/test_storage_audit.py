import io

import pytest
from django.core.management import call_command

from eduvideo.core.objects import open_objects
from eduvideo.core.relay import relay_due_events
from eduvideo.media import captioning, services
from eduvideo.media.models import Asset
from tests.factories.media import a_played_asset

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("each_store")]
CAPTIONS = "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"


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


def test_a_deleted_lesson_leaves_nothing(asset: Asset) -> None:
    services.delete_asset(asset)
    relay_due_events()
    assert audit() == (0, [])
    assert [info.key for info in open_objects().list("")] == ["health/probe.txt"]

"""Posters over HTTP, what they leave in the store, and where they show."""

import io
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from eduvideo.accounts.models import Role
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.core.objects import open_objects
from eduvideo.media import services
from eduvideo.media.audit import Audit, compare_storage
from eduvideo.media.models import Asset
from eduvideo.media.progress import record_event
from eduvideo.site.structured_data import still_urls
from tests.factories.catalog import asking
from tests.factories.danmaku import a_person
from tests.factories.media import a_played_asset, a_snapshot, news
from transcoding.messages import EventKind, PosterInfo, RenditionState

pytestmark = pytest.mark.django_db(transaction=True)

CANDIDATES = tuple(
    PosterInfo(at_ms=at_ms, poster=f"posters/{at_ms}.jpg", thumbnail=f"posters/{at_ms}-small.jpg")
    for at_ms in (2_000, 9_000)
)


def a_picture(form: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (1280, 720), "navy").save(file, form)
    return file.getvalue()


def offer(asset: Asset) -> None:
    """Let the played job offer pictures, which are in the store."""
    job = asset.current_job
    assert job
    job.poster_candidates = [info.model_dump() for info in CANDIDATES]
    job.save(update_fields=["poster_candidates"])
    for info in CANDIDATES:
        for name in (info.poster, info.thumbnail):
            open_objects().write(f"{asset.played_prefix}{name}", f"jpg of {name}".encode(), content_type="image/jpeg")


@pytest.fixture
def video() -> Video:
    asset = a_played_asset()
    offer(asset)
    return Video.objects.create(
        owner=a_person(Role.CREATOR), asset=asset, title="Force", subject="physics", grade="10", language="en",
        visibility=Visibility.PUBLIC, state=VideoState.PUBLISHED, published_at=asset.created_at,
    )  # fmt: skip


@pytest.fixture
def owner(video: Video) -> Client:
    return asking(video.owner)


def path(video: Video, rest: str = "") -> str:
    return f"/api/v1/videos/{video.public_id}/poster{rest}"


def put(client: Client, video: Video, at_ms: object) -> Any:
    return client.put(path(video), {"at_ms": at_ms}, content_type="application/json")


def stored(url: str) -> bytes:
    return open_objects().read(url.removeprefix("/media/"))


def fresh(video: Video) -> Video:
    return Video.objects.select_related("asset__current_job").get(pk=video.pk)


class TestChoosing:
    def test_the_pictures_of_the_transcode_are_offered(self, video: Video, owner: Client) -> None:
        poster = owner.get(path(video)).json()
        assert (poster["origin"], poster["at_ms"]) == ("automatic", None)
        assert [item["at_ms"] for item in poster["candidates"]] == [2_000, 9_000]
        assert stored(poster["candidates"][1]["thumbnail_url"]) == b"jpg of posters/9000-small.jpg"

    def test_one_of_them_becomes_the_poster_under_an_address_of_its_own(self, video: Video, owner: Client) -> None:
        poster = put(owner, video, 9_000).json()
        assert (poster["origin"], poster["at_ms"]) == ("candidate", 9_000)
        assert stored(poster["poster_url"]) == b"jpg of posters/9000.jpg"
        assert stored(poster["thumbnail_url"]) == b"jpg of posters/9000-small.jpg"
        assert put(owner, video, 2_000).json()["poster_url"] != poster["poster_url"]
        assert compare_storage() == Audit(unowned=(), missing=())

    @pytest.mark.parametrize("at_ms", [3_000, -1, "x", None, 10**30])
    def test_a_moment_that_is_not_offered_is_refused(self, video: Video, owner: Client, at_ms: object) -> None:
        answer = put(owner, video, at_ms)
        assert answer.status_code == 422
        assert owner.get(path(video)).json()["origin"] == "automatic"

    def test_the_automatic_one_comes_back(self, video: Video, owner: Client) -> None:
        before = owner.get(path(video)).json()["poster_url"]
        put(owner, video, 9_000)
        assert owner.delete(path(video)).status_code == 204
        poster = owner.get(path(video)).json()
        assert (poster["origin"], poster["poster_url"]) == ("automatic", before)


class TestUploading:
    @pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
    def test_a_picture_of_ones_own_becomes_the_poster(self, video: Video, owner: Client, form: str) -> None:
        answer = owner.put(path(video, "/picture"), a_picture(form), content_type=f"image/{form.lower()}")
        poster = answer.json()
        assert (poster["origin"], poster["at_ms"]) == ("uploaded", None)
        assert Image.open(io.BytesIO(stored(poster["poster_url"]))).size == (1280, 720)
        assert compare_storage() == Audit(unowned=(), missing=())

    @pytest.mark.parametrize(
        ("body", "status"), [(b"<script>", 422), (bytes(5 * 1024 * 1024 + 1), 413), (bytes(7 * 1024 * 1024), 413)]
    )
    def test_what_cannot_be_one_changes_nothing(self, video: Video, owner: Client, body: bytes, status: int) -> None:
        answer = owner.put(path(video, "/picture"), body, content_type="image/png")
        assert answer.status_code == status
        assert answer.json()["detail"]
        assert owner.get(path(video)).json()["origin"] == "automatic"

    def test_nobody_else_may(self, video: Video) -> None:
        for client, status in ((asking(None), 401), (asking(a_person(Role.CREATOR)), 403)):
            assert client.get(path(video)).status_code == status
            assert put(client, video, 9_000).status_code == status
            assert client.delete(path(video)).status_code == status
            answer = client.put(path(video, "/picture"), a_picture(), content_type="image/png")
            assert answer.status_code == status


class TestWhereItShows:
    def test_on_cards_the_watch_page_embeds_and_for_engines(self, video: Video, owner: Client) -> None:
        poster = put(owner, video, 9_000).json()
        anybody = asking(None)
        large, small = poster["poster_url"], poster["thumbnail_url"]
        assert f'poster="{large}"' in anybody.get(f"/watch/{video.public_id}").content.decode()
        assert f'poster="{large}"' in anybody.get(f"/embed/video/{video.public_id}").content.decode()
        assert large in anybody.get(f"/oembed?url=http://testserver/watch/{video.public_id}").json()["thumbnail_url"]
        assert small in anybody.get("/").content.decode()
        sitemap = anybody.get("/sitemap.xml").content.decode().split("<loc>")[1:]
        files = [anybody.get(entry.split("</loc>")[0].split("testserver")[-1]).content.decode() for entry in sitemap]
        assert any(small in file or large in file for file in files)
        assert [url.endswith(end) for url, end in zip(still_urls(fresh(video)), (large, small), strict=True)]

    def test_of_a_private_lesson_only_in_a_session(self, video: Video, owner: Client) -> None:
        services.set_asset_public(video.asset, is_public=False)
        Video.objects.filter(pk=video.pk).update(visibility=Visibility.UNLISTED)
        answer = put(owner, video, 9_000)
        assert answer["Cache-Control"] == "private, no-store"
        assert answer.json()["poster_url"].startswith("/media/s/")

    def test_it_stays_when_the_recording_is_encoded_anew(self, video: Video, owner: Client) -> None:
        poster = put(owner, video, 9_000).json()
        job = services.queue_job(video.asset)
        assert job
        job.token, job.dispatched_at, job.state = 1, job.created_at, "running"
        job.save()
        done = a_snapshot(state=RenditionState.READY, poster_candidates=CANDIDATES[:1])
        assert record_event(news(job, EventKind.DONE, seq=1, snapshot=done))
        now = owner.get(path(video)).json()
        assert (now["poster_url"], now["at_ms"]) == (poster["poster_url"], 9_000)
        assert [item["at_ms"] for item in now["candidates"]] == [2_000]
        assert job.public_id in now["candidates"][0]["poster_url"]

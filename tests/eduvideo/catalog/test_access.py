"""Every address of a lesson for everyone who might ask, whatever its visibility and state (DESIGN, rule 10)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from eduvideo.accounts.models import MemberRole, Membership, Role, User
from eduvideo.catalog import services
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.community.models import Comment
from eduvideo.config.asgi import application
from eduvideo.core.objects import open_objects
from eduvideo.core.relay import relay_due_events
from eduvideo.danmaku import asgi as danmaku
from eduvideo.discovery.engine import search_engine
from eduvideo.media import access as media_access
from eduvideo.media import captioning
from eduvideo.media import services as media
from eduvideo.media.queries import caption_tracks
from eduvideo.site.management.commands.openapi_snapshot import openapi_document
from eduvideo.site.sitemaps import PER_FILE
from eduvideo.study.services import set_study_guide
from tests.factories.accounts import a_membership, an_organization
from tests.factories.catalog import a_playlist, asking
from tests.factories.danmaku import a_person, a_token_of
from tests.factories.media import a_played_asset
from tests.factories.uploads import beside_the_tests

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]  # the whole table takes half a minute

TITLE = "Quaternions"
VTT = "WEBVTT\n\n00:01.000 --> 00:03.000\nForce.\n"
FILES = (
    "master.m3u8",
    "720p/index.m3u8",
    "720p/init.mp4",
    "720p/seg_00001.m4s",
    "poster.jpg",
    "storyboard/storyboard.vtt",
)
REFUSED = {302, 401, 403, 404}  # 302: to the page where one signs in
WITH_ACCOUNTS = {"anonymous", "stranger", "member", "owner", "staff"}  # lists know no sessions


class Kind(StrEnum):
    """Who may have what an address shows."""

    LESSON = "whoever may watch"
    PLAYBACK = "whoever may watch, or holds a session"
    FRAME = "everyone, where everyone with the address may watch"
    READER = "whoever has an account and may watch"
    EDITOR = "its owner and staff"
    MODERATOR = "its owner, staff and who teaches in its organization, where they may watch"


# Every address that has the id of a lesson and only reads.
ADDRESSES = {
    "/api/v1/videos/{id}": Kind.LESSON,
    "/api/v1/videos/{id}/captions": Kind.LESSON,
    "/api/v1/videos/{id}/captions/en": Kind.LESSON,
    "/api/v1/videos/{id}/chapters": Kind.LESSON,
    "/api/v1/videos/{id}/poster": Kind.EDITOR,
    "/api/v1/videos/{id}/study-guide": Kind.LESSON,
    "/api/v1/videos/{id}/figures": Kind.EDITOR,
    "/api/v1/videos/{id}/notes": Kind.READER,
    "/api/v1/videos/{id}/danmaku": Kind.PLAYBACK,
    "/api/v1/videos/{id}/danmaku/segments/0": Kind.PLAYBACK,
    "/api/v1/videos/{id}/danmaku/curve": Kind.PLAYBACK,
    "/api/v1/videos/{id}/danmaku/policy": Kind.EDITOR,
    "/api/v1/videos/{id}/danmaku/entries": Kind.MODERATOR,
    "/api/v1/videos/{id}/danmaku/export": Kind.MODERATOR,
    "/api/v1/videos/{id}/reception": Kind.LESSON,
    "/api/v1/videos/{id}/comments": Kind.LESSON,
    "/api/v1/videos/{id}/comments/policy": Kind.LESSON,
    "/api/v1/videos/{id}/comments/{comment}": Kind.LESSON,
    "/watch/{id}": Kind.LESSON,
    "/watch/{id}/comments": Kind.LESSON,
    "/watch/{id}/comments/{comment}": Kind.LESSON,
    "/watch/{id}/chapters.vtt": Kind.PLAYBACK,
    "/guide/{id}": Kind.LESSON,
    "/me/notes/{id}": Kind.READER,
    "/embed/video/{id}": Kind.FRAME,
    "/oembed?url=http://testserver/watch/{id}": Kind.FRAME,
    "/studio/{id}": Kind.EDITOR,
    "/studio/{id}/analytics": Kind.EDITOR,
    "/studio/{id}/analytics.csv": Kind.EDITOR,
    "/studio/{id}/danmaku": Kind.MODERATOR,
}
LIVE = "/api/v1/videos/{id}/danmaku/live"
# Where a lesson is found or counted. Everyone finds what is listed; only search also shows an organization's members
# what is for them.
LISTS = (
    "/api/v1/videos", f"/api/v1/search?q={TITLE}", f"/api/v1/suggest?q={TITLE[:4]}", "/", "/browse", f"/search?q={TITLE}",
)  # fmt: skip


@dataclass
class Viewer:
    """Somebody who asks; `playback` is the token of the session that they hold."""

    name: str
    user: User | None = None
    playback: str = ""
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = asking(self.user)


@dataclass
class Scene:
    """A lesson, those who ask for it, and which of them may watch."""

    video: Video
    comment: Comment
    viewers: list[Viewer]

    @property
    def is_published(self) -> bool:
        return self.video.state == VideoState.PUBLISHED

    @property
    def is_by_address(self) -> bool:
        return self.is_published and self.video.visibility in {Visibility.PUBLIC, Visibility.UNLISTED}

    @property
    def is_for_members(self) -> bool:
        return self.is_published and self.video.visibility == Visibility.ORGANIZATION

    def may(self, viewer: Viewer, kind: Kind) -> bool:
        """The rule, said once more and in other words than the code's."""
        if kind is Kind.FRAME:
            return self.is_by_address
        if kind is Kind.READER:
            has_account = viewer.user is not None and viewer.name != "blocked member"
            return has_account and self.may(viewer, Kind.LESSON)
        if viewer.name in {"owner", "staff"}:
            return True
        if kind is Kind.EDITOR:
            return False
        is_member = viewer.name in {"member", "teacher"} and self.is_for_members
        if kind is Kind.MODERATOR:
            return viewer.name == "teacher" and (self.is_by_address or is_member)
        holds_right = kind is Kind.PLAYBACK and viewer.name == "holder"
        return self.is_published and (self.is_by_address or is_member or holds_right)


def a_scene(state: VideoState, visibility: Visibility) -> Scene:
    """Make a lesson that was published first, so that what was given then has to be taken back."""
    owner, staff, member, former, blocked, teacher = (
        a_person(role) for role in (Role.CREATOR, Role.STAFF, Role.STUDENT, Role.STUDENT, Role.STUDENT, Role.CREATOR)
    )
    organization = an_organization(teacher=owner, student=member)
    a_membership(organization, teacher, role=MemberRole.TEACHER)
    asset = a_played_asset(is_public=False)
    open_objects().write(f"{asset.played_prefix}storyboard/storyboard.vtt", b"WEBVTT\n", content_type="text/vtt")
    captioning.put_captions(asset, language="en", text=VTT)
    video = Video.objects.create(
        owner=owner, asset=asset, title=TITLE, subject="physics", grade="10", language="en",
        visibility=visibility, organization=organization,
    )  # fmt: skip
    services.set_chapters(video, [services.NewChapter(0, "Start")])
    set_study_guide(video, markdown="# Forces")
    for person in (former, blocked):
        a_membership(organization, person)
    video = services.publish_video(video, by=owner)
    path = f"/api/v1/videos/{video.public_id}"
    viewers = [
        Viewer("anonymous"),
        Viewer("stranger", a_person(Role.CREATOR)),
        Viewer("member", member),
        Viewer("teacher", teacher),
        Viewer("owner", owner),
        Viewer("staff", staff),
        Viewer("former member", former),
        Viewer("blocked member", blocked),
        Viewer("holder", playback=media.open_playback(video.asset, viewer=AnonymousUser()).token),
        Viewer("holder of another", playback=media.open_playback(a_played_asset(), viewer=AnonymousUser()).token),
    ]
    for viewer in viewers:
        shown = viewer.client.get(path)
        if shown.status_code == 200 and not viewer.playback and not video.is_open:
            viewer.playback = shown.json()["playback"]["hls_url"].split("/")[3]
    Membership.objects.filter(user=former).delete()
    User.objects.filter(pk=blocked.pk).update(is_active=False)
    if state == VideoState.DRAFT:
        services.unpublish_video(video, by=owner)
    elif state == VideoState.WITHDRAWN:
        services.withdraw_video(video, by=staff)
    video = Video.objects.select_related("asset__current_job").get(pk=video.pk)
    assert (video.state, video.visibility) == (state, visibility)
    media_access.forget()
    return Scene(video, Comment.objects.create(video=video, author=owner, text="Force?"), viewers)


@pytest.fixture(params=[(state, visibility) for state in VideoState for visibility in Visibility], ids="-".join)
def scene(request: pytest.FixtureRequest, tmp_path: Any, settings: Any) -> Iterator[Scene]:
    settings.EDUVIDEO = settings.EDUVIDEO.model_copy(update={"search_url": str(tmp_path / "search")})
    search_engine.cache_clear()
    yield a_scene(*request.param)
    if search_engine.cache_info().currsize:
        search_engine().close()
    search_engine.cache_clear()


def test_each_address_is_for_whom_it_is_meant(scene: Scene) -> None:
    wrong = []
    for address, kind in ADDRESSES.items():
        path = address.format(id=scene.video.public_id, comment=scene.comment.public_id)
        for viewer in scene.viewers:
            asked = {"playback": viewer.playback} if viewer.playback and kind is Kind.PLAYBACK else {}
            status = viewer.client.get(path, asked).status_code
            if status not in ({200} if scene.may(viewer, kind) else REFUSED):
                wrong.append((address, viewer.name, status))
    assert wrong == []


def test_media_are_for_everyone_or_for_a_session_that_is_still_right(scene: Scene) -> None:
    video = scene.video
    keys = [f"{video.asset.played_prefix}{name}" for name in FILES]
    keys += [track.object_key for track in caption_tracks(video.asset)]
    paths: dict[tuple[str | None, str], int] = {(None, f"/media/{key}"): 200 if video.is_open else 404 for key in keys}
    for viewer in scene.viewers:
        if viewer.playback:
            status = 200 if media_are_for(scene, viewer) else 403
            paths |= {(viewer.name, f"/media/s/{viewer.playback}/{key}"): status for key in keys}
    answers = statuses([path for _, path in paths])
    assert {name: answers[path] for name, path in paths if answers[path] != paths[name, path]} == {}
    assert len({name for name, _ in paths}) >= 3  # somebody without a session, the holder, and the holder of another


def test_no_cache_keeps_a_right_to_watch(scene: Scene) -> None:
    for address in ("/api/v1/videos/{id}", "/api/v1/videos/{id}/captions", "/watch/{id}", "/embed/video/{id}"):
        for viewer in scene.viewers:
            answer = viewer.client.get(address.format(id=scene.video.public_id))
            if "/media/s/" in answer.content.decode():
                assert answer.headers["Cache-Control"] == "private, no-store", (address, viewer.name)


def media_are_for(scene: Scene, viewer: Viewer) -> bool:
    """A session from before is worth nothing after the lesson was hidden, not even its owner's: they get another."""
    had = {"member", "teacher", "owner", "staff", "anonymous", "stranger", "holder"}
    return scene.is_published and viewer.name in had | ({"former member"} if scene.is_by_address else set())


def test_danmaku_are_streamed_to_whoever_may_watch(scene: Scene) -> None:
    path = LIVE.format(id=scene.video.public_id)
    requests = []
    for viewer in scene.viewers:
        headers = {"Authorization": f"Bearer {a_token_of(viewer.user)}"} if viewer.user else {}
        requests.append((f"{path}?playback={viewer.playback}", headers))
    found = dict(zip([viewer.name for viewer in scene.viewers], streamed(requests), strict=True))
    expected = {viewer.name: scene.may(viewer, Kind.PLAYBACK) for viewer in scene.viewers}
    expected["blocked member"] = False  # their token is refused whatever they ask for
    assert {name: status == 200 for name, status in found.items()} == expected


def test_lists_show_what_everyone_may_find_and_nothing_else(scene: Scene) -> None:
    relay_due_events()
    playlist = a_playlist(scene.video)
    on_its_page = {f"/api/v1/playlists/{playlist.public_id}/items", f"/playlist/{playlist.public_id}"}
    viewers = [viewer for viewer in scene.viewers if viewer.name in WITH_ACCOUNTS]
    wrong = []
    for_engines = f"/sitemaps/lessons-{scene.video.pk // PER_FILE}.xml"
    for path in (*LISTS, *on_its_page, f"/embed/playlist/{playlist.public_id}", "/api/v1/subjects", for_engines):
        for viewer in viewers:
            is_shown = scene.video.is_open or ("playlist" in path and scene.is_by_address)
            is_shown |= path in on_its_page and viewer.name in {"owner", "staff"}
            is_shown |= TITLE[:4] in path and scene.is_for_members and viewer.name in {"owner", "member"}
            body = viewer.client.get(path).content.decode()
            trace = {"subjects": '"count": 1', "suggest": TITLE}.get(
                path.split("?")[0].split("/")[-1], scene.video.public_id
            )
            if (trace in body) is not is_shown:
                wrong.append((path, viewer.name, not is_shown))
    assert wrong == []


def test_no_address_of_a_lesson_is_left_out() -> None:
    """Whoever adds one says in the table above who may have it."""
    id_of = re.compile(r"\{(public_id|video_id)\}|<str:public_id>")
    described = json.loads(openapi_document())["paths"]
    reading = [path for path in described if path.startswith("/api/v1/videos/{") and "get" in described[path]]
    pages = [
        route
        for route in routes(get_resolver())
        if re.match(r"/(watch|guide|embed/video|studio)/<str:public_id>", route)
    ]
    known = {address.partition("?")[0] for address in ADDRESSES}
    writing = {"settings", "poster", "captions", "chapters", "study-guide", "danmaku-policy", "comment-mode", "danmaku-decisions",
               "danmaku-import", "publish", "schedule", "unpublish", "retry", "delete",
               "like", "favorite", "mode"}  # fmt: skip
    missing = []
    for found in (*reading, *pages):
        path = id_of.sub("{id}", found).replace("{language}", "en").replace("{n}", "0")
        path = path.replace("{comment_id}", "{comment}").replace("<str:comment_id>", "{comment}")
        is_written = path.startswith(("/studio/{id}/", "/watch/{id}/")) and writing & {*path.split("/")[3:]}
        if path not in known and not is_written:
            missing.append(path)
    assert len(reading) > 5
    assert len(pages) > 5
    assert missing == []


def routes(resolver: URLResolver, before: str = "/") -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield f"{before}{entry.pattern}"
        else:
            yield from routes(entry, f"{before}{entry.pattern}")


def statuses(paths: list[str]) -> dict[str, int]:
    """Ask the application for media, without a server between."""

    async def ask() -> dict[str, int]:
        transport = httpx.ASGITransport(app=application)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return {path: (await client.get(path)).status_code for path in paths}

    return beside_the_tests(ask)


def streamed(requests: list[tuple[str, dict[str, str]]]) -> list[int]:
    """Ask for streams; HEAD is answered like GET and ends at once."""

    async def ask() -> list[int]:
        await danmaku.startup()
        try:
            transport = httpx.ASGITransport(app=application)
            async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
                return [(await client.head(path, headers=headers)).status_code for path, headers in requests]
        finally:
            await danmaku.shutdown()

    return beside_the_tests(ask)

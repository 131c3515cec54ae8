"""Lessons in any state, and clients that ask as somebody."""

from django.test import Client

from eduvideo.accounts.models import Organization, Role, User
from eduvideo.catalog import playlists
from eduvideo.catalog.arrangement import ArrangedSection
from eduvideo.catalog.models import Playlist, Video, VideoState, Visibility
from eduvideo.core import clock
from eduvideo.media.models import Asset, AssetState, JobState, Rendition, TranscodeJob
from tests.factories.accounts import an_organization
from tests.factories.danmaku import a_person


def a_video(
    *,
    owner: User | None = None,
    title: str = "Fractions",
    subject: str = "mathematics",
    grade: str = "5",
    language: str = "en",
    state: VideoState = VideoState.PUBLISHED,
    visibility: Visibility = Visibility.PUBLIC,
    organization: Organization | None = None,
    asset_state: AssetState = AssetState.READY,
) -> Video:
    """Return a lesson of one minute with a finished transcode, published and public unless said otherwise.

    One for an organization is for an empty one unless that is said too.
    """
    if visibility == Visibility.ORGANIZATION and organization is None:
        organization = an_organization()
    is_open = state == VideoState.PUBLISHED and visibility == Visibility.PUBLIC
    asset = Asset.objects.create(state=asset_state, duration_ms=60_000, is_public=is_open, language=language)
    if asset_state in {AssetState.READY, AssetState.PLAYABLE}:
        asset.current_job = a_job(asset)
        asset.save(update_fields=["current_job"])
    return Video.objects.create(
        owner=owner or a_person(Role.CREATOR),
        asset=asset,
        title=title,
        subject=subject,
        grade=grade,
        language=language,
        state=state,
        visibility=visibility,
        organization=organization,
        published_at=clock.now() if state == VideoState.PUBLISHED else None,
    )


def a_playlist(
    *videos: Video,
    owner: User | None = None,
    title: str = "Halves and thirds",
    sections: dict[str, list[Video]] | None = None,
    is_published: bool = True,
) -> Playlist:
    """Return a playlist of videos in one section, or of sections by their titles; published unless said otherwise."""
    owner = owner or (videos[0].owner if videos else a_person(Role.CREATOR))
    playlist = playlists.create_playlist(owner=owner, title=title, description="From the start", language="en")
    named = sections if sections is not None else {"": list(videos)}
    order = tuple(ArrangedSection(name, tuple(video.public_id for video in part)) for name, part in named.items())
    playlists.arrange_playlist(playlist, by=owner, change=lambda _: order)
    return playlists.publish_playlist(playlist, by=owner) if is_published else playlist


def a_job(asset: Asset) -> TranscodeJob:
    """Return a finished job whose output is played."""
    job = TranscodeJob.objects.create(
        asset=asset, state=JobState.SUCCEEDED, token=1, playable_token=1, poster="poster.jpg", thumbnail="thumbnail.jpg"
    )
    Rendition.objects.create(
        job=job,
        token=1,
        name="720p",
        kind="video",
        state="ready",
        height_px=720,
        width_px=1280,
        playlist="720p/index.m3u8",
    )
    return job


def asking(person: User | None) -> Client:
    """Return a client that asks as a person, or as nobody."""
    client = Client()
    if person:
        client.force_login(person)
    return client

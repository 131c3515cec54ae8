"""Reactions to events."""

from eduvideo.catalog import services
from eduvideo.catalog.models import Video
from eduvideo.core.events import on
from eduvideo.media.events import AssetPlayable, AssetReady, CaptionsChanged
from eduvideo.media.models import Asset


@on(AssetPlayable)
def publish_playable(event: AssetPlayable) -> None:
    _fulfil(event.asset_id)


@on(AssetReady)
def publish_ready(event: AssetReady) -> None:
    _fulfil(event.asset_id)


@on(CaptionsChanged)
def announce_captions(event: CaptionsChanged) -> None:
    """What is said in a video is part of what search knows of it."""
    for video in Video.objects.filter(asset_id=event.asset_id):
        services.touch_video(video)


def _fulfil(asset_id: int) -> None:
    asset = Asset.objects.filter(pk=asset_id).first()
    if asset and not services.drop_publish_request(asset):
        services.fulfil_publish_request(asset)

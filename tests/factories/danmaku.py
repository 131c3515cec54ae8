"""Danmaku, and the people and lessons they need."""

import secrets

from eduvideo.accounts.access import token_digest
from eduvideo.accounts.models import ApiToken, Role, User
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.core import clock
from eduvideo.core.ids import new_secret
from eduvideo.danmaku.models import Danmaku
from eduvideo.danmaku.services import NewDanmaku, add_danmaku_bulk
from eduvideo.media.models import Asset, AssetState

DURATION_MS = 180_000


def a_person(role: Role = Role.STUDENT) -> User:
    return User.objects.create_user(f"{role.value}-{secrets.token_hex(8)}@example.org", role=role)


def a_token_of(person: User) -> str:
    """Return a bearer token."""
    token = new_secret()
    ApiToken.objects.create(user=person, digest=token_digest(token))
    return token


def a_lesson(*, visibility: Visibility = Visibility.PUBLIC, duration_ms: int | None = DURATION_MS) -> Video:
    """Return a published lesson of three minutes that can be played."""
    return Video.objects.create(
        owner=a_person(Role.CREATOR),
        asset=Asset.objects.create(state=AssetState.READY, duration_ms=duration_ms, is_public=True),
        title="Fractions",
        subject="mathematics",
        grade="5",
        language="en",
        state=VideoState.PUBLISHED,
        visibility=visibility,
        published_at=clock.now(),
    )


def some_danmaku(video: Video, n: int, *, step_ms: int = 100, text: str = "No. %d") -> list[Danmaku]:
    """Add n danmaku, one every step_ms from the start, and return them in their order."""
    items = (NewDanmaku(i * step_ms, text % i if "%" in text else text) for i in range(n))
    add_danmaku_bulk(video, items)
    return list(Danmaku.objects.filter(video=video).order_by("-seq")[:n])[::-1]

"""Who may fetch media: one check for every URL, remembered for a few seconds so that segments cost no query.

And who may see and change transcodes as a whole: those who run the platform.
"""

import threading
import time
from dataclasses import dataclass
from datetime import timedelta

from eduvideo.accounts.access import Viewer
from eduvideo.accounts.models import User
from eduvideo.core import clock
from eduvideo.core.errors import ForbiddenError, NotFoundError, SignInRequiredError
from eduvideo.media.models import (
    SESSION_HOURS,
    SESSION_IDLE,
    Asset,
    PlaybackSession,
    TranscodeJob,
    session_id_of,
)

REMEMBERED_S = 5.0
RENEW_BELOW = SESSION_IDLE - timedelta(minutes=10)  # so that a session is written at most every ten minutes
MAX_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Grant:
    """The answer for one asset and session: allowed, hidden (404) or ended (403)."""

    status: int
    until: float


_grants: dict[tuple[str, str], Grant] = {}
_lock = threading.Lock()


def known_status(asset_public_id: str, *, session: str) -> int | None:
    """Return the remembered answer, without a query, or None."""
    grant = _grants.get((asset_public_id, session))
    return grant.status if grant and grant.until > time.monotonic() else None


def ask_status(asset_public_id: str, *, session: str) -> int:
    """Ask the database and remember the answer. One query, one write when a session is renewed."""
    status = _session_status(asset_public_id, session) if session else _public_status(asset_public_id)
    with _lock:
        if len(_grants) > MAX_REMEMBERED:
            _grants.clear()
        _grants[asset_public_id, session] = Grant(status, time.monotonic() + REMEMBERED_S)
    return status


def forget() -> None:
    """Forget every remembered answer."""
    with _lock:
        _grants.clear()


def check_operator(viewer: Viewer) -> User:
    """Return the viewer if they run the platform; raises SignInRequiredError or ForbiddenError."""
    if not viewer.is_authenticated:
        raise SignInRequiredError
    if not viewer.is_staff:
        raise ForbiddenError
    return viewer


def get_job_for(viewer: Viewer, public_id: str) -> TranscodeJob:
    """Return a transcode with its asset to those who run the platform; raises as check_operator, or NotFoundError."""
    check_operator(viewer)
    found = TranscodeJob.objects.select_related("asset").filter(public_id=public_id)
    job = found.first() if public_id.isalnum() else None
    if job is None:
        raise NotFoundError
    return job


def _public_status(asset_public_id: str) -> int:
    return 200 if Asset.objects.filter(public_id=asset_public_id, is_public=True).exists() else 404


def _session_status(asset_public_id: str, token: str) -> int:
    public_id = session_id_of(token)
    if public_id is None:
        return 403
    now = clock.now()
    sessions = PlaybackSession.objects.rightful().filter(asset__public_id=asset_public_id, expires_at__gt=now)
    session = sessions.filter(public_id=public_id).first()
    if session is None:
        return 403
    last_end = session.created_at + timedelta(hours=SESSION_HOURS)
    if session.expires_at - now < RENEW_BELOW and session.expires_at < last_end:
        PlaybackSession.objects.filter(pk=session.pk).update(expires_at=min(now + SESSION_IDLE, last_end))
    return 200

"""News of media."""

from dataclasses import dataclass

from eduvideo.core.events import Event


@dataclass(frozen=True, slots=True)
class AssetPlayable(Event):
    """An asset can be watched, although its encode may still run."""

    asset_id: int


@dataclass(frozen=True, slots=True)
class AssetReady(Event):
    asset_id: int


@dataclass(frozen=True, slots=True)
class AssetFailed(Event):
    asset_id: int
    code: str


@dataclass(frozen=True, slots=True)
class CaptionsChanged(Event):
    asset_id: int


@dataclass(frozen=True, slots=True)
class CaptionsFound(Event):
    """An attempt of a job has left the captions of its source in the store; path is below the attempt's prefix."""

    job_id: int
    token: int
    path: str
    language: str
    label: str
    is_automatic: bool = False


@dataclass(frozen=True, slots=True)
class AssetDeleted(Event):
    """The rows are gone; the objects are to follow."""

    asset_public_id: str


@dataclass(frozen=True, slots=True)
class AssetHidden(Event):
    """Not everyone may fetch its media any more."""

    asset_public_id: str


@dataclass(frozen=True, slots=True)
class JobQueued(Event):
    """A transcode waits for a free worker."""

    job_id: int

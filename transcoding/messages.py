"""What a transcoding worker is told and what it says: the contract with whoever orchestrates it.

Everything is immutable and plain JSON. A snapshot is cumulative: the event with the highest `seq` of a job and
token supersedes all earlier ones, so that lost, doubled or reordered events do no harm.
"""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Message(BaseModel):
    """Frozen; unknown fields are ignored so that two versions can talk during a release."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class EventKind(StrEnum):
    STARTED = "started"
    PROGRESS = "progress"
    PLAYABLE = "playable"
    SPLIT = "split"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether it is the last of its run. After SPLIT the job goes on in runs of its parts."""
        return self in {EventKind.SPLIT, EventKind.DONE, EventKind.FAILED, EventKind.CANCELLED}


class Work(StrEnum):
    """What a run is for. A long source may be split: WHOLE ends with SPLIT, then every PART, then JOIN ends with DONE.

    RENDITION makes one rendition of a finished job anew, on the segment boundaries of the others. POSTERS takes
    pictures to choose a poster among out of what a finished job made.
    """

    WHOLE = "whole"
    PART = "part"
    JOIN = "join"
    RENDITION = "rendition"
    POSTERS = "posters"


class Stage(StrEnum):
    """The steps of a job, in order."""

    FETCH = "fetch"
    PROBE = "probe"
    PLAN = "plan"
    ENCODE = "encode"
    PACKAGE = "package"
    VERIFY = "verify"
    PUBLISH = "publish"


class RenditionKind(StrEnum):
    VIDEO = "video"
    AUDIO = "audio"


class RenditionState(StrEnum):
    WAITING = "waiting"
    ENCODING = "encoding"
    READY = "ready"


class FailureCode(StrEnum):
    # The file cannot be used; trying again cannot help.
    NOT_MEDIA = "not_media"
    NO_VIDEO_OR_AUDIO = "no_video_or_audio"
    TOO_LARGE_PICTURE = "too_large_picture"
    TRUNCATED = "truncated"
    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    TOO_COSTLY = "too_costly"
    PROTECTED = "protected"
    UNSUPPORTED = "unsupported"
    BROKEN_TIMING = "broken_timing"
    SOURCE_DAMAGED = "source_damaged"
    # Around the file; another try may succeed.
    SOURCE_MISSING = "source_missing"
    STORAGE_UNAVAILABLE = "storage_unavailable"
    OUT_OF_SPACE = "out_of_space"
    WORKER_STOPPED = "worker_stopped"
    KILLED = "killed"
    INTERNAL = "internal"


class Failure(Message):
    code: FailureCode
    message: str = Field(description="one English sentence that a teacher understands")
    detail: str = Field(default="", description="for operators; may quote ffmpeg; never shown to users")
    retryable: bool = False


class RenditionInfo(Message):
    """One encoded track. Paths are relative to the output prefix; rates are this track's alone, without audio.

    While `state` is encoding the rates are upper bounds and `playlist` is one that only grows; when it is ready they
    are measured and `playlist` is another file, complete and immutable.
    """

    name: str
    kind: RenditionKind
    state: RenditionState
    width_px: int = 0
    height_px: int = 0
    fps: float = 0.0
    codecs: str = ""
    bandwidth_bps: int = 0
    average_bandwidth_bps: int = 0
    language: str = "und"
    playlist: str = ""
    iframe_playlist: str | None = None
    iframe_bandwidth_bps: int = 0
    size_bytes: int = 0
    is_copied: bool = Field(default=False, description="the creator's own picture; encoding it anew may be smaller")


class CaptionInfo(Message):
    """A WebVTT file and, for HLS, the media playlist that holds it as its only segment."""

    name: str
    language: str
    label: str
    path: str
    playlist: str | None = None
    is_automatic: bool = Field(default=False, description="heard by a machine; gives way to what a person wrote")


class PosterInfo(Message):
    """A picture that a creator may choose for the poster, with its small form; paths like those of a snapshot."""

    at_ms: int
    poster: str
    thumbnail: str


class Snapshot(Message):
    """All that is known of the output so far; paths are relative to the output prefix."""

    duration_ms: int | None = None
    has_video: bool = False
    has_audio: bool = False
    renditions: tuple[RenditionInfo, ...] = ()
    poster: str | None = None
    thumbnail: str | None = None
    storyboard: str | None = None
    poster_candidates: tuple[PosterInfo, ...] = ()
    captions: tuple[CaptionInfo, ...] = ()
    bytes_total: int = 0
    encoded_ms: int = 0
    source_sha256: str = Field(default="", description="of the whole source (hex), with the end of a run that read it")


class TranscodeRequest(Message):
    """One run of one job. `token` grows with every dispatch of the job (fencing)."""

    job: str
    token: int
    source_key: str
    source_part_bytes: int = Field(default=0, ge=0, description="size of the parts that the source was sent in")
    source_parts_sha256: str = Field(default="", description="hash of their SHA-256 (hex); empty: nothing is compared")
    source_name: str = Field(description="what the creator called the file; only ever shown, never opened")
    output_prefix: str = Field(pattern=r"^[A-Za-z0-9_./=-]+/$")
    language: str = "und"
    work: Work = Work.WHOLE
    may_split: bool = Field(default=False, description="WHOLE: several workers are free, a long source may be split")
    plan_key: str = Field(default="", description="PART, JOIN: plan.json of the run that split; RENDITION: result.json")
    part: int = Field(default=0, ge=0, description="PART: which, from 0")
    part_prefixes: tuple[str, ...] = Field(default=(), description="JOIN: where the finished runs of all parts wrote")
    rendition: str = Field(default="", description="RENDITION: its name")
    only_if_smaller: bool = Field(default=False, description="RENDITION: DONE without renditions where it is not")
    storyboard_key: str = Field(default="", description="POSTERS: the WebVTT whose tiles tell of the moments")
    playlist_key: str = Field(default="", description="POSTERS: the media playlist whose pictures are taken")


class Split(Message):
    """How a job was split: `parts` names, in the order of dispatch, the renditions that each part makes.

    Parts that make the same rendition follow each other in time. Every run of a part writes under a prefix of its own;
    `plan` is the path of plan.json below the prefix of the run that split.
    """

    plan: str
    parts: tuple[tuple[str, ...], ...]


class TranscodeEvent(Message):
    job: str
    token: int
    seq: int = Field(ge=1)
    kind: EventKind
    stage: Stage
    percent: float = Field(ge=0, le=100, description="of the whole job")
    snapshot: Snapshot
    failure: Failure | None = None
    split: Split | None = Field(default=None, description="with SPLIT; the snapshot then has the planned renditions")


def cancel_key(job: str, token: int) -> str:
    """Name of the broker key whose existence stops this run within two seconds."""
    return f"eduvideo:cancel:{job}:{token}"


WORKER_KEY_PREFIX = "eduvideo:transcode-worker:"
EVENT_TASK = "eduvideo.media.tasks.record_transcode_event"
EVENT_QUEUE = "media-events"
TRANSCODE_TASK = "transcoding.tasks.transcode"
TRANSCODE_QUEUE = "transcode"
RESULT_NAME, PLAN_NAME = "result.json", "plan.json"

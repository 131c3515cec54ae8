"""Shapes of the JSON of transfers."""

from datetime import datetime
from typing import Literal

from ninja import Schema
from pydantic import Field

from eduvideo.uploads import partial, services
from eduvideo.uploads.models import Upload, UploadProtocol, UploadState
from eduvideo.uploads.multipart import MAX_SIGNED, Arrived, SignedParts


class PartOut(Schema):
    number: int
    size_bytes: int
    etag: str


class UploadDetail(Schema):
    """One upload: what was announced, how it is sent, and what has arrived."""

    id: str
    protocol: Literal["tus", "s3-multipart"]
    state: Literal["started", "completed", "aborted", "expired"]
    filename: str
    size_bytes: int | None
    received_bytes: int
    part_size_bytes: int | None = Field(description="of every part but the last; null where it is not sent in parts")
    parts: list[PartOut] = Field(description="what the store has; none by tus and once the file is put together")
    is_completing: bool = Field(description="the store is putting the file together; repeat the completion later")
    expires_at: datetime

    @classmethod
    def of(cls, upload: Upload, arrived: Arrived) -> "UploadDetail":
        is_late = upload.is_gone and upload.state == UploadState.STARTED
        return cls.model_validate(
            {
                "id": upload.public_id,
                "protocol": upload.protocol,
                "state": UploadState.EXPIRED if is_late else upload.state,
                "filename": upload.filename,
                "size_bytes": upload.size_bytes,
                "received_bytes": _received_bytes(upload, arrived),
                "part_size_bytes": upload.part_size_bytes,
                "parts": [PartOut.model_validate(part, from_attributes=True) for part in arrived.parts],
                "is_completing": arrived.is_completing,
                "expires_at": upload.expires_at,
            }
        )


class NumbersIn(Schema):
    numbers: list[int] = Field(min_length=1, max_length=MAX_SIGNED, description="parts, from 1 on")


class SignedPartOut(Schema):
    number: int
    url: str = Field(description="PUT the bytes of the part here; the answer's ETag names it")


class SignedPartsOut(Schema):
    parts: list[SignedPartOut]
    valid_s: int = Field(description="seconds within which a request must begin; ask for new URLs afterwards")

    @classmethod
    def of(cls, signed: SignedParts) -> "SignedPartsOut":
        parts = [SignedPartOut(number=number, url=url) for number, url in signed.urls.items()]
        return cls(parts=parts, valid_s=signed.valid_s)


class NamedPartIn(Schema):
    number: int
    etag: str = Field(max_length=200)


class CompleteIn(Schema):
    parts: list[NamedPartIn] = Field(max_length=10_000)


def _received_bytes(upload: Upload, arrived: Arrived) -> int:
    if upload.state == UploadState.COMPLETED or arrived.is_completing:
        return upload.size_bytes or 0
    if upload.protocol == UploadProtocol.MULTIPART:
        return sum(part.size_bytes for part in arrived.parts)
    return partial.offset_of(upload.public_id) if services.protocol_here() == UploadProtocol.TUS else 0

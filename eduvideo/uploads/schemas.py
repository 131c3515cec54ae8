"""Shapes of the JSON of transfers."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from eduvideo.accounts.models import User
from eduvideo.accounts.queries import teaching_organizations_of
from eduvideo.uploads import partial, queries, services
from eduvideo.uploads.models import Upload, UploadProtocol, UploadState
from eduvideo.uploads.multipart import MAX_SIGNED, Arrived, SignedParts

FINGERPRINT = (
    "SHA-256 (hex) of the file's size in decimal digits and a line feed, followed by 9 samples of 65536 bytes that "
    "begin at floor(i * (size - 65536) / 8) for i from 0 to 8; by all bytes where these are at most 589824. By it the "
    "same file is recognized on another day or device."
)


class PartOut(Schema):
    number: int
    size_bytes: int
    etag: str
    sha256: str = Field(description="base64; empty where the sender gave none")


class UploadDetail(Schema):
    """One upload: what was announced, how it is sent, and what has arrived."""

    id: str
    protocol: Literal["tus", "s3-multipart"]
    state: Literal["started", "completed", "aborted", "expired"]
    filename: str
    size_bytes: int | None
    received_bytes: int
    part_size_bytes: int | None = Field(description="of every part but the last; by tus what is hashed together")
    parts: list[PartOut] = Field(description="what the store has; none by tus and once the file is put together")
    is_completing: bool = Field(description="the store is putting the file together; repeat the completion later")
    fingerprint: str = Field(description=FINGERPRINT)
    parts_sha256: str = Field(
        description="hex, of the SHA-256 of all parts in their order; empty until the file is complete, "
        "and where its sender gave no hashes of parts"
    )
    sha256: str = Field(description="hex, of the whole, as a transcoding machine read it; empty before")
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
                "fingerprint": upload.fingerprint,
                "parts_sha256": upload.parts_sha256 if upload.state == UploadState.COMPLETED else "",
                "sha256": upload.sha256,
                "expires_at": upload.expires_at,
            }
        )


class PartsIn(Schema):
    numbers: list[int] = Field(min_length=1, max_length=MAX_SIGNED, description="parts, from 1 on")
    sha256: dict[int, Annotated[str, Field(max_length=64)]] = Field(
        default_factory=dict,
        description="base64 of the hashes, by number: of all parts of the upload, or of none",
    )


class SignedPartOut(Schema):
    number: int
    url: str = Field(description="PUT the bytes of the part here; the answer's ETag names it")
    headers: dict[str, str] = Field(description="that the PUT must have")


class SignedPartsOut(Schema):
    parts: list[SignedPartOut]
    valid_s: int = Field(description="seconds within which a request must begin; ask for new URLs afterwards")

    @classmethod
    def of(cls, signed: SignedParts) -> "SignedPartsOut":
        parts = [
            SignedPartOut(number=number, url=part.url, headers=dict(part.headers))
            for number, part in signed.parts.items()
        ]
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


class OrganizationRoomOut(Schema):
    id: str
    name: str
    used_bytes: int
    quota_bytes: int


class StorageOut(Schema):
    """How much room one's recordings take, and how much they may."""

    used_bytes: int
    quota_bytes: int
    organizations: list[OrganizationRoomOut] = Field(description="in which one may teach")

    @classmethod
    def of(cls, user: User) -> "StorageOut":
        """Return the sums. Three queries."""
        organizations = list(teaching_organizations_of(user))
        used_bytes = queries.organizations_used_bytes(organizations)
        rooms = [
            OrganizationRoomOut(
                id=organization.public_id,
                name=organization.name,
                used_bytes=used_bytes[organization.pk],
                quota_bytes=queries.organization_quota_bytes(organization),
            )
            for organization in organizations
        ]
        return cls(used_bytes=queries.used_bytes(user), quota_bytes=queries.quota_bytes(), organizations=rooms)

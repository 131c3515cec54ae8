"""Table of transfers."""

from django.conf import settings
from django.db import models

from eduvideo.accounts.models import Organization
from eduvideo.core import clock
from eduvideo.core.ids import new_public_id


class UploadState(models.TextChoices):
    STARTED = "started"
    COMPLETED = "completed"
    ABORTED = "aborted"
    EXPIRED = "expired"


class UploadProtocol(models.TextChoices):
    """How the bytes come: by tus through us, or in parts from the sender straight to an S3 store."""

    TUS = "tus"
    MULTIPART = "s3-multipart"


class Upload(models.Model):
    """One resumable transfer of one file.

    How much has arrived is no column: by tus it is the size of the partial file, in parts it is what the store lists.
    """

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads")
    organization = models.ForeignKey(
        Organization,
        null=True,
        on_delete=models.SET_NULL,
        related_name="uploads",
        help_text="Whose room it takes; the owner's own where there is none",
    )
    filename = models.CharField(
        max_length=255, help_text="As the creator's device calls it; shown, never used as a path"
    )
    size_bytes = models.PositiveBigIntegerField(null=True, help_text="Announced size; null until the client says it")
    state = models.CharField(max_length=10, choices=UploadState.choices, default=UploadState.STARTED)
    protocol = models.CharField(max_length=12, choices=UploadProtocol.choices, default=UploadProtocol.TUS)
    fingerprint = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of the size and samples of the file, by which it is recognized"
    )
    part_size_bytes = models.PositiveBigIntegerField(null=True, help_text="Size of every part but the last")
    is_hashed = models.BooleanField(
        default=False, help_text="Whether each part goes to an S3 store with its SHA-256; decided with the first"
    )
    parts_sha256 = models.CharField(
        max_length=64, blank=True, help_text="Hash of the parts' SHA-256 as they arrived; empty where none is known"
    )
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the whole, as the transcoding worker read it")
    multipart_id = models.TextField(
        blank=True, help_text="The store's name of the transfer in parts, once it has begun"
    )
    completing_at = models.DateTimeField(
        null=True,
        help_text="When the store was asked to make the object; it may take minutes, or a crash fell in between",
    )
    object_key = models.CharField(
        max_length=200, blank=True, help_text="Where the completed file is in the object store"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "expires_at"], name="upload_expiry"),
            models.Index(fields=["owner", "size_bytes"], name="upload_of_owner"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=UploadState.values), name="upload_state_known"),
            models.CheckConstraint(
                condition=models.Q(protocol__in=UploadProtocol.values), name="upload_protocol_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.filename} ({self.public_id})"

    @property
    def is_gone(self) -> bool:
        """True once nothing can be added any more: cancelled, or not complete at its end."""
        is_late = self.state == UploadState.STARTED and self.expires_at <= clock.now()
        return is_late or self.state in {UploadState.ABORTED, UploadState.EXPIRED}

    @property
    def source_key(self) -> str:
        """Where the completed file is, or will be, in the object store."""
        return f"sources/{self.public_id}/source"

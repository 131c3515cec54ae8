"""Reads of transfers."""

from django.db.models import Sum

from eduvideo.accounts.models import User
from eduvideo.uploads.models import Upload, UploadState

COUNTED = (UploadState.STARTED, UploadState.COMPLETED)


def used_bytes(owner: User) -> int:
    """Return the sum of a creator's sources, unfinished ones included. One query."""
    return Upload.objects.filter(owner=owner, state__in=COUNTED).aggregate(sum=Sum("size_bytes"))["sum"] or 0

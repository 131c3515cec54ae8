"""Reads of transfers."""

from collections.abc import Sequence

from django.conf import settings
from django.db.models import QuerySet, Sum

from eduvideo.accounts.models import Organization, User
from eduvideo.uploads.models import Upload, UploadState

COUNTED = (UploadState.STARTED, UploadState.COMPLETED)


def used_bytes(owner: User) -> int:
    """Return the sum of a creator's own sources, unfinished ones included. One query."""
    return _sum(Upload.objects.filter(owner=owner, organization=None))


def organization_used_bytes(organization: Organization) -> int:
    """Return the sum of an organization's sources, unfinished ones included. One query."""
    return organizations_used_bytes([organization])[organization.pk]


def organizations_used_bytes(organizations: Sequence[Organization]) -> dict[int, int]:
    """Return the sum of each organization's sources by its pk, unfinished ones included. One query for all."""
    counted = Upload.objects.filter(organization__in=organizations, state__in=COUNTED)
    sums = dict(counted.values_list("organization").annotate(Sum("size_bytes")))
    return {organization.pk: sums.get(organization.pk) or 0 for organization in organizations}


def quota_bytes() -> int:
    """Return how much a creator's own sources may have together."""
    return settings.EDUVIDEO.upload_quota_bytes


def organization_quota_bytes(organization: Organization) -> int:
    """Return how much an organization's sources may have together."""
    own = organization.quota_bytes
    return settings.EDUVIDEO.organization_quota_bytes if own is None else own


def same_sources(owner: User, *, size_bytes: int, fingerprint: str) -> QuerySet[Upload]:
    """Return a creator's uploads of one file, under way or complete, newest first.

    Those from before there were fingerprints are not recognized.
    """
    same = Upload.objects.filter(owner=owner, size_bytes=size_bytes, fingerprint=fingerprint, state__in=COUNTED)
    return same.exclude(fingerprint="").order_by("-created_at", "-id")


def _sum(uploads: QuerySet[Upload]) -> int:
    return uploads.filter(state__in=COUNTED).aggregate(sum=Sum("size_bytes"))["sum"] or 0

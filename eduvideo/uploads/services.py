"""Writes of transfers: begin, complete, give up."""

import os
import shutil
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from eduvideo.accounts.models import User
from eduvideo.core import clock
from eduvideo.core.errors import InvalidInputError, QuotaExceededError
from eduvideo.core.events import emit
from eduvideo.core.objects import open_objects
from eduvideo.moderation.text import clean_line
from eduvideo.uploads import partial
from eduvideo.uploads.errors import UploadLockedError, UploadTooLargeError
from eduvideo.uploads.events import UploadCompleted
from eduvideo.uploads.models import Upload, UploadState
from eduvideo.uploads.queries import used_bytes

MAX_NAME = 255


def create_upload(*, owner: User, filename: str, size_bytes: int | None) -> Upload:
    """Begin a transfer; raises UploadTooLargeError or QuotaExceededError before the first byte is sent."""
    _check_room(owner, size_bytes)
    return Upload.objects.create(
        owner=owner,
        filename=shown_name(filename),
        size_bytes=size_bytes,
        expires_at=clock.now() + timedelta(hours=settings.EDUVIDEO.upload_expiry_hours),
    )


def shown_name(filename: str) -> str:
    """Return the creator's file name as it may be shown: the last part of a path, no control characters."""
    last = filename.replace("\\", "/").rpartition("/")[2]
    return clean_line(last).text[:MAX_NAME] or _("recording")


def import_file(path: Path, *, into: Upload) -> None:
    """Complete an upload with a local file (a hard link where that is possible); the file itself stays."""
    target = partial.partial_path(into.public_id)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(path, target)
    except OSError:  # another file system, or not allowed
        shutil.copyfile(path, target)
    complete_upload(into)


def complete_upload(upload: Upload) -> None:
    """Move the finished file into the store and announce it, once; safe to repeat after a crash half way.

    Changes nothing on an upload that was given up meanwhile: its bytes go.
    """
    key = upload.source_key
    file = partial.partial_path(upload.public_id)
    if file.exists():
        open_objects().put_file(file, key, content_type="application/octet-stream")
    with transaction.atomic():
        changed = Upload.objects.filter(pk=upload.pk, state=UploadState.STARTED).update(
            state=UploadState.COMPLETED, object_key=key, completed_at=clock.now()
        )
        if changed:
            emit(UploadCompleted(upload_id=upload.pk, object_key=key))
    upload.refresh_from_db()
    if upload.state != UploadState.COMPLETED:
        open_objects().delete(key)


def abort_upload(upload: Upload) -> None:
    """Give up an unfinished transfer and its bytes."""
    if Upload.objects.filter(pk=upload.pk, state=UploadState.STARTED).update(state=UploadState.ABORTED):
        _remove_bytes(upload)
    upload.refresh_from_db()


def delete_source(upload: Upload) -> None:
    """Remove a source from the store, finished or not; its room counts no more."""
    Upload.objects.filter(pk=upload.pk).exclude(state=UploadState.EXPIRED).update(state=UploadState.ABORTED)
    _remove_bytes(upload)


def expire_uploads() -> int:
    """Finish transfers that only a crash kept from it, and give up those past their end; return how many of these."""
    count = 0
    now = clock.now()
    for upload in Upload.objects.filter(state=UploadState.STARTED):
        if finish_interrupted(upload) or upload.expires_at > now:
            continue
        if Upload.objects.filter(pk=upload.pk, state=UploadState.STARTED).update(state=UploadState.EXPIRED):
            _remove_bytes(upload)
            count += 1
    _remove_leftovers()
    return count


def finish_interrupted(upload: Upload) -> bool:
    """Complete an upload whose bytes are all there although nobody said so (a crash fell in between)."""
    if upload.state != UploadState.STARTED or upload.size_bytes is None:
        return False
    moved = open_objects().info(upload.source_key)
    if moved and moved.size_bytes == upload.size_bytes:
        complete_upload(upload)
        return True
    if partial.offset_of(upload.public_id) != upload.size_bytes:
        return False
    try:
        # Whoever holds the lock is about to check these very bytes, and may cut them off again.
        with partial.locked(upload.public_id) as file:
            is_whole = file.offset == upload.size_bytes
            if is_whole:
                file.sync()
                complete_upload(upload)
    except UploadLockedError:
        return False
    return is_whole


def _remove_bytes(upload: Upload) -> None:
    """Remove what has arrived: from beside the store, and from within it should a crash have left it there unsaid."""
    partial.remove(upload.public_id)
    open_objects().delete(upload.source_key)


def _remove_leftovers() -> None:
    """Remove the bytes of transfers that ended while their process was killed."""
    found = partial.upload_ids()
    started = set(Upload.objects.filter(state=UploadState.STARTED).values_list("public_id", flat=True))
    for upload_id in found:
        if upload_id not in started:
            partial.remove(upload_id)


def _check_room(owner: User, size_bytes: int | None) -> None:
    limits = settings.EDUVIDEO
    if size_bytes is None:
        return
    if size_bytes <= 0:
        raise InvalidInputError.of("size_bytes", _("The file is empty."))
    if size_bytes > limits.upload_max_bytes:
        raise UploadTooLargeError(_("One file may have at most %d GiB.") % (limits.upload_max_bytes // 1024**3))
    if used_bytes(owner) + size_bytes > limits.upload_quota_bytes:
        raise QuotaExceededError(_("Your recordings would need more room than you have. Delete some first."))

"""Writes of transfers: begin, complete, give up. What is special to transfers in parts is in multipart.py."""

import os
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from eduvideo.accounts.models import User
from eduvideo.core import clock
from eduvideo.core.errors import InvalidInputError, QuotaExceededError
from eduvideo.core.events import emit
from eduvideo.core.objects import DirectStore, open_objects
from eduvideo.moderation.text import clean_line
from eduvideo.uploads import partial
from eduvideo.uploads.errors import UploadLockedError, UploadTooLargeError
from eduvideo.uploads.events import UploadCompleted, UploadDiscarded
from eduvideo.uploads.models import Upload, UploadProtocol, UploadState
from eduvideo.uploads.parts import part_size_for
from eduvideo.uploads.queries import used_bytes

MAX_NAME = 255
CONTENT_TYPE = "application/octet-stream"  # whatever the creator calls it, it is unknown until it is probed


def protocol_here() -> UploadProtocol:
    """Return how files come to the store of this process."""
    return UploadProtocol.MULTIPART if isinstance(open_objects(), DirectStore) else UploadProtocol.TUS


def create_upload(*, owner: User, filename: str, size_bytes: int | None) -> Upload:
    """Begin a transfer; raises UploadTooLargeError or QuotaExceededError before the first byte is sent.

    Asks no store, so it may be part of a transaction.
    """
    _check_room(owner, size_bytes)
    protocol = protocol_here()
    in_parts = protocol == UploadProtocol.MULTIPART and size_bytes is not None
    return Upload.objects.create(
        owner=owner,
        filename=shown_name(filename),
        size_bytes=size_bytes,
        protocol=protocol,
        part_size_bytes=part_size_for(size_bytes) if in_parts and size_bytes else None,
        expires_at=clock.now() + timedelta(hours=settings.EDUVIDEO.upload_expiry_hours),
    )


def shown_name(filename: str) -> str:
    """Return the creator's file name as it may be shown: the last part of a path, no control characters."""
    last = filename.replace("\\", "/").rpartition("/")[2]
    return clean_line(last).text[:MAX_NAME] or _("recording")


def import_file(path: Path, *, into: Upload) -> None:
    """Complete an upload with a local file, which stays; no second copy is made on the way where that is possible."""
    if into.protocol == UploadProtocol.MULTIPART:
        note_completing(into)
        with tempfile.TemporaryDirectory(prefix="eduvideo-import-") as folder:
            link = Path(folder) / "source"
            link.symlink_to(path.resolve())  # the store takes its file away: here the link
            open_objects().put_file(link, into.source_key, content_type=CONTENT_TYPE)
    else:
        target = partial.partial_path(into.public_id)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        try:
            os.link(path, target)
        except OSError:  # another file system, or not allowed
            shutil.copyfile(path, target)
    complete_upload(into)


def complete_upload(upload: Upload) -> None:
    """Announce, once, that the whole file is in the store; by tus it is moved there first.

    Safe to repeat after a crash half way. Changes nothing on an upload that was given up meanwhile: its bytes go.
    """
    key = upload.source_key
    if upload.protocol == UploadProtocol.TUS:
        file = partial.partial_path(upload.public_id)
        if file.exists():
            open_objects().put_file(file, key, content_type=CONTENT_TYPE)
    with transaction.atomic():
        changed = Upload.objects.filter(pk=upload.pk, state=UploadState.STARTED).update(
            state=UploadState.COMPLETED, object_key=key, completed_at=clock.now()
        )
        if changed:
            emit(UploadCompleted(upload_id=upload.pk, object_key=key))
    reload(upload)
    if upload.state != UploadState.COMPLETED:
        open_objects().delete(key)


@transaction.atomic
def abort_upload(upload: Upload) -> None:
    """Give up an unfinished transfer; its bytes go after the commit."""
    changed = Upload.objects.filter(pk=upload.pk, state=UploadState.STARTED).update(state=UploadState.ABORTED)
    reload(upload)
    if changed:
        emit(_discarded(upload))


def delete_source(upload: Upload) -> None:
    """Remove a source from the store, finished or not; its room counts no more. For handlers: asks the store."""
    Upload.objects.filter(pk=upload.pk).exclude(state=UploadState.EXPIRED).update(state=UploadState.ABORTED)
    reload(upload)
    remove_bytes(_discarded(upload))


@transaction.atomic
def remove_upload(upload: Upload) -> None:
    """Remove an upload, finished or not: its row now, its bytes after the commit."""
    Upload.objects.filter(pk=upload.pk).update(state=UploadState.ABORTED)  # no transfer in parts begins from here on
    reload(upload)
    emit(_discarded(upload))
    upload.delete()


def remove_bytes(discarded: UploadDiscarded) -> None:
    """Remove what has arrived of a transfer, and its object should there be one; safe to repeat."""
    store = open_objects()
    if discarded.multipart_id and isinstance(store, DirectStore):
        store.abort_multipart(discarded.object_key, discarded.multipart_id)
    if discarded.protocol == protocol_here() == UploadProtocol.TUS:
        partial.remove(discarded.public_id)
    store.delete(discarded.object_key)


def expire_uploads() -> int:
    """Finish transfers that only a crash kept from it, and give up those past their end; return how many of these."""
    now = clock.now()
    late = [
        upload
        for upload in Upload.objects.filter(state=UploadState.STARTED)
        if not finish_interrupted(upload) and upload.expires_at <= now
    ]
    count = sum(_expire(upload) for upload in late)
    if protocol_here() == UploadProtocol.TUS:
        _remove_leftovers()
    return count


def finish_interrupted(upload: Upload) -> bool:
    """Complete an upload whose bytes are all there although nobody said so (a crash fell in between)."""
    if upload.state != UploadState.STARTED or upload.size_bytes is None or upload.protocol != protocol_here():
        return False
    if upload.protocol == UploadProtocol.MULTIPART and upload.completing_at is None:
        return False  # nobody has asked for the object yet
    moved = open_objects().info(upload.source_key)
    if moved and moved.size_bytes == upload.size_bytes:
        complete_upload(upload)
        return True
    return upload.protocol == UploadProtocol.TUS and _finish_partial(upload)


def note_completing(upload: Upload) -> None:
    """Remember that the store is about to make the object, so that a crash from here on is made good."""
    Upload.objects.filter(pk=upload.pk, state=UploadState.STARTED, completing_at=None).update(completing_at=clock.now())
    reload(upload)


def reload(upload: Upload) -> None:
    """Take over what the row says now. A row that is gone went with its lesson: the upload counts as aborted."""
    try:
        upload.refresh_from_db()
    except Upload.DoesNotExist:
        upload.state = UploadState.ABORTED


def check_quota(owner: User, *, further_bytes: int) -> None:
    """Raise QuotaExceededError where a creator's sources would need more room than there is."""
    if used_bytes(owner) + further_bytes > settings.EDUVIDEO.upload_quota_bytes:
        raise QuotaExceededError(_("Your recordings would need more room than you have. Delete some first."))


def _finish_partial(upload: Upload) -> bool:
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


@transaction.atomic
def _expire(upload: Upload) -> bool:
    changed = Upload.objects.filter(pk=upload.pk, state=UploadState.STARTED).update(state=UploadState.EXPIRED)
    reload(upload)
    if changed:
        emit(_discarded(upload))
    return bool(changed)


def _discarded(upload: Upload) -> UploadDiscarded:
    """Return the news that the bytes may go: asks no store, so it fits into a transaction; one that is away waits."""
    return UploadDiscarded(
        public_id=upload.public_id,
        protocol=upload.protocol,
        multipart_id=upload.multipart_id,
        object_key=upload.source_key,
    )


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
    check_quota(owner, further_bytes=size_bytes)

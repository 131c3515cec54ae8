"""Writes of transfers: begin, complete, give up. What is special to transfers in parts is in multipart.py."""

import os
import re
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from eduvideo.accounts.models import Organization, User
from eduvideo.core import clock
from eduvideo.core.errors import ConflictError, InvalidInputError, QuotaExceededError
from eduvideo.core.events import emit
from eduvideo.core.objects import DirectStore, open_objects
from eduvideo.moderation.text import clean_line
from eduvideo.uploads import partial
from eduvideo.uploads.errors import UploadLockedError, UploadTooLargeError
from eduvideo.uploads.events import UploadCompleted, UploadDiscarded
from eduvideo.uploads.models import Upload, UploadProtocol, UploadState
from eduvideo.uploads.parts import TUS_BYTES, hash_of_parts, part_size_for
from eduvideo.uploads.queries import (
    COUNTED,
    organization_quota_bytes,
    organization_used_bytes,
    quota_bytes,
    used_bytes,
)

MAX_NAME = 255
FINGERPRINT = re.compile("[0-9a-f]{64}")
CONTENT_TYPE = "application/octet-stream"  # whatever the creator calls it, it is unknown until it is probed


def protocol_here() -> UploadProtocol:
    """Return how files come to the store of this process."""
    return UploadProtocol.MULTIPART if isinstance(open_objects(), DirectStore) else UploadProtocol.TUS


def create_upload(
    *,
    owner: User,
    filename: str,
    size_bytes: int | None,
    fingerprint: str = "",
    organization: Organization | None = None,
) -> Upload:
    """Begin a transfer; raises UploadTooLargeError or QuotaExceededError before the first byte is sent.

    It takes room of the organization, where there is one, and else of its owner. Asks no store, so it may be part of a
    transaction.
    """
    if size_bytes is not None:
        _check_size(size_bytes)
        check_room(owner, organization, further_bytes=size_bytes)
    protocol = protocol_here()
    return Upload.objects.create(
        owner=owner,
        organization=organization,
        filename=shown_name(filename),
        size_bytes=size_bytes,
        fingerprint=_checked_fingerprint(fingerprint),
        protocol=protocol,
        part_size_bytes=_part_size(protocol, size_bytes),
        expires_at=clock.now() + timedelta(hours=settings.EDUVIDEO.upload_expiry_hours),
    )


@transaction.atomic
def reuse_source(known: Upload, *, organization: Organization | None = None) -> Upload:
    """Make an upload, complete, of the recording that an earlier one brought: both name the same object.

    It counts like any other, so raises QuotaExceededError; ConflictError where the recording is not there any more.
    """
    # Locked, so that a deletion of this moment comes before, and is seen, or after, and sees the new row.
    source = Upload.objects.select_for_update(of=("self",)).filter(pk=known.pk, state=UploadState.COMPLETED).first()
    if source is None or source.size_bytes is None:
        raise ConflictError(_("That recording is not here any more; send the file."))
    check_room(source.owner, organization, further_bytes=source.size_bytes)
    now = clock.now()
    told = ("owner", "filename", "size_bytes", "fingerprint", "protocol", "part_size_bytes")
    upload = Upload.objects.create(
        **{name: getattr(source, name) for name in (*told, "parts_sha256", "sha256", "object_key")},
        organization=organization,
        state=UploadState.COMPLETED,
        completed_at=now,
        expires_at=now,
    )
    emit(UploadCompleted(upload_id=upload.pk, object_key=upload.object_key))
    return upload


def move_upload(upload: Upload, *, to: Organization | None) -> None:
    """Let an upload take room of another organization, or of its owner (None); raises QuotaExceededError."""
    if upload.organization_id != (to.pk if to else None):
        check_room(upload.owner, to, further_bytes=(upload.size_bytes or 0) if upload.state in COUNTED else 0)
        Upload.objects.filter(pk=upload.pk).update(organization=to)


def shown_name(filename: str) -> str:
    """Return the creator's file name as it may be shown: the last part of a path, no control characters."""
    last = filename.replace("\\", "/").rpartition("/")[2]
    return clean_line(last).text[:MAX_NAME] or _("recording")


def import_file(path: Path, *, into: Upload) -> None:
    """Complete an upload with a local file, which stays; no second copy is made on the way where that is possible."""
    note_completing(into, parts_sha256=partial.hash_of_file(path, into.part_size_bytes or TUS_BYTES))
    if into.protocol == UploadProtocol.MULTIPART:
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
        partial.remove(upload.public_id)
    with transaction.atomic():
        changed = Upload.objects.filter(pk=upload.pk, state=UploadState.STARTED).update(
            state=UploadState.COMPLETED, object_key=key, completed_at=clock.now()
        )
        if changed:
            emit(UploadCompleted(upload_id=upload.pk, object_key=key))
    reload(upload)
    if upload.state != UploadState.COMPLETED:
        remove_bytes(_discarded(upload))


@transaction.atomic
def abort_upload(upload: Upload) -> None:
    """Give up an unfinished transfer; its bytes go after the commit."""
    changed = Upload.objects.filter(pk=upload.pk, state=UploadState.STARTED).update(state=UploadState.ABORTED)
    reload(upload)
    if changed:
        emit(_discarded(upload))


@transaction.atomic
def discard_source(upload: Upload) -> None:
    """Let the bytes of a complete upload go after the commit; its row stays and takes no room. Safe to repeat."""
    Upload.objects.filter(pk=upload.pk).update(state=UploadState.ABORTED)
    reload(upload)
    emit(_discarded(upload))


@transaction.atomic
def remove_upload(upload: Upload) -> None:
    """Remove an upload, finished or not: its row now, its bytes after the commit."""
    Upload.objects.filter(pk=upload.pk).update(state=UploadState.ABORTED)  # no transfer in parts begins from here on
    reload(upload)
    emit(_discarded(upload))
    upload.delete()


def remove_bytes(discarded: UploadDiscarded) -> None:
    """Remove what has arrived of a transfer, and its object should there be one that no other names; safe to repeat."""
    store = open_objects()
    if discarded.multipart_id and isinstance(store, DirectStore):
        store.abort_multipart(discarded.object_key, discarded.multipart_id)
    if discarded.protocol == protocol_here() == UploadProtocol.TUS:
        partial.remove(discarded.public_id)
    if not Upload.objects.filter(object_key=discarded.object_key, state=UploadState.COMPLETED).exists():
        store.delete(discarded.object_key)


def expire_uploads() -> int:
    """Finish transfers that only a crash kept from it, and give up those past their end; return how many of these."""
    now = clock.now()
    late = [
        upload
        for upload in Upload.objects.filter(state=UploadState.STARTED)
        if not _is_finished(upload) and upload.expires_at <= now
    ]
    count = sum(_expire(upload) for upload in late)
    for upload_id in stray_partials():
        partial.remove(upload_id)
    return count


def finish_interrupted(upload: Upload) -> bool:
    """Complete an upload whose bytes are all there although nobody said so (a crash fell in between).

    Raises QuotaExceededError as note_completing does.
    """
    if upload.state != UploadState.STARTED or upload.size_bytes is None or upload.protocol != protocol_here():
        return False
    if upload.protocol == UploadProtocol.MULTIPART and upload.completing_at is None:
        return False  # nobody has asked for the object yet
    moved = open_objects().info(upload.source_key)
    if moved and moved.size_bytes == upload.size_bytes:
        complete_upload(upload)
        return True
    return upload.protocol == UploadProtocol.TUS and _finish_partial(upload)


def note_completing(upload: Upload, *, parts_sha256: str) -> None:
    """Remember that the object is about to be made, and of what, so that a crash from here on is made good.

    Raises QuotaExceededError where the room has become too small since the upload began; its bytes stay.
    """
    check_room(upload.owner, upload.organization, further_bytes=0)
    Upload.objects.filter(pk=upload.pk, state=UploadState.STARTED).update(
        completing_at=Coalesce("completing_at", Value(clock.now())), parts_sha256=parts_sha256
    )
    reload(upload)


def note_sha256(upload_id: int, *, sha256: str) -> None:
    """Keep the hash (hex) of the whole file of an upload, as it was read from the store."""
    Upload.objects.filter(pk=upload_id).update(sha256=sha256)


def reload(upload: Upload) -> None:
    """Take over what the row says now. A row that is gone went with its lesson: the upload counts as aborted."""
    try:
        upload.refresh_from_db()
    except Upload.DoesNotExist:
        upload.state = UploadState.ABORTED


def check_room(owner: User, organization: Organization | None, *, further_bytes: int) -> None:
    """Raise QuotaExceededError where sources would need more room than there is: the organization's, or the owner's."""
    if organization:
        used, quota = organization_used_bytes(organization), organization_quota_bytes(organization)
        name = organization.name
        problem = _("The recordings of %(name)s would need more room than it has") % {"name": name}
    else:
        used, quota = used_bytes(owner), quota_bytes()
        problem = _("Your recordings would need more room than you have")
    if used + further_bytes > quota:
        sizes = {"used": filesizeformat(used + further_bytes), "quota": filesizeformat(quota)}
        raise QuotaExceededError(f"{problem} {_('(%(used)s of %(quota)s). Delete some first.') % sizes}")


def _is_finished(upload: Upload) -> bool:
    try:
        return finish_interrupted(upload)
    except QuotaExceededError:  # waits until its owner makes room, or its end
        return False


def _finish_partial(upload: Upload) -> bool:
    if partial.offset_of(upload.public_id) != upload.size_bytes:
        return False
    try:
        # Whoever holds the lock is about to check these very bytes, and may cut them off again.
        with partial.locked(upload.public_id) as file:
            is_whole = file.offset == upload.size_bytes
            if is_whole:
                digests = file.part_digests(upload.part_size_bytes or TUS_BYTES, limit=file.offset)
                file.sync()
                note_completing(upload, parts_sha256=hash_of_parts(digests))
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
        object_key=upload.object_key or upload.source_key,
    )


def collect_sources() -> int:
    """Remove files that no row knows, a day after they came: a crash fell between the file and its row."""
    since_s = (clock.now() - timedelta(days=1)).timestamp()
    old = [info.key for info in open_objects().list("sources/") if info.modified_s < since_s]
    known = set(Upload.objects.filter(state=UploadState.COMPLETED).values_list("object_key", flat=True))
    known |= {upload.source_key for upload in Upload.objects.filter(state=UploadState.STARTED)}
    stray = [key for key in old if key not in known]
    open_objects().delete_many(stray)
    return len(stray)


def stray_partials() -> list[str]:
    """Return the ids under which bytes are kept of transfers that are not under way: their process was killed."""
    if protocol_here() != UploadProtocol.TUS:
        return []
    found = partial.upload_ids()
    started = set(Upload.objects.filter(state=UploadState.STARTED).values_list("public_id", flat=True))
    return [upload_id for upload_id in found if upload_id not in started]


def _check_size(size_bytes: int) -> None:
    limit = settings.EDUVIDEO.upload_max_bytes
    if size_bytes <= 0:
        raise InvalidInputError.of("size_bytes", _("The file is empty."))
    if size_bytes > limit:
        raise UploadTooLargeError(_("One file may have at most %d GiB.") % (limit // 1024**3))


def _checked_fingerprint(fingerprint: str) -> str:
    if fingerprint and not FINGERPRINT.fullmatch(fingerprint):
        raise InvalidInputError.of("fingerprint", _("A fingerprint is a SHA-256 in 64 hexadecimal digits."))
    return fingerprint


def _part_size(protocol: UploadProtocol, size_bytes: int | None) -> int | None:
    if protocol == UploadProtocol.TUS:
        return TUS_BYTES
    return part_size_for(size_bytes) if size_bytes else None

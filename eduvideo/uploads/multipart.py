"""Transfers in parts, from the sender straight to an S3 store; we sign, look and complete, and see no byte.

The store is the truth of what has arrived. Its transfer begins with the first signature, so a draft needs no store.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from eduvideo.core import clock
from eduvideo.core.errors import ConflictError, FieldError, InvalidInputError
from eduvideo.core.objects import (
    DirectStore,
    Multipart,
    ObjectStoreError,
    Part,
    PartsError,
    PlannedPart,
    SignedPart,
    open_objects,
)
from eduvideo.uploads import services
from eduvideo.uploads.errors import UploadCompletedError, UploadGoneError, WrongProtocolError
from eduvideo.uploads.models import Upload, UploadProtocol, UploadState
from eduvideo.uploads.parts import PartPlan, ToldPart, faults, hash_of_parts

URL_S = 15 * 60  # from the signature to the begin of the request; the bytes may take longer
MAX_SIGNED = 100
MAX_FAULTS = 10
SHA256_BYTES = 32
# A store that copies the parts (versitygw: 400 MB/s on a disk of ours) answers "no such transfer" until it is done.
COMPLETING = timedelta(minutes=15)
FORGOTTEN = timedelta(days=1)
OUR_PREFIXES = ("sources/", "assets/")


@dataclass(frozen=True, slots=True)
class SignedParts:
    """Where to PUT parts, by number; a request must begin within valid_s seconds."""

    parts: dict[int, SignedPart]
    valid_s: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """The parts in the store; none any more while the store is making the object of them."""

    parts: tuple[Part, ...]
    is_completing: bool


def sign_parts(upload: Upload, numbers: Sequence[int], *, sha256: Mapping[int, str]) -> SignedParts:
    """Return URLs for some parts of an open upload, at most MAX_SIGNED; raises what keeps them from being sent.

    `sha256` has the hash (base64) of each of these parts, or of none: as S3 wants it, all parts of an upload are alike.
    """
    plan = _open_plan(upload)
    if upload.state == UploadState.COMPLETED:
        raise UploadCompletedError(_("This upload is complete; there is nothing more to send."))
    if not numbers or len(numbers) > MAX_SIGNED or not all(map(plan.has, numbers)):
        limits = {"limit": MAX_SIGNED, "count": plan.count}
        message = _("Name 1 to %(limit)d parts of this file, each a number from 1 to %(count)d.") % limits
        raise InvalidInputError.of("numbers", message)
    _check_hashes(numbers, sha256)
    store = _store()
    if not upload.multipart_id:
        _begin(upload, store, is_hashed=bool(sha256))
    if upload.is_hashed != bool(sha256):
        needed = _("This upload was begun with the SHA-256 of each part: give those of these parts, too.")
        unknown = _("This upload was begun without the SHA-256 of its parts: give none.")
        raise InvalidInputError.of("sha256", needed if upload.is_hashed else unknown)
    parts = [PlannedPart(number, plan.length_bytes(number), sha256.get(number, "")) for number in sorted(set(numbers))]
    signed = store.sign_parts(upload.source_key, upload.multipart_id, parts, expires_s=URL_S)
    return SignedParts(signed, URL_S)


def arrived(upload: Upload) -> Arrived:
    """Return what the store has of an upload; an interrupted completion is finished, a lost transfer forgotten."""
    if upload.state != UploadState.STARTED or not upload.multipart_id:
        return Arrived((), is_completing=False)
    try:
        return Arrived(_store().list_parts(upload.source_key, upload.multipart_id), is_completing=False)
    except ObjectStoreError as error:
        if not error.missing:
            raise
    services.reload(upload)  # a completion may have begun since it was read
    if services.finish_interrupted(upload):
        return Arrived((), is_completing=False)
    if upload.completing_at and upload.completing_at > clock.now() - COMPLETING:
        return Arrived((), is_completing=True)
    lost = Upload.objects.filter(pk=upload.pk, multipart_id=upload.multipart_id, state=UploadState.STARTED)
    lost.update(multipart_id="", completing_at=None)  # the store has dropped it: the sender begins anew
    services.reload(upload)
    return Arrived((), is_completing=False)


def complete(upload: Upload, told: Sequence[ToldPart]) -> Arrived:
    """Make the file of its parts and announce it, once; a repeated call changes nothing.

    Returns is_completing where the store needs longer: ask again. Raises InvalidInputError naming what is wrong with
    the parts (the upload stays as it is), QuotaExceededError, UploadGoneError.
    """
    plan = _open_plan(upload)
    found = arrived(upload)
    if upload.state == UploadState.COMPLETED or found.is_completing:
        return found
    wrong = list(faults(plan, told, found.parts))[:MAX_FAULTS]
    if wrong:
        raise InvalidInputError(wrong[0], fields=tuple(FieldError("parts", message) for message in wrong))
    named = {part.number for part in told}
    parts = sorted((part for part in found.parts if part.number in named), key=lambda part: part.number)
    services.note_completing(upload, parts_sha256=_hash_of(parts))
    _make_object(upload, parts)
    return _look(upload)


def collect_multiparts() -> int:
    """Abort what the store keeps of transfers that no row knows, a day after they began; return how many.

    Many S3 servers have no lifecycle rules. A younger one may belong to a request or a worker of this moment.
    """
    stray = stray_multiparts(begun_before=clock.now() - FORGOTTEN)
    for item in stray:
        _store().abort_multipart(item.key, item.multipart_id)
    return len(stray)


def stray_multiparts(*, begun_before: datetime) -> list[Multipart]:
    """Return what the store keeps of transfers in parts that no row knows; none where there are no such transfers."""
    store = open_objects()
    if not isinstance(store, DirectStore):
        return []
    limit_s = begun_before.timestamp()
    old = [item for prefix in OUR_PREFIXES for item in store.list_multiparts(prefix) if item.begun_s < limit_s]
    started = Upload.objects.filter(state=UploadState.STARTED).exclude(multipart_id="")
    known = set(started.values_list("multipart_id", flat=True)) if old else set()
    return [item for item in old if item.multipart_id not in known]


def _store() -> DirectStore:
    """Return the store that senders reach; where there is none any more, what was begun there is out of reach."""
    store = open_objects()
    if not isinstance(store, DirectStore):
        raise UploadGoneError
    return store


def _open_plan(upload: Upload) -> PartPlan:
    """Return how the file is cut; raises for what is not, or no longer, sent in parts."""
    if upload.protocol != UploadProtocol.MULTIPART:
        raise WrongProtocolError(_("This upload is sent by tus 1.0: HEAD tells its position, PATCH goes on."))
    if upload.is_gone:
        raise UploadGoneError
    if upload.size_bytes is None or upload.part_size_bytes is None:
        raise InvalidInputError.of("size_bytes", _("The size of this file was not announced."))
    return PartPlan(upload.size_bytes, upload.part_size_bytes)


def _check_hashes(numbers: Sequence[int], sha256: Mapping[int, str]) -> None:
    try:
        is_right = all(len(base64.b64decode(text, validate=True)) == SHA256_BYTES for text in sha256.values())
    except ValueError:  # no base64, or not ASCII at all
        is_right = False
    if sha256 and not (is_right and set(sha256) == set(numbers)):
        raise InvalidInputError.of("sha256", _("Give the SHA-256 of each of these parts, 32 bytes in base64."))


def _hash_of(parts: Sequence[Part]) -> str:
    """Return the hash of the parts, or "" where their hashes are not known."""
    is_known = all(part.sha256 for part in parts)
    return hash_of_parts(base64.b64decode(part.sha256) for part in parts) if is_known else ""


def _begin(upload: Upload, store: DirectStore, *, is_hashed: bool) -> None:
    """Begin the transfer at the store; of two requests in the same moment one wins, the other takes its."""
    begun = store.begin_multipart(upload.source_key, content_type=services.CONTENT_TYPE, is_hashed=is_hashed)
    mine = Upload.objects.filter(pk=upload.pk, state=UploadState.STARTED, multipart_id="")
    first = mine.update(multipart_id=begun, is_hashed=is_hashed)
    if not first:
        store.abort_multipart(upload.source_key, begun)
    services.reload(upload)
    if upload.is_gone or not upload.multipart_id:
        raise UploadGoneError


def _make_object(upload: Upload, parts: Sequence[Part]) -> None:
    try:
        _store().complete_multipart(upload.source_key, upload.multipart_id, parts)
    except PartsError as error:
        Upload.objects.filter(pk=upload.pk).update(completing_at=None)
        message = _("The store refuses these parts; ask for what has arrived and send what is missing.")
        raise InvalidInputError.of("parts", message) from error
    except ObjectStoreError as error:
        if not error.missing:  # else another call was first: what is there now decides
            raise


def _look(upload: Upload) -> Arrived:
    """Announce the object if it is what was promised; else say that it is being made, or take it away."""
    info = _store().info(upload.source_key)
    if info is None:
        return Arrived((), is_completing=True)
    if info.size_bytes != upload.size_bytes:
        _store().delete(upload.source_key)
        Upload.objects.filter(pk=upload.pk).update(multipart_id="", completing_at=None)
        raise ConflictError(_("The file did not arrive whole; send it again."))
    services.complete_upload(upload)
    if upload.state != UploadState.COMPLETED:
        raise UploadGoneError
    return Arrived((), is_completing=False)

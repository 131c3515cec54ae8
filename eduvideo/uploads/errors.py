"""What a transfer may be refused for; the statuses are those of tus 1.0 where it has one.

DomainError
├── UnknownChecksumError     400
├── OffsetConflictError      409
├── UploadCompletedError     409  what is complete belongs to its lesson
├── WrongProtocolError       409  tus asked of what is sent in parts, or the other way round
├── UploadGoneError          410  aborted or expired
├── UploadTooLargeError      413
├── WrongContentTypeError    415
├── UploadLockedError        423  another request is writing this moment
├── ChecksumMismatchError    460
├── WrongTusVersionError     412
└── DiskFullError            507  nothing is lost; go on later
"""

from django.utils.translation import gettext_lazy as _

from eduvideo.core.errors import DomainError


class UnknownChecksumError(DomainError):
    code, status, title = "upload-checksum-algorithm", 400, _("This kind of checksum is not known here")


class UploadCompletedError(DomainError):
    code, status, title = "upload-completed", 409, _("This upload is complete; delete its lesson instead")


class WrongProtocolError(DomainError):
    code, status, title = "upload-protocol", 409, _("This upload is sent in another way")


class OffsetConflictError(DomainError):
    code, status, title = "upload-offset", 409, _("The upload is at another position; ask for it and go on from there")


class UploadGoneError(DomainError):
    code, status, title = "upload-gone", 410, _("This upload was cancelled or has expired; start it again")


class UploadTooLargeError(DomainError):
    code, status, title = "upload-too-large", 413, _("More bytes came than were announced, or than are allowed")


class WrongContentTypeError(DomainError):
    code, status, title = "upload-content-type", 415, _("A part must be sent as application/offset+octet-stream")


class UploadLockedError(DomainError):
    code, status, title = "upload-locked", 423, _("Another window is sending this file at this moment")


class ChecksumMismatchError(DomainError):
    code, status, title = "upload-checksum", 460, _("This part arrived damaged; send it again")


class WrongTusVersionError(DomainError):
    code, status, title = "tus-version", 412, _("This server speaks tus 1.0.0")


class DiskFullError(DomainError):
    code, status, title = (
        "disk-full",
        507,
        _("The server's disk is full; the upload can go on when there is room again"),
    )

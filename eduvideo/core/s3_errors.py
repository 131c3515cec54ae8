"""What an S3 server or boto3 says, as a sentence for the operator that says what to do. Pure."""

from datetime import datetime
from email.utils import parsedate_to_datetime

from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
    SSLError,
)

from eduvideo.core import clock
from eduvideo.core.s3_place import S3Place

MISSING_CODES = {"NoSuchKey", "404", "NotFound", "NoSuchUpload"}
PARTS_CODES = {"InvalidPart", "InvalidPartOrder", "EntityTooSmall", "InvalidPartNumber"}
NO_BUCKET, NO_RIGHT = "NoSuchBucket", "AccessDenied"
REGION_CODES = {"AuthorizationHeaderMalformed", "PermanentRedirect", "301", "IllegalLocationConstraintException"}
FULL_CODES = {"XMinioStorageFull", "QuotaExceeded", "InsufficientStorage", "507"}
KEY_CODES = {"InvalidAccessKeyId", "XAdminUserNotFound"}
AWAY = (ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError, HTTPClientError)
# A server takes requests that are up to 15 minutes off, but signed URLs live for 10.
MAX_SKEW_S = 60


def error_code(error: BaseException | None) -> str:
    """Return the code of S3 for an error, also where others wrapped it; "" for errors without one."""
    found = _client_error(error)
    return str(found.response.get("Error", {}).get("Code", "")) if found else ""


def is_missing(error: BaseException) -> bool:
    """Tell whether the object or the transfer is not there, the server and the bucket being fine."""
    return error_code(error) in MISSING_CODES


def sentence(error: BaseException | None, place: S3Place) -> str:
    """Return one line on what is wrong and what to do; None stands for a key that nobody has set."""
    if error is None or isinstance(error, (NoCredentialsError, PartialCredentialsError)):
        return "There is no key for S3: set EDUVIDEO_S3_ACCESS_KEY and EDUVIDEO_S3_SECRET_KEY."
    if isinstance(error, SSLError):
        return (
            f"No TLS with the S3 server at {place.server}: is its certificate trusted, is EDUVIDEO_S3_ENDPOINT right? "
            f"({error})"
        )
    if isinstance(error, AWAY):
        return f"The S3 server at {place.server} does not answer: is it running, is EDUVIDEO_S3_ENDPOINT right?"
    found = _client_error(error)
    return _of_answer(found, place) if found else f"The S3 server at {place.server} could not be used: {error}"


def _of_answer(error: ClientError, place: S3Place) -> str:
    code, message = error_code(error), error.response.get("Error", {}).get("Message", "")
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    if code == "RequestTimeTooSkewed":
        return skew_sentence(headers.get("date", ""), now=clock.now())
    if code in REGION_CODES:
        told = error.response.get("Error", {}).get("Region", "") or headers.get("x-amz-bucket-region", "")
        return region_sentence(str(told), place)
    return sentence_of_code(code, place) or f"The S3 server at {place.server} answered {code}: {message}"


def sentence_of_code(code: str, place: S3Place) -> str:
    """Return what a code of S3 means for the operator, or "" for one of which we know nothing better."""
    if code in KEY_CODES:
        return f"The S3 server at {place.server} does not know the key of EDUVIDEO_S3_ACCESS_KEY."
    if code in FULL_CODES:
        return f"The S3 server at {place.server} has no room left."
    return {
        "SignatureDoesNotMatch": "EDUVIDEO_S3_SECRET_KEY is not the secret of EDUVIDEO_S3_ACCESS_KEY.",
        "ExpiredToken": "The temporary key of S3 has ended.",
        NO_BUCKET: f"There is no bucket {place.bucket} at {place.server}: `manage.py doctor --fix` makes it.",
        NO_RIGHT: f"The S3 key may not do this in the bucket {place.bucket}: it must be allowed to read, write, "
        "list and delete objects.",
    }.get(code, "")


def region_sentence(told: str, place: S3Place) -> str:
    """Say that the bucket is elsewhere; told is where, or ""."""
    where = f": it is in {told}" if told else ""
    return f"EDUVIDEO_S3_REGION ({place.region}) is not the region of the bucket {place.bucket}{where}."


def skew_s(date: str, *, now: datetime) -> int:
    """Return by how much our clock is ahead of an answer's Date; 0 where it has none."""
    try:
        return round((now - parsedate_to_datetime(date)).total_seconds())
    except ValueError:
        return 0


def skew_sentence(date: str, *, now: datetime) -> str:
    """Say how far our clock and the server's are apart; date is the Date of its answer."""
    apart_s = skew_s(date, now=now)
    if not apart_s:
        return "The clocks of this machine and of the S3 server are too far apart: set them by NTP."
    word = "ahead of" if apart_s > 0 else "behind"
    return (
        f"The clock of this machine is {_length(abs(apart_s))} {word} the S3 server's ({now:%Y-%m-%d %H:%M:%S} here, "
        f"{parsedate_to_datetime(date):%Y-%m-%d %H:%M:%S} there, UTC): set both by NTP."
    )


def _length(seconds: int) -> str:
    if seconds < 120:  # noqa: PLR2004 - seconds say more than "1 min"
        return f"{seconds} s"
    return f"{round(seconds / 60)} min" if seconds < 86400 else f"{seconds / 86400:.1f} days"  # noqa: PLR2004


def _client_error(error: BaseException | None) -> ClientError | None:
    """boto3's transfer raises errors of its own with the real one as their context."""
    while error is not None and not isinstance(error, ClientError):
        error = error.__cause__ or error.__context__
    return error

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
REGION_CODES = {"AuthorizationHeaderMalformed", "PermanentRedirect", "301", "IllegalLocationConstraintException"}
FULL_CODES = {"XMinioStorageFull", "QuotaExceeded", "InsufficientStorage", "507"}
AWAY = (ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError, HTTPClientError)


def error_code(error: BaseException | None) -> str:
    """Return the code of S3 for an error, also where boto3's transfer wrapped it; "" for others."""
    found = _client_error(error)
    return str(found.response.get("Error", {}).get("Code", "")) if found else ""


def is_missing(error: BaseException) -> bool:
    """Tell whether the object or the transfer is not there, the server and the bucket being fine."""
    return error_code(error) in MISSING_CODES


def sentence(error: BaseException | None, place: S3Place) -> str:
    """Return one line on what is wrong and what to do."""
    if error is None or isinstance(error, (NoCredentialsError, PartialCredentialsError)):
        return "There is no key for S3: set EDUVIDEO_S3_ACCESS_KEY and EDUVIDEO_S3_SECRET_KEY."
    if isinstance(error, SSLError):
        return f"The certificate of the S3 server at {place.server} is not trusted ({error})."
    if isinstance(error, AWAY):
        return f"The S3 server at {place.server} does not answer: is it running, is EDUVIDEO_S3_ENDPOINT right?"
    found = _client_error(error)
    return _of_code(found, place) if found else f"The S3 server at {place.server} could not be used: {error}"


def _of_code(error: ClientError, place: S3Place) -> str:
    code, message = error_code(error), error.response.get("Error", {}).get("Message", "")
    known = {
        "InvalidAccessKeyId": "The S3 server does not know the key of EDUVIDEO_S3_ACCESS_KEY.",
        "SignatureDoesNotMatch": "EDUVIDEO_S3_SECRET_KEY is not the secret of EDUVIDEO_S3_ACCESS_KEY.",
        "ExpiredToken": "The temporary key of S3 has ended.",
        "NoSuchBucket": f"There is no bucket {place.bucket} at {place.server}: `manage.py doctor --fix` makes it.",
        "AccessDenied": f"The S3 key may not do this in the bucket {place.bucket}: it needs to read, list, write and "
        "delete objects.",
        "RequestTimeTooSkewed": skew_sentence(error, now=clock.now()),
    }
    if code in known:
        return known[code]
    if code in REGION_CODES:
        return f"EDUVIDEO_S3_REGION ({place.region}) is not the region of the bucket {place.bucket}{_region(error)}."
    if code in FULL_CODES:
        return f"The S3 server at {place.server} has no room left."
    return f"The S3 server at {place.server} answered {code}: {message}"


def skew_sentence(error: ClientError, *, now: datetime) -> str:
    """Say how far our clock and the server's are apart; the server's is in the Date of its answer."""
    date = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
    try:
        apart_s = round((now - parsedate_to_datetime(date)).total_seconds())
    except ValueError:
        return "The clocks of this machine and of the S3 server are too far apart: set them by NTP."
    word = "ahead of" if apart_s > 0 else "behind"
    return (
        f"The clock of this machine is {_length(abs(apart_s))} {word} the S3 server's ({now:%Y-%m-%d %H:%M:%S} here, "
        f"{parsedate_to_datetime(date):%Y-%m-%d %H:%M:%S} there, UTC): set them by NTP."
    )


def _length(seconds: int) -> str:
    return f"{seconds // 60} min {seconds % 60} s" if seconds < 86400 else f"{seconds / 86400:.1f} days"  # noqa: PLR2004


def _region(error: ClientError) -> str:
    told = error.response.get("Error", {}).get("Region", "") or error.response.get("ResponseMetadata", {}).get(
        "HTTPHeaders", {}
    ).get("x-amz-bucket-region", "")
    return f", which is {told}" if told else ""


def _client_error(error: BaseException | None) -> ClientError | None:
    """boto3's transfer raises errors of its own with the real one as their context."""
    while error is not None and not isinstance(error, ClientError):
        error = error.__cause__ or error.__context__
    return error

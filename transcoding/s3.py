"""The store of a bucket, by boto3: AWS, or any server that speaks S3."""

import errno
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from s3transfer.exceptions import S3ValidationError

from transcoding.errors import ConfigurationError, SourceMissingError, StorageError
from transcoding.messages import FailureCode
from transcoding.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MIB = 1024 * 1024
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
IN_PARTS_BYTES = 32 * MIB
TRANSFER = TransferConfig(
    multipart_threshold=IN_PARTS_BYTES,
    multipart_chunksize=16 * MIB,
    max_concurrency=4,
    max_io_queue=64,
    preferred_transfer_client="classic",
)
FULL_CODES = {"XMinioStorageFull", "QuotaExceeded", "InsufficientStorage", "507"}
FULL_ERRNOS = {errno.ENOSPC, errno.EDQUOT}


class S3MediaStore:
    """Objects of a bucket. Threads share a store; a process that was forked off gets a connection of its own."""

    def __init__(self, chosen: Settings) -> None:
        """Ask no server yet; raise ConfigurationError with the name of a setting that is not right."""
        parts = urlsplit(chosen.objects_url)
        if parts.scheme != "s3" or not BUCKET.fullmatch(parts.netloc) or parts.query or parts.fragment:
            raise ConfigurationError("EDUVIDEO_OBJECTS_URL must be s3://bucket or s3://bucket/prefix")
        if chosen.s3_endpoint and not chosen.s3_endpoint.startswith(("http://", "https://")):
            raise ConfigurationError(f"EDUVIDEO_S3_ENDPOINT must be http(s)://host[:port], not {chosen.s3_endpoint}")
        if bool(chosen.s3_access_key) != bool(chosen.s3_secret_key):
            raise ConfigurationError("EDUVIDEO_S3_ACCESS_KEY and EDUVIDEO_S3_SECRET_KEY go together")
        prefix = unquote(parts.path).strip("/")
        self._bucket, self._prefix = parts.netloc, f"{prefix}/" if prefix else ""
        self._settings = chosen
        self._clients: dict[int, S3Client] = {}

    def fetch(self, key: str, path: Path, *, check: Callable[[], None]) -> None:
        with self._errors(key), tempfile.TemporaryDirectory(dir=path.parent, prefix=".fetching-") as folder:
            part = Path(folder) / "part"
            size_bytes = self._client().head_object(Bucket=self._bucket, Key=self._full(key))["ContentLength"]
            self._client().download_file(
                self._bucket, self._full(key), str(part), Callback=lambda _bytes: check(), Config=TRANSFER
            )
            if part.stat().st_size != size_bytes:
                raise StorageError(
                    "The file store did not answer.", detail=f"{key}: not all of {size_bytes} bytes came"
                )
            os.link(part, path)

    def put(self, path: Path, key: str, *, content_type: str, cache_control: str) -> None:
        full = self._full(key)
        with self._errors(key), path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > IN_PARTS_BYTES:
                told = {"ContentType": content_type, "CacheControl": cache_control}
                self._client().upload_file(str(path), self._bucket, full, ExtraArgs=told, Config=TRANSFER)
            else:  # a segment: without the threads of a transfer, which double its time
                self._client().put_object(
                    Bucket=self._bucket, Key=full, Body=file, ContentType=content_type, CacheControl=cache_control
                )

    def _full(self, key: str) -> str:
        if any(part == "" or part.startswith(".") or "\0" in part for part in key.split("/")):
            raise StorageError("The file has an impossible name in the store.", detail=repr(key))
        return self._prefix + key

    def _client(self) -> "S3Client":
        client = self._clients.get(os.getpid())
        return client or self._clients.setdefault(os.getpid(), _make_client(self._settings))

    @contextmanager
    def _errors(self, key: str) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError, Boto3Error, S3ValidationError) as error:
            raise _storage_error(error, f"{key}: {error}") from error
        except OSError as error:  # of our own disk
            raise _storage_error(error, f"{key}: {error}") from error


def _make_client(chosen: Settings) -> "S3Client":
    secret_key = chosen.s3_secret_key
    session = boto3.Session(
        aws_access_key_id=chosen.s3_access_key or None,
        aws_secret_access_key=secret_key.get_secret_value() if secret_key else None,
        region_name=chosen.s3_region,
    )
    config = Config(
        signature_version="s3v4",
        s3={
            "addressing_style": "path" if chosen.s3_endpoint else "virtual",
            "us_east_1_regional_endpoint": "regional",
        },
        connect_timeout=5,
        read_timeout=60,
        retries={"mode": "standard", "total_max_attempts": 4},
        # The body's SHA-256 is signed anyway; many servers do not know the newer checksums.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return session.client("s3", endpoint_url=chosen.s3_endpoint or None, config=config)


def _storage_error(error: BaseException, detail: str) -> StorageError:
    """boto3's transfer raises errors of its own with the real one as their context."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, (ClientError, OSError)):
        cause = cause.__cause__ or cause.__context__
    code = str(cause.response.get("Error", {}).get("Code", "")) if isinstance(cause, ClientError) else ""
    if code in {"NoSuchKey", "404"}:
        return SourceMissingError("The uploaded file is no longer there.", detail=detail)
    if code in FULL_CODES or (isinstance(cause, OSError) and cause.errno in FULL_ERRNOS):
        return StorageError("There is no room left for the video.", code=FailureCode.OUT_OF_SPACE, detail=detail)
    return StorageError("The file store did not answer.", detail=detail)

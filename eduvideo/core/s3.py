"""The object store of a bucket, by boto3: AWS, or any server that speaks S3."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError

from eduvideo.core import clock
from eduvideo.core.env import Environment
from eduvideo.core.objects import (
    Multipart,
    ObjectInfo,
    ObjectStoreError,
    Part,
    PartsError,
    PlannedPart,
    SignedPart,
    checked_key,
)
from eduvideo.core.s3_errors import (
    MAX_SKEW_S,
    PARTS_CODES,
    error_code,
    is_missing,
    region_sentence,
    sentence,
    skew_s,
    skew_sentence,
)
from eduvideo.core.s3_place import S3Place, place_of, presigned_url

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, CreateMultipartUploadRequestTypeDef

MIB = 1024 * 1024
BATCH = 1000  # what one DeleteObjects may name
PROBE = "health/probe.txt"
SHA256_HEADER = "x-amz-checksum-sha256"
TRANSFER = TransferConfig(
    multipart_threshold=32 * MIB,
    multipart_chunksize=16 * MIB,
    max_concurrency=4,
    preferred_transfer_client="classic",
)
# A request waits for us: three tries, then it is told to come again. The checks of health ask once.
PATIENCE = Config(connect_timeout=3, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3})
# A server may have to put gigabytes together before it says a word.
LONG = Config(connect_timeout=3, read_timeout=120, retries={"mode": "standard", "total_max_attempts": 2})
ONE_TRY = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 1})


def open_s3(environment: Environment) -> "S3ObjectStore":
    """Return the store that the settings name; asks no server yet. Raises ValueError with the setting."""
    secret_key = environment.s3_secret_key
    return S3ObjectStore(
        place_of(environment),
        access_key=environment.s3_access_key or None,
        secret_key=secret_key.get_secret_value() if secret_key else None,
    )


class S3ObjectStore:
    """Objects of a bucket. Threads share a store; a process that was forked off gets a connection of its own."""

    def __init__(self, place: S3Place, *, access_key: str | None = None, secret_key: str | None = None) -> None:
        """Without a key boto3 looks for one where it always does."""
        self.place = place
        self._key = (access_key or None, secret_key or None)
        self._clients: dict[tuple[int, int], S3Client] = {}
        self._found: dict[int, Credentials] = {}

    # -- Objects -----------------------------------------------------------------------------------------------------

    def read(self, key: str) -> bytes:
        with self.errors(key):
            return self.client().get_object(Bucket=self.place.bucket, Key=self._full(key))["Body"].read()

    def write(self, key: str, body: bytes, *, content_type: str) -> None:
        with self.errors(key):
            self.client().put_object(Bucket=self.place.bucket, Key=self._full(key), Body=body, ContentType=content_type)

    def put_file(self, file: Path, key: str, *, content_type: str) -> None:
        """Upload a file, a large one in parts, then remove it."""
        kind = {"ContentType": content_type}
        with self.errors(key):
            self.client().upload_file(str(file), self.place.bucket, self._full(key), ExtraArgs=kind, Config=TRANSFER)
            file.unlink()

    def info(self, key: str) -> ObjectInfo | None:
        full = self._full(key)
        try:
            with self.errors(key):
                head = self.client().head_object(Bucket=self.place.bucket, Key=full)
        except ObjectStoreError as error:
            if error.missing:
                return None
            raise
        return ObjectInfo(key, head["ContentLength"], head["LastModified"].timestamp())

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        with self.errors(prefix):
            pages = self.client().get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.place.bucket, Prefix=self.place.prefix + prefix):
                for item in page.get("Contents", ()):
                    yield ObjectInfo(self._short(item["Key"]), item["Size"], item["LastModified"].timestamp())

    def delete(self, key: str) -> None:
        with self.errors(key):
            self.client().delete_object(Bucket=self.place.bucket, Key=self._full(key))

    def delete_many(self, keys: Iterable[str]) -> None:
        self._delete_batches(keys)

    def delete_tree(self, prefix: str) -> int:
        return self._delete_batches(info.key for info in self.list(prefix))

    def check(self) -> None:
        """See ObjectStore; also says so where signed URLs will not be good: another region, a clock that is off."""
        with self.errors():
            client, bucket = self.client(ONE_TRY), self.place.bucket
            answer = client.put_object(Bucket=bucket, Key=self._full(PROBE), Body=b"ok", ContentType="text/plain")
            region = client.head_bucket(Bucket=bucket).get("BucketRegion", "")
        if region and region != self.place.region:  # boto3 has followed the server's hint, browsers cannot
            raise ObjectStoreError(region_sentence(region, self.place))
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
        if abs(skew_s(date, now=clock.now())) > MAX_SKEW_S:
            raise ObjectStoreError(skew_sentence(date, now=clock.now()))

    # -- What browsers do themselves (DirectStore) -------------------------------------------------------------------

    def signed_url(self, key: str, *, expires_s: int, method: str = "GET", cache_control: str | None = None) -> str:
        now_s = int(clock.now().timestamp())
        window_s = max(1, expires_s // 2)
        at = datetime.fromtimestamp(now_s - now_s % window_s, tz=UTC)
        query = {"response-cache-control": cache_control} if cache_control else None
        return self._signed(key, method=method, at=at, expires_s=expires_s, query=query)

    def begin_multipart(self, key: str, *, content_type: str, is_hashed: bool) -> str:
        place: CreateMultipartUploadRequestTypeDef = {
            "Bucket": self.place.bucket,
            "Key": self._full(key),
            "ContentType": content_type,
        }
        if is_hashed:
            place["ChecksumAlgorithm"] = "SHA256"
        with self.errors(key):
            return self.client().create_multipart_upload(**place)["UploadId"]

    def sign_parts(
        self, key: str, multipart_id: str, parts: Sequence[PlannedPart], *, expires_s: int
    ) -> dict[int, SignedPart]:
        now, signed = clock.now(), {}
        for part in parts:
            told = {SHA256_HEADER: part.sha256} if part.sha256 else {}
            url = self._signed(
                key,
                method="PUT",
                at=now,
                expires_s=expires_s,
                query={"partNumber": str(part.number), "uploadId": multipart_id},
                headers={"Content-Length": str(part.size_bytes), **told},  # browsers send the first by themselves
            )
            signed[part.number] = SignedPart(url, told)
        return signed

    def list_parts(self, key: str, multipart_id: str) -> tuple[Part, ...]:
        with self.errors(key):
            pages = self.client().get_paginator("list_parts")
            return tuple(
                Part(part["PartNumber"], part["Size"], part["ETag"], part.get("ChecksumSHA256", ""))
                for page in pages.paginate(Bucket=self.place.bucket, Key=self._full(key), UploadId=multipart_id)
                for part in page.get("Parts", ())
            )

    def complete_multipart(self, key: str, multipart_id: str, parts: Sequence[Part]) -> None:
        ordered = sorted(parts, key=lambda part: part.number)
        with self.errors(key):
            self.client(LONG).complete_multipart_upload(
                Bucket=self.place.bucket,
                Key=self._full(key),
                UploadId=multipart_id,
                MultipartUpload={"Parts": [_named(part) for part in ordered]},
            )

    def abort_multipart(self, key: str, multipart_id: str) -> None:
        try:
            with self.errors(key):
                self.client().abort_multipart_upload(
                    Bucket=self.place.bucket, Key=self._full(key), UploadId=multipart_id
                )
        except ObjectStoreError as error:
            if not error.missing:
                raise

    def list_multiparts(self, prefix: str) -> Iterator[Multipart]:
        with self.errors(prefix):
            pages = self.client().get_paginator("list_multipart_uploads")
            for page in pages.paginate(Bucket=self.place.bucket, Prefix=self.place.prefix + prefix):
                for item in page.get("Uploads", ()):
                    yield Multipart(self._short(item["Key"]), item["UploadId"], item["Initiated"].timestamp())

    # -- Details -----------------------------------------------------------------------------------------------------

    def client(self, patience: Config = PATIENCE) -> "S3Client":
        """Return boto3's client of this process: threads may share one, forked processes may not."""
        which = (os.getpid(), id(patience))
        client = self._clients.get(which)
        # Two threads may both make one; the first stays. A session of its own, as sessions are not for threads.
        return client or self._clients.setdefault(which, make_client(self._session(), self.place, patience))

    def _session(self) -> boto3.Session:
        access_key, secret_key = self._key
        return boto3.Session(
            aws_access_key_id=access_key, aws_secret_access_key=secret_key, region_name=self.place.region
        )

    def _credentials(self) -> ReadOnlyCredentials:
        """Return the key to sign with, as it is now: temporary ones are renewed by boto3."""
        found = self._found.get(os.getpid()) or self._session().get_credentials()
        if found is None:
            raise ObjectStoreError(sentence(None, self.place))
        return self._found.setdefault(os.getpid(), found).get_frozen_credentials()

    def _full(self, key: str) -> str:
        return self.place.prefix + checked_key(key)

    def _short(self, key: str) -> str:
        return key.removeprefix(self.place.prefix)

    def _signed(
        self,
        key: str,
        *,
        method: str,
        at: datetime,
        expires_s: int,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        return presigned_url(
            self.place,
            self._full(key),
            credentials=self._credentials(),
            method=method,
            at=at,
            expires_s=expires_s,
            query=query,
            headers=headers,
        )

    def _delete_batches(self, keys: Iterable[str]) -> int:
        """Delete in batches and look at each batch's own errors; return how many went."""
        waiting, gone, refused = iter(keys), 0, []
        while batch := list(islice(waiting, BATCH)):
            with self.errors(batch[0]):
                answer = self.client().delete_objects(
                    Bucket=self.place.bucket,
                    Delete={"Objects": [{"Key": self._full(key)} for key in batch], "Quiet": True},
                )
            refused += answer.get("Errors", [])
            gone += len(batch)
        if refused:
            first = refused[0]
            raise ObjectStoreError(
                f"{len(refused)} objects could not be removed, the first is {first.get('Key')}: "
                f"{first.get('Code')} {first.get('Message', '')}"
            )
        return gone

    @contextmanager
    def errors(self, key: str = "") -> Iterator[None]:
        """Turn what boto3 raises into our error, with a sentence for the operator."""
        try:
            yield
        except (BotoCoreError, ClientError, Boto3Error) as error:
            text = f"{key}: {sentence(error, self.place)}" if key else sentence(error, self.place)
            if error_code(error) in PARTS_CODES:
                raise PartsError(text) from error
            raise ObjectStoreError(text, missing=is_missing(error)) from error
        except OSError as error:
            raise ObjectStoreError(f"{key}: {error}") from error


def _named(part: Part) -> "CompletedPartTypeDef":
    """Return a part as a completion names it; of a hashed transfer AWS wants to hear the hashes again."""
    hashed: CompletedPartTypeDef = {"ChecksumSHA256": part.sha256} if part.sha256 else {}
    return {"PartNumber": part.number, "ETag": part.etag, **hashed}


def make_client(session: boto3.Session, place: S3Place, patience: Config) -> "S3Client":
    """Return a client for the server as we reach it: paths name the bucket, except at AWS."""
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path" if place.endpoint else "virtual", "us_east_1_regional_endpoint": "regional"},
        max_pool_connections=32,
        # The body's SHA-256 is signed anyway; many servers do not know the newer checksums.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    ).merge(patience)
    return session.client("s3", endpoint_url=place.endpoint, region_name=place.region, config=config)

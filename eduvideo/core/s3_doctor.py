"""What an operator must know of a bucket: each fault a sentence, and a repair where we can make one.

Asks what browsers will ask, at the address that they use: whether a signed URL is good there, and what the server lets
pages of ours and of others do (CORS). The server's word counts, not its configuration: some have one for all buckets.
"""

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from botocore.exceptions import ClientError
from defusedxml.ElementTree import fromstring

from eduvideo.core.objects import ObjectStoreError
from eduvideo.core.s3 import PROBE, S3ObjectStore
from eduvideo.core.s3_errors import NO_BUCKET, NO_RIGHT, error_code, sentence_of_code

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CORSRuleOutputTypeDef, CORSRuleTypeDef

ANYWHERE = "https://a-school.example"  # whoever embeds a lesson
TIMEOUT_S = 5
EXPOSED = ["ETag", "Content-Length", "Content-Range", "Accept-Ranges"]
RULES_ID = "eduvideo-"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, in a sentence; `repair` mends it and returns what it did, or raises ObjectStoreError."""

    sentence: str
    repair: Callable[[], str] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Message
    body: bytes


def examine(store: S3ObjectStore, *, page_origin: str) -> list[Fault]:
    """Return all faults of a bucket; page_origin is the origin of our pages. Ends within half a minute."""
    try:
        store.check()
    except ObjectStoreError as error:
        code = error_code(error)
        repair = (lambda: _create_bucket(store)) if code == NO_BUCKET else None
        return [Fault(f"To write does not work. {error}" if code == NO_RIGHT else str(error), repair)]
    return [*_refused_calls(store), *_browsers(store, page_origin)]


def _refused_calls(store: S3ObjectStore) -> Iterator[Fault]:
    calls: dict[str, Callable[[], object]] = {
        "read": lambda: store.read(PROBE),
        "list": lambda: next(store.list("health/"), None),
        "list unfinished uploads": lambda: next(store.list_multiparts("health/"), None),
        "delete": lambda: store.delete(f"{PROBE}.gone"),
    }
    for name, call in calls.items():
        try:
            call()
        except ObjectStoreError as error:
            yield Fault(f"To {name} does not work. {error}")


def _browsers(store: S3ObjectStore, page_origin: str) -> Iterator[Fault]:
    """Look at the public address as a browser does."""
    place, url = store.place, store.signed_url(PROBE, expires_s=60)
    try:
        signed = _ask("GET", url, origin=ANYWHERE)
        reading = _ask("OPTIONS", url.partition("?")[0], origin=ANYWHERE, wants="GET")
        writing = _ask("OPTIONS", url.partition("?")[0], origin=page_origin, wants="PUT")
    except OSError as error:
        yield Fault(
            f"Browsers are sent to {place.public_origin}, which does not answer from here ({error}): is "
            "EDUVIDEO_S3_PUBLIC_ENDPOINT right?"
        )
        return
    if signed.status != 200:  # noqa: PLR2004 - HTTP
        yield Fault(_unsigned(signed, store))
        return
    exposed = {name.strip().lower() for name in signed.headers.get("Access-Control-Expose-Headers", "").split(",")}
    if not (_allows(reading, ANYWHERE) and _allows(writing, page_origin) and exposed & {"etag", "*"}):
        yield Fault(
            f"Pages may not fetch from {place.public_origin} or send uploads to it: the CORS rules of the bucket are "
            "missing or not ours; `manage.py doctor --fix` sets them.",
            lambda: _set_cors(store, page_origin),
        )


def _unsigned(answer: Answer, store: S3ObjectStore) -> str:
    """Say why a signed URL was refused, although our own calls at the other address were not."""
    place, code = store.place, _code_of(answer.body)
    told = f"Browsers are sent to {place.public_origin}, which refuses what we sign ({answer.status} {code})"
    if code == "SignatureDoesNotMatch":
        return f"{told}: a proxy in front of it must leave the Host header and the path as they are."
    return f"{told}. {sentence_of_code(code, place)}".rstrip()


def _create_bucket(store: S3ObjectStore) -> str:
    place, client = store.place, store.client()
    with store.errors():
        if place.endpoint or place.region == "us-east-1":
            client.create_bucket(Bucket=place.bucket)
        else:
            where: Any = {"LocationConstraint": place.region}  # Any: the region comes from a setting
            client.create_bucket(Bucket=place.bucket, CreateBucketConfiguration=where)
    return f"made the bucket {place.bucket}"


def _set_cors(store: S3ObjectStore, page_origin: str) -> str:
    """Put our rules before those of others, because the first that fits counts."""
    client, bucket = store.client(), store.place.bucket
    try:
        with store.errors():
            others = [rule for rule in _cors_rules(store) if not rule.get("ID", "").startswith(RULES_ID)]
            client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [*our_rules(page_origin), *others]})
    except ObjectStoreError as error:
        if error_code(error) in {"NotImplemented", "MethodNotAllowed"}:
            raise ObjectStoreError(
                "This S3 server keeps no CORS rules of a bucket: in its own settings, let it allow GET and HEAD from "
                f"any origin and PUT from {page_origin} and expose ETag (MinIO: MINIO_API_CORS_ALLOW_ORIGIN)."
            ) from error
        raise
    return f"set the CORS rules of the bucket {bucket}"


def our_rules(page_origin: str) -> "list[CORSRuleTypeDef]":
    """Return what browsers may do: anybody fetch (with a signed URL), our own pages send parts of uploads."""
    common: CORSRuleTypeDef = {
        "AllowedMethods": [],
        "AllowedOrigins": [],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": EXPOSED,
        "MaxAgeSeconds": 3600,
    }
    return [
        {**common, "ID": f"{RULES_ID}read", "AllowedMethods": ["GET", "HEAD"], "AllowedOrigins": ["*"]},
        {**common, "ID": f"{RULES_ID}upload", "AllowedMethods": ["PUT"], "AllowedOrigins": [page_origin]},
    ]


def _cors_rules(store: S3ObjectStore) -> "list[CORSRuleOutputTypeDef]":
    try:
        return store.client().get_bucket_cors(Bucket=store.place.bucket)["CORSRules"]
    except ClientError as error:
        if error_code(error) == "NoSuchCORSConfiguration":
            return []
        raise


def _allows(preflight: Answer, origin: str) -> bool:
    return preflight.status < 300 and preflight.headers.get("Access-Control-Allow-Origin", "") in {"*", origin}  # noqa: PLR2004


def _ask(method: str, url: str, *, origin: str, wants: str = "") -> Answer:
    """Send one request as a browser would for a page of that origin; OSError where nobody answers."""
    headers = {"Origin": origin}
    if wants:
        headers |= {"Access-Control-Request-Method": wants, "Access-Control-Request-Headers": "content-type,range"}
    request = urllib.request.Request(url, method=method, headers=headers)  # noqa: S310 - http(s), see S3Place
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())


def _code_of(body: bytes) -> str:
    try:
        return fromstring(body).findtext("Code") or ""
    except ParseError:
        return ""

"""Where a bucket is, and URLs that let a browser read or write one object of it for a while. Pure: asks no server.

The signature is botocore's (AWS Signature Version 4 in the query:
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html), for a moment that we choose: a client's
generate_presigned_url always signs for this very second, so that no two URLs of an object are the same and browsers
would keep nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote, urlsplit

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from eduvideo.core.env import Environment

PORTS = {"http": 80, "https": 443}
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class S3Place:
    """A bucket (and the prefix of our keys in it, "" or ending in "/"), the server's addresses, the region."""

    bucket: str
    prefix: str
    region: str
    endpoint: str | None
    public_endpoint: str | None

    @property
    def public_base(self) -> str:
        """Return the bucket's URL as browsers reach it; below it are the keys."""
        endpoint = self.public_endpoint or self.endpoint
        if endpoint:
            # As browsers name it in the Host header, which is signed.
            return f"{origin_of(endpoint)}{urlsplit(endpoint).path.rstrip('/')}/{self.bucket}/"
        domain = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return f"https://{self.bucket}.s3.{self.region}.{domain}/"

    @property
    def public_origin(self) -> str:
        return origin_of(self.public_base)

    @property
    def server(self) -> str:
        """Return what an operator would call the server."""
        return self.endpoint or f"AWS ({self.region})"


def place_of(environment: Environment) -> S3Place:
    """Return the place that the settings name; raises ValueError with the setting that is not right."""
    url, endpoint, public_endpoint = environment.objects, environment.s3_endpoint, environment.s3_public_endpoint
    parts = urlsplit(url)
    bucket, prefix = parts.netloc, unquote(parts.path).strip("/")
    if parts.scheme != "s3" or not BUCKET.fullmatch(bucket) or parts.query or parts.fragment:
        raise ValueError(
            "EDUVIDEO_OBJECTS_URL must be s3://bucket or s3://bucket/prefix; the name of a bucket has 3 to 63 small "
            "letters, digits, hyphens and dots, its key has settings of its own"
        )
    if "." in bucket and not endpoint:
        raise ValueError(f"EDUVIDEO_OBJECTS_URL: a bucket with dots ({bucket}) needs EDUVIDEO_S3_ENDPOINT as well")
    for name, address in (("ENDPOINT", endpoint), ("PUBLIC_ENDPOINT", public_endpoint)):
        if address and (urlsplit(address).scheme not in {"http", "https"} or not urlsplit(address).hostname):
            raise ValueError(f"EDUVIDEO_S3_{name} must be http(s)://host[:port], not {address}")
    if bool(environment.s3_access_key) != bool(environment.s3_secret_key):
        raise ValueError("EDUVIDEO_S3_ACCESS_KEY and EDUVIDEO_S3_SECRET_KEY go together")
    return S3Place(
        bucket=bucket,
        prefix=f"{prefix}/" if prefix else "",
        region=environment.s3_region,
        endpoint=endpoint or None,
        public_endpoint=public_endpoint or None,
    )


def origin_of(url: str) -> str:
    """Return scheme, host and port as browsers write them: in small letters, without the scheme's own port."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    is_usual = parts.port in {None, PORTS.get(parts.scheme)}
    return f"{parts.scheme}://{host}" if is_usual else f"{parts.scheme}://{host}:{parts.port}"


def presigned_url(
    place: S3Place,
    key: str,
    *,
    credentials: ReadOnlyCredentials,
    method: str,
    at: datetime,
    expires_s: int,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> str:
    """Return a URL for one request of `method`, valid from `at` for expires_s; key is the whole key in the bucket.

    The headers are signed as well: the request must have them just so.
    """
    url = place.public_base + quote(key, safe="/~-._")
    request = AWSRequest(method, url, params=dict(query or {}), headers=dict(headers or {}))
    _SignerAt(credentials, place.region, at=at, expires_s=expires_s).add_auth(request)
    return str(request.url)


class _SignerAt(S3SigV4QueryAuth):
    """botocore's signer of URLs with the clock taken out."""

    def __init__(self, credentials: ReadOnlyCredentials, region: str, *, at: datetime, expires_s: int) -> None:
        super().__init__(credentials, "s3", region, expires=expires_s)
        self._stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")

    def add_auth(self, request: AWSRequest) -> None:
        request.context["timestamp"] = self._stamp
        self._modify_request_before_signing(request)  # type: ignore[attr-defined]  # left out of botocore's types
        text = self.string_to_sign(request, self.canonical_request(request))
        self._inject_signature_to_request(request, self.signature(text, request))  # type: ignore[attr-defined]  # so is it

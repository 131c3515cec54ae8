"""Where a bucket is, and URLs that let a browser read or write one object of it for a while. Pure: asks no server.

The signature is AWS Signature Version 4 in the query
(https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html). Written here because one is made per
media segment: boto3's way takes several times as long and always signs for this very second, so that no two URLs of an
object are the same and browsers would keep nothing.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote, unquote, urlsplit

from eduvideo.core.env import Environment

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
            return f"{endpoint.rstrip('/')}/{self.bucket}/"
        domain = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return f"https://{self.bucket}.s3.{self.region}.{domain}/"

    @property
    def public_origin(self) -> str:
        parts = urlsplit(self.public_base)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def server(self) -> str:
        """Return what an operator would call the server."""
        return self.endpoint or f"AWS ({self.region})"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key of S3; token only for temporary ones."""

    access_key: str
    secret_key: str
    token: str | None = None

    def __repr__(self) -> str:
        return f"Credentials({self.access_key!r})"


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


def presigned_url(
    place: S3Place,
    key: str,
    *,
    credentials: Credentials,
    method: str,
    at: datetime,
    expires_s: int,
    query: Mapping[str, str] | None = None,
) -> str:
    """Return a URL for one request of `method`, valid from `at` for expires_s; key is the whole key in the bucket."""
    base = urlsplit(place.public_base)
    path = base.path + quote(key, safe="/~-._")
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{place.region}/s3/aws4_request"
    fields = {
        **(query or {}),
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{credentials.access_key}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(expires_s),
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.token:
        fields["X-Amz-Security-Token"] = credentials.token
    asked = "&".join(f"{quote(name, safe='~-._')}={quote(fields[name], safe='~-._')}" for name in sorted(fields))
    request = f"{method}\n{path}\n{asked}\nhost:{base.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{sha256(request.encode()).hexdigest()}"
    key_of_day = _signing_key(credentials.secret_key, stamp[:8], place.region)
    signature = hmac.new(key_of_day, text.encode(), sha256).hexdigest()
    return f"{base.scheme}://{base.netloc}{path}?{asked}&X-Amz-Signature={signature}"


@lru_cache(maxsize=8)
def _signing_key(secret_key: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), sha256).digest()
    return key

"""Every setting of the platform, read once from the environment, with its type, default and meaning.

README's table is checked against this class. A wrong value stops the start with the variable's name.
"""

from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MIB = 1024 * 1024
GIB = 1024 * MIB


def comma_list(value: object) -> object:
    """Split "a, b" into its parts; leave a real list alone."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


class Environment(BaseSettings):
    """The environment of one process. Every field is the variable EDUVIDEO_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="EDUVIDEO_", frozen=True, extra="ignore")

    data: Path = Field(Path("var"), description="Folder of everything the embedded parts keep")
    debug: bool = Field(default=False, description="Developer's error pages; never where others can reach it")
    secret_key: SecretStr | None = Field(
        None, description="Key of signatures and sessions; made and kept under EDUVIDEO_DATA by default"
    )
    base_url: str = Field("http://127.0.0.1:8000", description="Address that people type, without a slash at the end")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Host names served besides the one of EDUVIDEO_BASE_URL"
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Addresses of proxies whose X-Forwarded headers are believed"
    )
    database_url: str | None = Field(
        None, description="sqlite:/// or postgresql:// URL; SQLite under EDUVIDEO_DATA by default"
    )
    broker_url: str = Field(
        "redis://127.0.0.1:6379/0", description="Redis or Valkey; `manage.py dev` starts one and sets this"
    )
    objects_url: str | None = Field(
        None, description="file:///folder or s3://bucket[/prefix] of sources and media; under EDUVIDEO_DATA by default"
    )
    s3_endpoint: str | None = Field(None, description="Address of the S3 server as we reach it; AWS by default")
    s3_public_endpoint: str | None = Field(
        None, description="Address of the S3 server as browsers reach it; EDUVIDEO_S3_ENDPOINT by default"
    )
    s3_region: str = Field("us-east-1", description="Region of the bucket")
    s3_access_key: str | None = Field(
        None, description="Name of the S3 key; without it boto3 looks where it always does (roles, files, AWS_*)"
    )
    s3_secret_key: SecretStr | None = Field(None, description="Secret of the S3 key")
    media_url: str | None = Field(
        None,
        description="Address of a CDN in front of our /media, for what is public; with S3 let it follow redirects",
    )
    media_purge: bool = Field(
        default=False,
        description="Whether that CDN takes PURGE requests, by which it forgets what is not public any more",
    )
    media_accel: str | None = Field(
        None,
        description="Internal location of an nginx in front of us that holds the folder store, such as `/objects/`: "
        "nginx then sends media itself (`X-Accel-Redirect`)",
    )
    search_url: str | None = Field(
        None, description="Folder of the embedded search index; under EDUVIDEO_DATA by default"
    )
    email_url: str = Field(
        "file", description="`console`, `file` (under EDUVIDEO_DATA/mail) or smtp[s]://user:password@host:port"
    )
    email_from: str = Field("EduVideo <no-reply@localhost>", description="Sender of our mails")
    ffmpeg: str | None = Field(None, description="Path of ffmpeg; otherwise found on PATH or in the wheel")
    ffprobe: str | None = Field(None, description="Path of ffprobe; otherwise found on PATH or in the wheel")
    upload_max_bytes: int = Field(20 * GIB, gt=0, description="Largest single upload")
    upload_quota_bytes: int = Field(200 * GIB, gt=0, description="Largest sum of one creator's sources")
    organization_quota_bytes: int = Field(
        2048 * GIB, gt=0, description="Largest sum of an organization's sources, where it has no quota of its own"
    )
    upload_expiry_hours: int = Field(168, gt=0, description="Hours after which an unfinished upload is removed")
    source_kept_days: int | None = Field(
        None, ge=0, description="Days after which a published lesson's uploaded file is deleted; always kept by default"
    )
    danmaku_per_minute: int = Field(
        20,
        gt=0,
        description="Danmaku that one person may send per minute and video; half of it on an account's first day, "
        "five times for those who teach the lesson",
    )
    danmaku_max_length: int = Field(100, gt=0, description="Longest danmaku, in characters as people count them")
    danmaku_reports_to_lower: int = Field(
        3, gt=0, description="People who report a danmaku before it weighs least, until somebody decides"
    )
    sign_up: bool = Field(default=True, description="Whether visitors may open an account")
    offline: bool = Field(
        default=True,
        description="Whether browsers keep the site's frame and a page for when there is no network; off takes back "
        "what they keep",
    )
    hsts_seconds: int = Field(
        30 * 24 * 3600, ge=0, description="Strict-Transport-Security max-age when served over https"
    )

    _split = field_validator("allowed_hosts", "trusted_proxies", mode="before")(comma_list)

    @field_validator("media_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/") if value else None

    @field_validator("base_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @cached_property
    def data_dir(self) -> Path:
        """Return the absolute data folder; it exists afterwards."""
        folder = self.data.expanduser().resolve()
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'eduvideo.sqlite3'}"

    @property
    def objects(self) -> str:
        return self.objects_url or (self.data_dir / "objects").as_uri()

    @property
    def has_direct_objects(self) -> bool:
        """Whether browsers reach the object store themselves."""
        return self.objects.startswith("s3://")

    @property
    def search(self) -> str:
        return self.search_url or str(self.data_dir / "search")

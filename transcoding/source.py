"""What ffprobe says of a file, reduced to what decisions need."""

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from transcoding.errors import SourceError
from transcoding.messages import FailureCode

TEXT_SUBTITLES = frozenset({"subrip", "srt", "ass", "ssa", "mov_text", "webvtt", "text"})
NTSC = Fraction(1000, 1001)
STANDARD_FPS = tuple(
    Fraction(fps) for fps in (1, 2, 5, 10, 12, 15, 20, 24 * NTSC, 24, 25, 30 * NTSC, 30, 48, 50, 60 * NTSC, 60)
)
MAX_FPS = 60
WIDE_DEPTH = ("10le", "10be", "12le", "12be", "p010", "p016")
QUARTER_TURNS = (90, 270)


class Transfer(StrEnum):
    SDR = "sdr"
    PQ = "smpte2084"
    HLG = "arib-std-b67"


class Fact(BaseModel):
    model_config = ConfigDict(frozen=True)


class VideoTrack(Fact):
    """Width and height are those on the screen: after rotation and with square pixels.

    `end_ms` counts from the start of the file, as in AudioTrack: a track may begin late.
    """

    index: int
    codec: str
    width_px: int
    height_px: int
    coded_width_px: int
    coded_height_px: int
    has_square_pixels: bool
    rotation_degrees: int
    fps: Fraction
    is_variable_rate: bool
    is_interlaced: bool
    transfer: Transfer
    pixel_format: str
    is_full_range: bool
    color_matrix: str
    end_ms: int | None
    profile: str = ""
    level: int = 0
    reorder_frames: int = 0

    @property
    def short_side_px(self) -> int:
        return min(self.width_px, self.height_px)


class AudioTrack(Fact):
    index: int
    codec: str
    channels: int
    language: str
    is_default: bool
    end_ms: int | None


class SubtitleTrack(Fact):
    index: int
    codec: str
    language: str
    title: str


class SourceInfo(Fact):
    format_name: str
    size_bytes: int
    start_ms: int = 0
    duration_ms: int | None
    video: VideoTrack | None
    audio: tuple[AudioTrack, ...]
    subtitles: tuple[SubtitleTrack, ...] = Field(description="text tracks only; pictures of text cannot be converted")
    cover_index: int | None = Field(description="a still picture attached to the file")
    is_protected: bool = False


class _Stream(BaseModel):
    """One entry of `ffprobe -show_streams`; every field may be missing in the wild."""

    index: int
    codec_type: str = ""
    codec_name: str = ""
    codec_tag_string: str = ""
    width: int = 0
    height: int = 0
    channels: int = 0
    pix_fmt: str = ""
    sample_aspect_ratio: str = "1:1"
    r_frame_rate: str = "0/0"
    avg_frame_rate: str = "0/0"
    field_order: str = "progressive"
    profile: str = ""
    level: int = 0
    has_b_frames: int = 0
    color_range: str = ""
    color_space: str = ""
    color_transfer: str = ""
    start_time: str = ""
    duration: str = ""
    disposition: dict[str, int] = {}
    tags: dict[str, str] = {}
    side_data_list: list[dict[str, object]] = []

    def end_ms(self, file_start_ms: int) -> int | None:
        """When the track ends, from the start of the file; Matroska's tag already counts from there."""
        if (length_ms := _milliseconds(self.duration)) is None:
            return _clock_milliseconds(self.tags.get("DURATION", ""))
        return length_ms + max(0, (_milliseconds(self.start_time) or 0) - file_start_ms)

    @property
    def language(self) -> str:
        return language_tag(self.tags.get("language", ""))

    @property
    def rotation(self) -> int:
        for data in self.side_data_list:
            if isinstance(turn := data.get("rotation"), int | float):
                return round(turn) % 360
        return 0


class _Format(BaseModel):
    format_name: str = ""
    start_time: str = ""
    duration: str = ""
    size: str = "0"


class _Probe(BaseModel):
    streams: list[_Stream] = []
    format: _Format = _Format()


def parse_probe(document: str) -> SourceInfo:
    """Read the JSON of `ffprobe -show_streams -show_format`. Raise SourceError where it is no media at all."""
    try:
        probe = _Probe.model_validate_json(document)
    except ValidationError as error:
        raise SourceError(
            "This file is not a video or audio recording.", code=FailureCode.NOT_MEDIA, detail=str(error)[:500]
        ) from error
    pictures = [s for s in probe.streams if s.codec_type == "video" and s.width > 0 and s.height > 0]
    moving = [s for s in pictures if not s.disposition.get("attached_pic")]
    covers = [s for s in pictures if s.disposition.get("attached_pic")]
    sounds = [s for s in probe.streams if s.codec_type == "audio" and s.channels > 0 and s.codec_name]
    texts = [s for s in probe.streams if s.codec_type == "subtitle" and s.codec_name in TEXT_SUBTITLES]
    start_ms = _milliseconds(probe.format.start_time) or 0
    moving.sort(key=lambda s: not s.disposition.get("default"))
    return SourceInfo(
        format_name=probe.format.format_name,
        size_bytes=int(probe.format.size or 0),
        start_ms=start_ms,
        duration_ms=_milliseconds(probe.format.duration),
        video=_video_track(moving[0], start_ms) if moving else None,
        audio=tuple(_audio_track(s, start_ms) for s in sounds),
        subtitles=tuple(
            SubtitleTrack(index=s.index, codec=s.codec_name, language=s.language, title=s.tags.get("title", ""))
            for s in texts
        ),
        cover_index=covers[0].index if covers else None,
        is_protected=any(s.codec_tag_string in {"encv", "enca"} for s in probe.streams),
    )


def _audio_track(stream: _Stream, file_start_ms: int) -> AudioTrack:
    return AudioTrack(
        index=stream.index,
        codec=stream.codec_name,
        channels=stream.channels,
        language=stream.language,
        is_default=bool(stream.disposition.get("default")),
        end_ms=stream.end_ms(file_start_ms),
    )


def _video_track(stream: _Stream, file_start_ms: int) -> VideoTrack:
    aspect = _ratio(stream.sample_aspect_ratio.replace(":", "/")) or Fraction(1)
    width, height = max(1, round(stream.width * aspect)), stream.height
    if stream.rotation in QUARTER_TURNS:
        width, height = height, width
    real, average = _ratio(stream.r_frame_rate), _ratio(stream.avg_frame_rate)
    return VideoTrack(
        index=stream.index,
        codec=stream.codec_name,
        width_px=width,
        height_px=height,
        coded_width_px=stream.width,
        coded_height_px=stream.height,
        has_square_pixels=aspect == 1,
        rotation_degrees=stream.rotation,
        fps=output_fps(real, average),
        is_variable_rate=bool(real and average and abs(real - average) > average / 50),
        is_interlaced=stream.field_order in {"tt", "bb", "tb", "bt"},
        transfer=_transfer(stream),
        pixel_format=stream.pix_fmt,
        is_full_range=stream.color_range == "pc" or stream.pix_fmt.startswith("yuvj"),
        color_matrix=stream.color_space if stream.color_space != "unknown" else "",
        end_ms=stream.end_ms(file_start_ms),
        profile=stream.profile,
        level=stream.level,
        reorder_frames=stream.has_b_frames,
    )


def output_fps(real: Fraction | None, average: Fraction | None) -> Fraction:
    """Choose a constant rate of 1 to 60 frames a second that drops no frame of an ordinary source.

    `real` is ffprobe's r_frame_rate: the rate in which all timestamps fit, exact for constant-rate files but a clock's
    tick (1000, 90000) for browser recordings; those get the standard rate at or above their average.
    """
    if real and 1 <= real <= MAX_FPS:
        return real
    if real and average and MAX_FPS < real <= 2 * MAX_FPS and abs(real - average) <= average / 50:
        return real / 2
    if not average or average > MAX_FPS:
        return Fraction(MAX_FPS if average else 30)
    return next((fps for fps in STANDARD_FPS if fps >= average * Fraction(98, 100)), Fraction(MAX_FPS))


def language_tag(code: str, *, shorter: Mapping[str, str] | None = None) -> str:
    """Turn a container's ISO 639-2 code into the BCP 47 tag that players match (RFC 5646: the shortest code)."""
    code = code.strip().lower().replace("_", "-")
    primary, _, rest = code.partition("-")
    if not primary.isascii() or not primary.isalpha() or not 2 <= len(primary) <= 3:  # noqa: PLR2004 - ISO 639
        return "und"
    primary = (shorter or ISO_639_1).get(primary, primary)
    return f"{primary}-{rest}" if rest and rest.replace("-", "").isalnum() and rest.isascii() else primary


def _transfer(stream: _Stream) -> Transfer:
    if stream.color_transfer in {Transfer.PQ, Transfer.HLG}:
        return Transfer(stream.color_transfer)
    is_untagged = stream.color_transfer in {"", "unknown"}
    if is_untagged and stream.color_space.startswith("bt2020") and stream.pix_fmt.endswith(WIDE_DEPTH):
        return Transfer.PQ  # wide gamut in ten bits without a tag: recorders that forget it record PQ
    return Transfer.SDR


def _ratio(text: str) -> Fraction | None:
    numerator, _, denominator = text.partition("/")
    if not (numerator.isdecimal() and denominator.isdecimal()) or int(denominator) == 0:
        return None
    return Fraction(int(numerator), int(denominator)) or None


def _milliseconds(seconds: str) -> int | None:
    try:
        value = round(float(seconds) * 1000)
    except (ValueError, OverflowError):
        return None
    return value if value > 0 else None


def _clock_milliseconds(text: str) -> int | None:
    """Matroska's DURATION tag: 00:01:02.500000000."""
    parts = text.split(":")
    if len(parts) != 3 or not (parts[0].isdecimal() and parts[1].isdecimal()):  # noqa: PLR2004 - h, m, s
        return None
    seconds = _milliseconds(parts[2]) or 0
    return (int(parts[0]) * 3600 + int(parts[1]) * 60) * 1000 + seconds or None


ISO_639_1 = {
    "eng": "en", "chi": "zh", "zho": "zh", "jpn": "ja", "kor": "ko", "fre": "fr", "fra": "fr", "ger": "de", "deu": "de",
    "spa": "es", "rus": "ru", "ita": "it", "por": "pt", "ara": "ar", "hin": "hi", "ben": "bn", "urd": "ur", "tur": "tr",
    "vie": "vi", "tha": "th", "ind": "id", "may": "ms", "msa": "ms", "pol": "pl", "dut": "nl", "nld": "nl", "swe": "sv",
    "nor": "no", "dan": "da", "fin": "fi", "ces": "cs", "cze": "cs", "gre": "el", "ell": "el", "heb": "he", "hun": "hu",
    "ukr": "uk", "ron": "ro", "rum": "ro", "per": "fa", "fas": "fa", "tam": "ta", "tel": "te", "swa": "sw", "tib": "bo",
    "bod": "bo", "uig": "ug", "mon": "mn", "mya": "my", "bur": "my", "khm": "km", "lao": "lo", "lat": "la",
}  # fmt: skip

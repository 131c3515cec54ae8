"""HLS playlists (RFC 8216bis), written from measured bytes.

ffmpeg's own multivariant playlist is not used: it leaves the sound out of BANDWIDTH and has no FRAME-RATE.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from transcoding.messages import CaptionInfo, RenditionInfo, RenditionKind, RenditionState

MASTER_NAME = "master.m3u8"  # of the multivariant playlist, as everywhere
VERSION = 7
AUDIO_GROUP, CAPTION_GROUP = "audio", "captions"
# What a player starts with before it has measured anything: text on slides needs 720 lines.
FIRST_CHOICE_PX = 720
LANGUAGE_NAMES = {
    "en": "English", "zh": "中文", "ja": "日本語", "ko": "한국어", "fr": "Français", "de": "Deutsch", "es": "Español",
    "ru": "Русский", "ar": "العربية", "pt": "Português", "it": "Italiano", "hi": "हिन्दी", "vi": "Tiếng Việt",
}  # fmt: skip


class MediaSegment(BaseModel):
    """A published segment; `keyframe_*` is the byte range of moof and first picture, for I-frame playlists.

    `init` names the init section where it is another than that of the whole rendition.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    duration_s: float
    size_bytes: int
    keyframe_offset: int = 0
    keyframe_bytes: int = 0
    init: str = ""


class LocatedSegment(NamedTuple):
    """A segment as a playlist names it, with its init section, and where it begins by the lengths before it."""

    name: str
    init: str
    start_s: float
    duration_s: float


class PlaylistType(StrEnum):
    EVENT = "EVENT"
    VOD = "VOD"


def media_playlist(
    segments: Sequence[MediaSegment], *, init: str, target_duration_s: int, kind: PlaylistType, is_complete: bool
) -> str:
    lines = [*head_lines(target_duration_s, kind), "#EXT-X-INDEPENDENT-SEGMENTS", map_line(init)]
    for segment, maps in _mapped(segments, init):
        lines += [*maps, f"#EXTINF:{segment.duration_s:.6f},", _uri(segment.name)]
    return _text([*lines, "#EXT-X-ENDLIST"] if is_complete else lines)


def iframe_playlist(segments: Sequence[MediaSegment], *, init: str, target_duration_s: int) -> str:
    """One picture per segment, as byte ranges of the same files (RFC 8216bis, section 4.4.3.6): nothing is encoded."""
    lines = [*head_lines(target_duration_s, PlaylistType.VOD), "#EXT-X-I-FRAMES-ONLY", map_line(init)]
    for segment, maps in _mapped(segments, init):
        lines += [
            *maps,
            f"#EXTINF:{segment.duration_s:.6f},",
            f"#EXT-X-BYTERANGE:{segment.keyframe_bytes}@{segment.keyframe_offset}",
            _uri(segment.name),
        ]
    return _text([*lines, "#EXT-X-ENDLIST"])


def _mapped(segments: Sequence[MediaSegment], init: str) -> Iterator[tuple[MediaSegment, list[str]]]:
    """Each segment, with the line that names its init section where that changes."""
    current = init
    for segment in segments:
        named = segment.init or init
        yield segment, [] if named == current else [map_line(named)]
        current = named


def map_line(init: str) -> str:
    return f'#EXT-X-MAP:URI="{_uri(init)}"'


def caption_playlist(vtt: str, *, duration_ms: int) -> str:
    """A whole WebVTT file as the only segment of a subtitles rendition."""
    seconds = duration_ms / 1000
    lines = [*head_lines(int(seconds + 1), PlaylistType.VOD), f"#EXTINF:{seconds:.3f},", _uri(vtt), "#EXT-X-ENDLIST"]
    return _text(lines)


def multivariant(renditions: Iterable[RenditionInfo], *, captions: Iterable[CaptionInfo] = ()) -> str:
    """Compose the multivariant playlist; renditions that have no playlist yet are left out.

    BANDWIDTH and AVERAGE-BANDWIDTH include the most demanding sound. Without a picture the first sound is the variant.
    Captions without an HLS playlist of their own are for the page, not for the playlist.
    """
    usable = [r for r in renditions if r.playlist and r.state is not RenditionState.WAITING]
    pictures = sorted((r for r in usable if r.kind is RenditionKind.VIDEO), key=_starting_order)
    sounds = [r for r in usable if r.kind is RenditionKind.AUDIO]
    texts = [c for c in captions if c.playlist]
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    has_group = bool(sounds) and (bool(pictures) or len(sounds) > 1)
    if has_group:
        lines += _audio_lines(sounds)
    lines += _caption_lines(texts)
    groups = [f'AUDIO="{AUDIO_GROUP}"'] * has_group + [f'SUBTITLES="{CAPTION_GROUP}"'] * bool(texts)
    for variant in pictures or sounds[:1]:
        lines += _variant_lines(variant, sounds if pictures else sounds[1:], groups)
    lines += [_iframe_line(picture) for picture in pictures if picture.iframe_playlist]
    return _text(lines)


def peak_bps(segments: Sequence[tuple[float, int]], *, target_duration_s: float) -> int:
    """Peak segment bit rate of (seconds, bytes) (RFC 8216bis, section 4.4.6.2, BANDWIDTH).

    The largest rate of any contiguous run lasting 0.5 to 1.5 target durations; of everything, where it is shorter.
    """
    best = 0.0
    for first in range(len(segments)):
        seconds, size = 0.0, 0
        for duration_s, size_bytes in segments[first:]:
            seconds, size = seconds + duration_s, size + size_bytes
            if seconds > 1.5 * target_duration_s:
                break
            if seconds >= 0.5 * target_duration_s:
                best = max(best, size * 8 / seconds)
    return math.ceil(best) if best else average_bps(segments)


def average_bps(segments: Sequence[tuple[float, int]]) -> int:
    seconds = sum(duration_s for duration_s, _ in segments)
    return math.ceil(sum(size for _, size in segments) * 8 / seconds) if seconds else 0


def sizes(segments: Iterable[MediaSegment]) -> list[tuple[float, int]]:
    return [(segment.duration_s, segment.size_bytes) for segment in segments]


def keyframe_sizes(segments: Iterable[MediaSegment]) -> list[tuple[float, int]]:
    return [(segment.duration_s, segment.keyframe_bytes) for segment in segments]


def finished_segments(playlist: str) -> tuple[str | None, list[str]]:
    """Read an encoder's growing media playlist: the init section's name and those of the complete segments."""
    init, names = None, []
    for line in playlist.splitlines():
        if line.startswith("#EXT-X-MAP:") and '"' in line:
            init = line.split('"')[1]
        elif line and not line.startswith("#"):
            names.append(line.rsplit("/", 1)[-1])
    return init, names


def segment_durations(playlist: str) -> list[float]:
    """The lengths of all segments of a media playlist of ours, in seconds."""
    return [float(line[8:].rstrip(",")) for line in playlist.splitlines() if line.startswith("#EXTINF:")]


def located_segments(playlist: str) -> list[LocatedSegment]:
    """All segments of a media playlist of ours, in order."""
    found: list[LocatedSegment] = []
    init, start_s, duration_s = "", 0.0, 0.0
    for line in playlist.splitlines():
        if line.startswith("#EXT-X-MAP:"):
            init = line.split('"')[1]
        elif line.startswith("#EXTINF:"):
            duration_s = float(line[8:].rstrip(","))
        elif line and not line.startswith("#"):
            found.append(LocatedSegment(line, init, start_s, duration_s))
            start_s += duration_s
    return found


def language_name(tag: str) -> str:
    return LANGUAGE_NAMES.get(tag.partition("-")[0], tag)


def head_lines(target_duration_s: int, kind: PlaylistType) -> list[str]:
    return [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{target_duration_s}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        f"#EXT-X-PLAYLIST-TYPE:{kind}",
    ]


def _starting_order(rendition: RenditionInfo) -> tuple[bool, int, int]:
    """The largest of at most 720 lines first, then the others, largest first."""
    short = min(rendition.width_px, rendition.height_px)
    return short > FIRST_CHOICE_PX, -short, -rendition.width_px


def _audio_lines(sounds: Sequence[RenditionInfo]) -> list[str]:
    names = _distinct([language_name(s.language) if s.language != "und" else "Audio" for s in sounds])
    return [
        f"{_media_line('AUDIO', AUDIO_GROUP, name, s.language)},{_choice(is_default=position == 0)},"
        f'CHANNELS="2",URI="{_uri(s.playlist)}"'
        for position, (s, name) in enumerate(zip(sounds, names, strict=True))
    ]


def _caption_lines(captions: Sequence[CaptionInfo]) -> list[str]:
    names = _distinct([c.label or language_name(c.language) for c in captions])
    return [
        f"{_media_line('SUBTITLES', CAPTION_GROUP, name, c.language)},{_choice(is_default=False)},"
        f'FORCED=NO,URI="{_uri(c.playlist or "")}"'
        for c, name in zip(captions, names, strict=True)
    ]


def _media_line(kind: str, group: str, name: str, language: str) -> str:
    spoken = f',LANGUAGE="{_quoted(language)}"' if language != "und" else ""
    return f'#EXT-X-MEDIA:TYPE={kind},GROUP-ID="{group}",NAME="{_quoted(name)}"{spoken}'


def _choice(*, is_default: bool) -> str:
    return f"DEFAULT={'YES' if is_default else 'NO'},AUTOSELECT=YES"


def _variant_lines(variant: RenditionInfo, sounds: Sequence[RenditionInfo], groups: list[str]) -> list[str]:
    peak = variant.bandwidth_bps + max((s.bandwidth_bps for s in sounds), default=0)
    average = variant.average_bandwidth_bps + max((s.average_bandwidth_bps for s in sounds), default=0)
    codecs = list(dict.fromkeys([variant.codecs, *(s.codecs for s in sounds)]))
    attributes = [f"BANDWIDTH={peak}", f"AVERAGE-BANDWIDTH={average}", f'CODECS="{",".join(codecs)}"']
    if variant.kind is RenditionKind.VIDEO:
        attributes += [f"RESOLUTION={variant.width_px}x{variant.height_px}", f"FRAME-RATE={variant.fps:.3f}"]
    return [f"#EXT-X-STREAM-INF:{','.join([*attributes, *groups])}", _uri(variant.playlist)]


def _iframe_line(picture: RenditionInfo) -> str:
    peak = picture.iframe_bandwidth_bps or picture.bandwidth_bps
    size = f"RESOLUTION={picture.width_px}x{picture.height_px}"
    return (
        f'#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH={peak},CODECS="{picture.codecs}",{size},'
        f'URI="{_uri(picture.iframe_playlist or "")}"'
    )


def _distinct(names: Sequence[str]) -> list[str]:
    """NAME must be unique in a group (RFC 8216bis, section 4.4.6.1.1)."""
    return [f"{name} {names[:i].count(name) + 1}" if name in names[:i] else name for i, name in enumerate(names)]


def _quoted(text: str) -> str:
    """An attribute's quoted string may hold neither quotes nor line ends (RFC 8216bis, section 4.2)."""
    return "".join("'" if c == '"' else " " if not c.isprintable() else c for c in text)


def _uri(uri: str) -> str:
    if not uri or uri.startswith("#") or any(c in '"<>\\' or not c.isprintable() or c.isspace() for c in uri):
        raise ValueError(f"not fit for a playlist: {uri!r}")
    return uri


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"

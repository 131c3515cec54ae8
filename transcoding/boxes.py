"""Read the few ISO BMFF boxes (ISO/IEC 14496-12, -14, -15) that playlists and checks are made from. No decoding."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

VIDEO_ENTRIES = (b"avc1", b"avc3")
VISUAL_ENTRY_BYTES, AUDIO_ENTRY_BYTES = 78, 28
CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf"}
IDR_NAL = 5
NON_SYNC_FLAG = 0x10000


class BoxError(ValueError):
    """A file that our own encoder wrote is not what it must be."""


class Fragment(NamedTuple):
    """Facts of one media segment; offsets and sizes in bytes, times in seconds of the track's timeline."""

    start_s: float
    duration_s: float
    sample_count: int
    starts_with_keyframe: bool
    keyframe_offset: int
    keyframe_bytes: int


def codecs(init: bytes) -> str:
    """The RFC 6381 name of the only track of an init section, from avcC or esds."""
    boxes = list(_walk(init))
    for path, start, end in boxes:
        if path[-1] == b"avcC":
            return f"avc1.{init[start + 1 : start + 4].hex()}"
        if path[-1] == b"esds":
            return f"mp4a.40.{_audio_object_type(init[start:end])}"
    raise BoxError("no avcC or esds in the init section")


def timescale(init: bytes) -> int:
    for path, start, _ in _walk(init):
        if path[-1] == b"mdhd":
            version = init[start]
            value: int = struct.unpack_from(">I", init, start + (20 if version == 1 else 12))[0]
            return value
    raise BoxError("no mdhd in the init section")


def track_defaults(init: bytes) -> tuple[int, int, int]:
    """Default sample duration, size and flags from trex."""
    for path, start, _ in _walk(init):
        if path[-1] == b"trex":
            duration, size, flags = struct.unpack_from(">III", init, start + 12)
            return duration, size, flags
    return 0, 0, 0


def read_segment(data: bytes, init: bytes) -> Fragment:
    """Sum up the movie fragments of one segment; `keyframe_*` is the range from moof to the end of the first sample.

    Raises BoxError for anything that is not a whole segment.
    """
    try:
        return _fragment(data, init)
    except (struct.error, IndexError, ZeroDivisionError) as error:
        raise BoxError(f"a segment of {len(data)} bytes that cannot be read: {error}") from error


def shifted_segment(data: bytes, ticks: int) -> bytes:
    """The same segment, later by so many ticks of its track: each fragment's decode time, and the index before it."""
    shifted = bytearray(data)
    for path, start, _ in _walk(data):
        if path[-1] == b"tfdt":
            _add(shifted, start + 4, ticks, is_wide=bool(data[start]))
        elif path == (b"sidx",):
            _add(shifted, start + 12, ticks, is_wide=bool(data[start]))
    return bytes(shifted)


def _add(data: bytearray, at: int, ticks: int, *, is_wide: bool) -> None:
    form = ">Q" if is_wide else ">I"
    struct.pack_into(form, data, at, struct.unpack_from(form, data, at)[0] + ticks)


def _fragment(data: bytes, init: bytes) -> Fragment:
    scale, defaults = timescale(init), track_defaults(init)
    is_video = any(path[-1] in VIDEO_ENTRIES for path, _, _ in _walk(init))
    runs = list(_runs(data, defaults))
    if not runs:
        raise BoxError("a segment without samples")
    first = runs[0]
    end = first.data_start + first.first_size
    is_key = not first.first_flags & NON_SYNC_FLAG
    if is_video:
        is_key = is_key and _starts_with_idr(data[first.data_start : end])
    return Fragment(
        start_s=first.base_time / scale,
        duration_s=sum(run.duration for run in runs) / scale,
        sample_count=sum(run.samples for run in runs),
        starts_with_keyframe=is_key,
        keyframe_offset=first.moof_start,
        keyframe_bytes=end - first.moof_start,
    )


class _Run(NamedTuple):
    moof_start: int
    data_start: int
    base_time: int
    duration: int
    samples: int
    first_size: int
    first_flags: int


def _runs(data: bytes, defaults: tuple[int, int, int]) -> Iterator[_Run]:
    moof_start, base_time, header = 0, 0, defaults
    for path, start, end in _walk(data):
        if path == (b"moof",):
            moof_start = start - 8
        elif path[-1] == b"tfhd":
            header = _fragment_defaults(data, start, defaults)
        elif path[-1] == b"tfdt":
            base_time = struct.unpack_from(">Q" if data[start] else ">I", data, start + 4)[0]
        elif path[-1] == b"trun":
            run = _run(data[start:end], moof_start, base_time, header)
            base_time += run.duration
            yield run


def _fragment_defaults(data: bytes, start: int, defaults: tuple[int, int, int]) -> tuple[int, int, int]:
    flags = int.from_bytes(data[start + 1 : start + 4])
    at = start + 8 + (8 if flags & 0x1 else 0) + (4 if flags & 0x2 else 0)
    values = list(defaults)
    for position, bit in enumerate((0x8, 0x10, 0x20)):
        if flags & bit:
            values[position] = struct.unpack_from(">I", data, at)[0]
            at += 4
    return values[0], values[1], values[2]


def _run(box: bytes, moof_start: int, base_time: int, header: tuple[int, int, int]) -> _Run:
    flags = int.from_bytes(box[1:4])
    count: int = struct.unpack_from(">I", box, 4)[0]
    at, offset, first_flags = 8, 0, None
    if flags & 0x1:
        offset = struct.unpack_from(">i", box, at)[0]
        at += 4
    if flags & 0x4:
        first_flags = struct.unpack_from(">I", box, at)[0]
        at += 4
    fields = [name for name, bit in (("d", 0x100), ("s", 0x200), ("f", 0x400), ("c", 0x800)) if flags & bit]
    row = struct.Struct(f">{len(fields)}I")
    rows = list(row.iter_unpack(box[at : at + row.size * count])) if fields else []
    if count == 0 or (fields and len(rows) != count):
        raise BoxError("a track run that is shorter than it says")
    column = {name: position for position, name in enumerate(fields)}
    duration = sum(r[column["d"]] for r in rows) if "d" in column else header[0] * count
    size = rows[0][column["s"]] if "s" in column else header[1]
    if first_flags is None:
        first_flags = rows[0][column["f"]] if "f" in column else header[2]
    return _Run(moof_start, moof_start + offset, base_time, duration, count, size, first_flags)


def _starts_with_idr(sample: bytes) -> bool:
    """True when the first slice of the access unit is an IDR (length-prefixed NAL units, ISO/IEC 14496-15)."""
    at = 0
    while at + 5 <= len(sample):
        kind = sample[at + 4] & 0x1F
        if 1 <= kind <= IDR_NAL:
            return kind == IDR_NAL
        at += 4 + int.from_bytes(sample[at : at + 4])
    return False


def _audio_object_type(esds: bytes) -> int:
    """Find DecoderSpecificInfo (tag 5) behind DecoderConfigDescriptor (tag 4); its first 5 bits say the AAC kind."""
    at, end = 4, len(esds)
    while at < end:
        tag, at = esds[at], at + 1
        while at < end and esds[at] & 0x80:
            at += 1
        at += 1
        if tag == 0x03:  # noqa: PLR2004 - ES_Descriptor: id and flags, then its children
            at += 3
        elif tag == 0x04:  # noqa: PLR2004 - fixed part, then its children
            at += 13
        elif tag == 0x05:  # noqa: PLR2004
            return esds[at] >> 3
        else:
            break
    raise BoxError("no AudioSpecificConfig in esds")


def _walk(
    data: bytes, start: int = 0, end: int | None = None, path: tuple[bytes, ...] = ()
) -> Iterator[tuple[tuple[bytes, ...], int, int]]:
    """Yield every box as (path of names, start of its content, its end), parents before children."""
    end = len(data) if end is None else end
    while start + 8 <= end:
        size, name = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if size == 1:
            size, body = struct.unpack_from(">Q", data, start + 8)[0], start + 16
        stop = end if size == 0 else start + size
        if stop > end or stop < body:
            raise BoxError(f"box {name!r} leaves its parent")
        here = (*path, name)
        yield here, body, stop
        if (children := _children_start(name, body)) is not None:
            yield from _walk(data, children, stop, here)
        start = stop


def _children_start(name: bytes, body: int) -> int | None:
    if name in CONTAINERS:
        return body
    if name == b"stsd":
        return body + 8
    if name in VIDEO_ENTRIES:
        return body + VISUAL_ENTRY_BYTES
    if name == b"mp4a":
        return body + AUDIO_ENTRY_BYTES
    return None

"""ffmpeg's argument lists: one process decodes once and writes every rendition."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import ffmpeg

from transcoding.content import SAMPLE_HEIGHT_PX, SAMPLE_WIDTH_PX
from transcoding.grid import SEGMENT_S
from transcoding.ladder import Rung
from transcoding.loudness import LIMIT_DB
from transcoding.plan import AUDIO_BITRATE_BPS, AudioPlan, ColorPlan, StoryboardPlan, TranscodePlan, VideoPlan
from transcoding.source import Transfer

# Containers that hold media themselves. Playlists and scripts (hls, dash, concat, sdp ...) name other files and hosts.
FORMATS = "mov,mp4,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,mp3,wav,flac,aac,aiff"
# Only what source.py reads: tags can be megabytes of anything.
PROBED = (
    "format=format_name,start_time,duration,size:stream=index,codec_type,codec_name,codec_tag_string,profile,level,has_b_frames,"
    "width,height,channels,pix_fmt,"
    "sample_aspect_ratio,r_frame_rate,avg_frame_rate,field_order,color_range,color_space,color_transfer,start_time,duration:"
    "stream_disposition=default,attached_pic:stream_tags=language,title,DURATION:stream_side_data=rotation"
)
PLAYLIST_NAME = "index.m3u8"
SHEET_PATTERN = "sheet_%03d.jpg"
POSTER_NAME, POSTER_PX = "poster.jpg", 1280
THUMBNAIL_NAME, THUMBNAIL_PX = "thumbnail.jpg", 480
PROGRESS_NAME = "progress.txt"
WINDOW_PATTERN = "window_{:02d}.gray"

SAMPLE_RATE = 48_000

# ffmpeg-python has no types: its streams are opaque to us.
Stream = Any

GLOBAL_ARGUMENTS = ("-nostdin", "-y", "-hide_banner", "-v", "error")


def input_options(max_pixels: int) -> dict[str, str | int]:
    """What every program that opens a stranger's file is told: local files only, media containers only, no bombs."""
    return {"protocol_whitelist": "file", "format_whitelist": FORMATS, "max_pixels": max_pixels}


def input_words(max_pixels: int) -> list[str]:
    """The same as words of a command line."""
    return [word for key, value in input_options(max_pixels).items() for word in (f"-{key}", str(value))]


def probe_arguments(source: Path, *, max_pixels: int) -> list[str]:
    return ["-v", "error", *input_words(max_pixels), "-show_entries", PROBED, "-of", "json", "-i", str(source)]


def tail_arguments(source: Path, *, from_s: float, max_pixels: int) -> list[str]:
    """List the packets (pts_time of each) near the end."""
    wanted = ["-read_intervals", f"{from_s:.3f}%", "-show_entries", "packet=pts_time", "-of", "csv=p=0"]
    return ["-v", "error", *input_words(max_pixels), *wanted, "-i", str(source)]


def packet_arguments(source: Path, *, index: int, max_pixels: int) -> list[str]:
    """List the packets of a stream: pts_time, size and flags of each."""
    wanted = ["-select_streams", str(index), "-show_entries", "packet=pts_time,size,flags", "-of", "csv=p=0"]
    return ["-v", "error", *input_words(max_pixels), *wanted, "-i", str(source)]


def sample_arguments(
    source: Path, folder: Path, *, index: int, at_s: Sequence[float], seconds: float, max_pixels: int
) -> list[str]:
    """Decode a little from the keyframe before each of some moments to small gray pictures, a file for each moment."""
    # A decoder for each moment: few threads, or a large machine would give each of them dozens.
    options: dict[str, str | int | None] = {**input_options(max_pixels), "noaccurate_seek": None, "threads": 2}
    outputs = []
    for number, moment_s in enumerate(at_s):
        picture = ffmpeg.input(str(source), **options, ss=f"{moment_s:.3f}", t=f"{seconds:g}")[str(index)]
        small = picture.filter("scale", SAMPLE_WIDTH_PX, SAMPLE_HEIGHT_PX, flags="area").filter("format", "gray")
        kwargs = {"f": "rawvideo", "fps_mode": "passthrough"}
        outputs.append(ffmpeg.output(small, str(folder / WINDOW_PATTERN.format(number)), **kwargs))
    return [*GLOBAL_ARGUMENTS, *ffmpeg.get_args(ffmpeg.merge_outputs(*outputs))]


def loudness_arguments(source: Path, *, index: int, max_pixels: int) -> list[str]:
    """Measure a sound track through; the summary is the end of what ffmpeg says."""
    sound = ffmpeg.input(str(source), **input_options(max_pixels), vn=None, sn=None)[str(index)]
    sound = sound.filter("ebur128", peak="sample", framelog="verbose")
    output = ffmpeg.output(sound, "-", f="null")
    return ["-nostdin", "-hide_banner", "-nostats", "-v", "info", *ffmpeg.get_args(output)]


def encode_arguments(plan: TranscodePlan, source: Path, folder: Path, *, max_pixels: int) -> list[str]:
    """Encode everything: `folder/<rendition>/index.m3u8` with its segments, and `folder/storyboard/sheet_*.jpg`.

    Scaling is a cascade (each rung from the one above), sound is coded once for all rungs.
    """
    options: dict[str, str | int | None] = {**input_options(max_pixels)}
    if plan.video and plan.video.is_part:
        # From the keyframe before the part, in the times of the whole file: frames stay those of one whole encode.
        options |= {"copyts": None, "start_at_zero": None, "noaccurate_seek": None, "ss": f"{plan.video.seek_ms}ms"}
    media = ffmpeg.input(str(source), **options)
    outputs = []
    if plan.video:
        pictures, tiles = _pictures(media, plan.video, plan.storyboard)
        kwargs = _hls_options(plan, folder, kind="v", names=[rung.name for rung in plan.video.encoded_rungs])
        kwargs |= _video_options(plan.video)
        outputs.append(ffmpeg.output(*pictures, str(folder / "%v" / PLAYLIST_NAME), **kwargs))
        if tiles is not None:
            # passthrough: a sheet comes once in minutes and must not be repeated to fill the time between.
            kwargs = {"f": "image2", "c:v": "mjpeg", "q:v": 4, "fps_mode": "passthrough", "map_metadata": -1}
            outputs.append(ffmpeg.output(tiles, str(folder / "storyboard" / SHEET_PATTERN), **kwargs))
    if plan.audio:
        sounds = [_sound(media, track) for track in plan.audio]
        kwargs = _hls_options(plan, folder, kind="a", names=[track.name for track in plan.audio])
        kwargs |= {"c:a": "aac", "b:a": AUDIO_BITRATE_BPS, "ac": 2, "ar": SAMPLE_RATE}
        outputs.append(ffmpeg.output(*sounds, str(folder / "%v" / PLAYLIST_NAME), **kwargs))
    progress = ["-progress", str(folder / PROGRESS_NAME), "-stats_period", "0.5"]
    return [*GLOBAL_ARGUMENTS, *progress, *ffmpeg.get_args(ffmpeg.merge_outputs(*outputs))]


def copy_arguments(plan: TranscodePlan, video: VideoPlan, source: Path, folder: Path, *, max_pixels: int) -> list[str]:
    """Cut the source's own picture into the segments of the largest rung, without decoding it."""
    picture = ffmpeg.input(str(source), **input_options(max_pixels))[str(video.index)]
    options = {**_hls_options(plan, folder, kind="v", names=[video.rungs[0].name]), "c:v": "copy"}
    return [*GLOBAL_ARGUMENTS, *ffmpeg.get_args(ffmpeg.output(picture, str(folder / "%v" / PLAYLIST_NAME), **options))]


def caption_arguments(plan: TranscodePlan, source: Path, folder: Path, *, max_pixels: int) -> list[str]:
    """Convert the text tracks inside the file to `folder/<name>.vtt`, all in one pass without decoding pictures."""
    media = ffmpeg.input(str(source), **input_options(max_pixels), vn=None, an=None)
    outputs = [
        ffmpeg.output(media[str(track.index)], str(folder / f"{track.name}.vtt"), f="webvtt", map_metadata=-1)
        for track in plan.captions
    ]
    return [*GLOBAL_ARGUMENTS, *ffmpeg.get_args(ffmpeg.merge_outputs(*outputs))]


def still_arguments(picture: Path, *, folder: Path, index: int, from_s: float, max_pixels: int) -> list[str]:
    """Make the large and the small still from the first picture at or after a moment of a file's stream."""
    options = {**input_options(max_pixels), "format_whitelist": f"{FORMATS},image2,mjpeg,png_pipe,jpeg_pipe"}
    frame = ffmpeg.input(str(picture), **options)[str(index)]
    frame = frame.filter("select", f"gte(t,{max(0.0, from_s - 0.05):.3f})").filter("setsar", 1)
    both = _shrunk(frame, POSTER_PX).filter("format", "yuvj420p").split()
    jpeg = {"f": "image2", "c:v": "mjpeg", "q:v": 4, "frames:v": 1, "update": 1, "map_metadata": -1}
    output = ffmpeg.merge_outputs(
        ffmpeg.output(both[0], str(folder / POSTER_NAME), **jpeg),
        ffmpeg.output(_shrunk(both[1], THUMBNAIL_PX), str(folder / THUMBNAIL_NAME), **jpeg),
    )
    return [*GLOBAL_ARGUMENTS, *ffmpeg.get_args(output)]


def _shrunk(picture: Stream, longest_px: int) -> Stream:
    """Fit into a square without enlarging; full range, as JPEG has it."""
    fit = {"force_original_aspect_ratio": "decrease", "force_divisible_by": 2, "out_range": "pc"}
    return picture.filter("scale", f"min({longest_px},iw)", f"min({longest_px},ih)", **fit)


def _sound(media: Stream, track: AudioPlan) -> Stream:
    """One language, from time 0 without gaps: async fills what the recording lost so that speech stays in step."""
    sound = media[str(track.index)].filter("aresample", **{"async": 1, "first_pts": 0})
    if track.gain.gain_db:
        sound = sound.filter("volume", f"{track.gain.gain_db}dB")
    if track.gain.must_limit:
        # At twice the rate peaks between the samples are seen as well; two channels are what is heard.
        sound = sound.filter("aformat", channel_layouts="stereo").filter("aresample", 2 * SAMPLE_RATE)
        sound = sound.filter("alimiter", limit=f"{LIMIT_DB}dB", level=0, attack=1, release=50)
        sound = sound.filter("aresample", SAMPLE_RATE)
    return sound.filter("apad", pad_dur=f"{track.pad_ms}ms") if track.pad_ms else sound


def _pictures(media: Stream, video: VideoPlan, storyboard: StoryboardPlan | None) -> tuple[list[Stream], Stream | None]:
    first, *others = video.encoded_rungs
    picture = _thinned(_top_picture(_frames(media, video), video), video, first.frame_step)
    rungs: list[Stream] = []
    for above, below in pairwise((first, *others)):
        both = picture.split()
        rungs.append(both[0])
        picture = _thinned(both[1], video, below.frame_step) if below.frame_step > above.frame_step else both[1]
        picture = picture.filter("scale", below.width_px, below.height_px, flags="bicubic").filter("setsar", 1)
    if storyboard is None:
        return [*rungs, picture], None
    both = picture.split()
    return [*rungs, both[0]], _tiles(both[1], storyboard)


def _thinned(picture: Stream, video: VideoPlan, step: int) -> Stream:
    return picture.filter("fps", str(video.fps / step), start_time=0) if step > 1 else picture


def _frames(media: Stream, video: VideoPlan) -> Stream:
    """Upright progressive frames at a constant rate: frame k is what is seen at k/fps of the whole recording."""
    picture = media[str(video.index)]
    if video.must_deinterlace:
        picture = picture.filter("bwdif", mode="send_frame")
    # What comes before the first picture is filled with it; later parts begin with the picture before them instead.
    picture = picture.filter("fps", str(video.fps), **({} if video.from_frame else {"start_time": 0}))
    if video.pad_ms and video.to_frame is None:
        picture = picture.filter("tpad", stop_mode="clone", stop_duration=f"{video.pad_ms}ms")
    if not video.is_part:
        return picture
    until = {} if video.to_frame is None else {"end_pts": video.to_frame}
    return picture.filter("trim", start_pts=video.from_frame, **until).filter("setpts", f"PTS-{video.from_frame}")


def _top_picture(picture: Stream, video: VideoPlan) -> Stream:
    """Bring the decoded picture to the largest rung's size in 8-bit BT.709; do no work that is not needed."""
    top, color = video.encoded_rungs[0], video.color
    if color.tone_map_from is not Transfer.SDR:
        picture = _tone_mapped(picture, color, width_px=top.width_px, height_px=top.height_px)
    elif video.must_scale_top or not color.is_ready:
        options: dict[str, str] = {"flags": "bicubic"}
        if color.input_matrix:
            options |= {"in_color_matrix": color.input_matrix, "out_color_matrix": "bt709"}
        if color.is_full_range:
            options |= {"in_range": "pc", "out_range": "tv"}
        picture = picture.filter("scale", top.width_px, top.height_px, **options)
    return picture.filter("setsar", 1).filter("format", "yuv420p")


def _tone_mapped(picture: Stream, color: ColorPlan, *, width_px: int, height_px: int) -> Stream:
    """HDR to SDR in linear light, after scaling down: the float pictures are the costly part."""
    tags = {
        "color_primaries": "bt2020",
        "color_trc": color.tone_map_from.value,
        "colorspace": "bt2020nc",
        "range": "tv",
    }
    linear = picture.filter("setparams", **tags).filter("zscale", width_px, height_px, transfer="linear", npl=100)
    narrow = linear.filter("format", "gbrpf32le").filter("zscale", primaries="bt709")
    mapped = narrow.filter("tonemap", tonemap="hable", desat=0)
    return mapped.filter("zscale", transfer="bt709", matrix="bt709", range="tv")


def _tiles(picture: Stream, storyboard: StoryboardPlan) -> Stream:
    """Storyboard sheets as a by-product of the smallest rung: frames are dropped before they cost anything."""
    every_s = storyboard.interval_ms / 1000
    chosen = picture.filter("select", f"gte(t,selected_n*{every_s:g})")
    size = (storyboard.tile_width_px, storyboard.tile_height_px)
    small = chosen.filter("scale", *size, flags="bicubic", out_range="pc").filter("format", "yuvj420p")
    return small.filter("tile", f"{storyboard.columns}x{storyboard.rows}")


def _video_options(video: VideoPlan) -> dict[str, str | int | None]:
    grid = video.grid
    options: dict[str, str | int | None] = {
        "c:v": "libx264",
        "preset": "veryfast",
        "profile:v": "high",
        # Keyframes are forced where the grid has them; -g only has to be out of their way.
        "g": max(250, round(video.fps * 10), grid.longest_frames(0) + 1),
        "color_primaries": "bt709",
        "color_trc": "bt709",
        "colorspace": "bt709",
        "color_range": "tv",
        "hls_time": _seconds(grid.segment_frames / video.fps),
    }
    if grid.cuts:
        # A segment at each keyframe, and no other keyframe than at the boundaries of the copied rung.
        options |= {"hls_time": "0.001", "sc_threshold": 0}
    if not video.is_reordered:
        options["bf"] = 0
    for position, rung in enumerate(video.encoded_rungs):
        options[f"crf:v:{position}"] = rung.crf
        options[f"maxrate:v:{position}"] = rung.cap_bps
        options[f"bufsize:v:{position}"] = rung.cap_bps
        options[f"force_key_frames:v:{position}"] = _forced(video, rung)
    return options


def _forced(video: VideoPlan, rung: Rung) -> str:
    if not video.grid.cuts:
        return f"expr:not(mod(n,{video.grid.keyframe_frames // rung.frame_step}))"
    # ffmpeg rounds each time to the nearest frame.
    return ",".join(_seconds(cut / video.fps) for cut in video.grid.cuts)


def _seconds(exact: Fraction) -> str:
    """Round down to ffmpeg's microseconds: a boundary may be looked for early, never late."""
    return f"{int(exact * 1_000_000) / 1_000_000:.6f}"


def _hls_options(plan: TranscodePlan, folder: Path, *, kind: str, names: Sequence[str]) -> dict[str, str | int | None]:
    return {
        "f": "hls",
        "hls_time": SEGMENT_S,
        "hls_playlist_type": "event",
        "hls_segment_type": "fmp4",
        # temp_file: a name appears in index.m3u8 only when its file is complete.
        "hls_flags": "independent_segments+temp_file",
        "hls_fmp4_init_filename": "init.mp4",
        "hls_segment_filename": str(folder / "%v" / "seg_%05d.m4s"),
        "var_stream_map": " ".join(f"{kind}:{position},name:{name}" for position, name in enumerate(names)),
        "output_ts_offset": f"{plan.delay_us}us",
        "map_metadata": -1,
        "map_chapters": -1,
        "sn": None,
        "dn": None,
        "max_muxing_queue_size": 1024,
    }

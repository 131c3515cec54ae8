"""ffmpeg's argument lists: one process decodes once and writes every rendition."""

from pathlib import Path
from typing import Any

import ffmpeg

from transcoding.plan import AudioPlan, ColorPlan, StoryboardPlan, TranscodePlan, VideoPlan
from transcoding.source import Transfer

# Containers that hold media themselves. Playlists and scripts (hls, dash, concat, sdp ...) name other files and hosts.
FORMATS = "mov,mp4,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,mp3,wav,flac,aac,aiff"
# Only what source.py reads: tags can be megabytes of anything.
PROBED = (
    "format=format_name,start_time,duration,size:stream=index,codec_type,codec_name,codec_tag_string,width,height,channels,pix_fmt,"
    "sample_aspect_ratio,r_frame_rate,avg_frame_rate,field_order,color_range,color_space,color_transfer,start_time,duration:"
    "stream_disposition=default,attached_pic:stream_tags=language,title,DURATION:stream_side_data=rotation"
)
PLAYLIST_NAME = "index.m3u8"
SHEET_PATTERN = "sheet_%03d.jpg"
POSTER_NAME, POSTER_PX = "poster.jpg", 1280
THUMBNAIL_NAME, THUMBNAIL_PX = "thumbnail.jpg", 480
PROGRESS_NAME = "progress.txt"

# Reordering delays the first picture by two frames: seconds of nothing in a slideshow of one a second.
LEAST_REORDERED_FPS = 10

# ffmpeg-python has no types: its streams are opaque to us.
Stream = Any

GLOBAL_ARGUMENTS = ("-nostdin", "-y", "-hide_banner", "-v", "error")


def input_options(max_pixels: int) -> dict[str, str | int]:
    """What every program that opens a stranger's file is told: local files only, media containers only, no bombs."""
    return {"protocol_whitelist": "file", "format_whitelist": FORMATS, "max_pixels": max_pixels}


def probe_arguments(source: Path, *, max_pixels: int) -> list[str]:
    options = [word for key, value in input_options(max_pixels).items() for word in (f"-{key}", str(value))]
    return ["-v", "error", *options, "-show_entries", PROBED, "-of", "json", "-i", str(source)]


def tail_arguments(source: Path, *, from_s: float, max_pixels: int) -> list[str]:
    """List the packets (pts_time of each) near the end."""
    options = [word for key, value in input_options(max_pixels).items() for word in (f"-{key}", str(value))]
    wanted = ["-read_intervals", f"{from_s:.3f}%", "-show_entries", "packet=pts_time", "-of", "csv=p=0"]
    return ["-v", "error", *options, *wanted, "-i", str(source)]


def encode_arguments(plan: TranscodePlan, source: Path, folder: Path, *, max_pixels: int) -> list[str]:
    """Encode everything: `folder/<rendition>/index.m3u8` with its segments, and `folder/storyboard/sheet_*.jpg`.

    Scaling is a cascade (each rung from the one above), sound is coded once for all rungs.
    """
    media = ffmpeg.input(str(source), **input_options(max_pixels))
    sounds = [_sound(media, track) for track in plan.audio]
    pictures, tiles = _pictures(media, plan.video, plan.storyboard) if plan.video else ([], None)
    options = {**_hls_options(plan, folder), **_audio_options(), **_video_options(plan.video)}
    output = ffmpeg.output(*pictures, *sounds, str(folder / "%v" / PLAYLIST_NAME), **options)
    if tiles is not None:
        sheets = folder / "storyboard" / SHEET_PATTERN
        # passthrough: a sheet comes once in minutes and must not be repeated to fill the time between.
        kwargs = {"f": "image2", "c:v": "mjpeg", "q:v": 4, "fps_mode": "passthrough", "map_metadata": -1}
        output = ffmpeg.merge_outputs(output, ffmpeg.output(tiles, str(sheets), **kwargs))
    progress = ["-progress", str(folder / PROGRESS_NAME), "-stats_period", "0.5"]
    return [*GLOBAL_ARGUMENTS, *progress, *ffmpeg.get_args(output)]


def caption_arguments(plan: TranscodePlan, source: Path, folder: Path, *, max_pixels: int) -> list[str]:
    """Convert the text tracks inside the file to `folder/<name>.vtt`, all in one pass without decoding pictures."""
    media = ffmpeg.input(str(source), **input_options(max_pixels), vn=None, an=None)
    outputs = [
        ffmpeg.output(media[str(track.index)], str(folder / f"{track.name}.vtt"), f="webvtt", map_metadata=-1)
        for track in plan.captions
    ]
    return [*GLOBAL_ARGUMENTS, *ffmpeg.get_args(ffmpeg.merge_outputs(*outputs))]


def still_arguments(picture: Path, *, folder: Path, index: int, from_s: float, max_pixels: int) -> list[str]:
    """Make the large and the small still from the first keyframe at or after a moment of a file's stream."""
    options = {**input_options(max_pixels), "format_whitelist": f"{FORMATS},image2,mjpeg,png_pipe,jpeg_pipe"}
    frame = ffmpeg.input(str(picture), **options, skip_frame="nokey")[str(index)]
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
    return sound.filter("apad", pad_dur=f"{track.pad_ms}ms") if track.pad_ms else sound


def _pictures(media: Stream, video: VideoPlan, storyboard: StoryboardPlan | None) -> tuple[list[Stream], Stream | None]:
    picture = media[str(video.index)]
    if video.must_deinterlace:
        picture = picture.filter("bwdif", mode="send_frame")
    picture = picture.filter("fps", str(video.fps), start_time=0)
    if video.pad_ms:
        picture = picture.filter("tpad", stop_mode="clone", stop_duration=f"{video.pad_ms}ms")
    picture = _top_picture(picture, video)
    rungs: list[Stream] = []
    for below in video.rungs[1:]:
        both = picture.split()
        rungs.append(both[0])
        picture = both[1].filter("scale", below.width_px, below.height_px, flags="bicubic").filter("setsar", 1)
    if storyboard is None:
        return [*rungs, picture], None
    both = picture.split()
    return [*rungs, both[0]], _tiles(both[1], storyboard)


def _top_picture(picture: Stream, video: VideoPlan) -> Stream:
    """Bring the decoded picture to the largest rung's size in 8-bit BT.709; do no work that is not needed."""
    top, color = video.rungs[0], video.color
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


def _video_options(video: VideoPlan | None) -> dict[str, str | int | None]:
    if video is None:
        return {}
    options: dict[str, str | int | None] = {
        "c:v": "libx264",
        "preset": "veryfast",
        "profile:v": "high",
        # The same times in every rung, so that segments are aligned; -g only has to be out of their way.
        "force_key_frames": f"expr:gte(t,n_forced*{video.keyframe_ms / 1000:g})",
        "g": max(250, round(video.fps * 10)),
        "color_primaries": "bt709",
        "color_trc": "bt709",
        "colorspace": "bt709",
        "color_range": "tv",
    }
    if video.fps < LEAST_REORDERED_FPS:
        options["bf"] = 0
    for position, rung in enumerate(video.rungs):
        options[f"crf:v:{position}"] = rung.crf
        options[f"maxrate:v:{position}"] = rung.cap_bps
        options[f"bufsize:v:{position}"] = rung.cap_bps
    return options


def _audio_options() -> dict[str, str | int | None]:
    return {"c:a": "aac", "b:a": 96_000, "ac": 2, "ar": 48_000}


def _hls_options(plan: TranscodePlan, folder: Path) -> dict[str, str | int | None]:
    streams = [f"v:{i},name:{rung.name}" for i, rung in enumerate(plan.video.rungs if plan.video else ())]
    streams += [f"a:{i},name:{track.name}" for i, track in enumerate(plan.audio)]
    return {
        "f": "hls",
        "hls_time": f"{plan.segment_ms / 1000:g}",
        "hls_playlist_type": "event",
        "hls_segment_type": "fmp4",
        # temp_file: a name appears in index.m3u8 only when its file is complete.
        "hls_flags": "independent_segments+temp_file",
        "hls_fmp4_init_filename": "init.mp4",
        "hls_segment_filename": str(folder / "%v" / "seg_%05d.m4s"),
        "var_stream_map": " ".join(streams),
        "map_metadata": -1,
        "map_chapters": -1,
        "sn": None,
        "dn": None,
        "max_muxing_queue_size": 1024,
    }

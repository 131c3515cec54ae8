"""What lies around the renditions: stills, storyboard sheets, captions from inside the file and of its speech."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from transcoding.captions import clean_webvtt
from transcoding.command import POSTER_PX, caption_arguments
from transcoding.encode import Track
from transcoding.messages import CaptionInfo, PosterInfo, RenditionInfo
from transcoding.parts import Still
from transcoding.plan import TranscodePlan
from transcoding.playlist import caption_playlist
from transcoding.run import Run
from transcoding.sandbox import Bounds, TimedOutError, Toolbox, run
from transcoding.speech import Sound, automatic_captions, speech_recognizer
from transcoding.storyboard import Stills, shows_something

CAPTION_BOUNDS = Bounds(cpu_s=60, wall_s=300, file_bytes=20_000_000)
SPEECH_NAME = "captions/automatic"
STORYBOARD_NAME = "storyboard/storyboard.vtt"


def made_sheets(job: Run) -> list[Path]:
    """The sheets that the encoder left, in the order of time."""
    return sorted((job.tools.folder / "encoded" / "storyboard").glob("sheet_*.jpg"))


def put_sheets(job: Run, sheets: Sequence[Path]) -> list[str]:
    for sheet in sheets:
        job.publisher.put(sheet, f"storyboard/{sheet.name}")
    return [sheet.name for sheet in sheets]


def put_storyboard(job: Run, text: str) -> None:
    job.publisher.put_text(text, STORYBOARD_NAME)
    job.know(storyboard=STORYBOARD_NAME)


def put_stills(job: Run, stills: Stills | None) -> None:
    if stills:
        job.publisher.put(stills.poster, "poster.jpg")
        job.publisher.put(stills.thumbnail, "thumbnail.jpg")
        job.know(poster="poster.jpg", thumbnail="thumbnail.jpg")


def put_candidates(job: Run, stills: Iterable[Still], make: Callable[[Still, Toolbox], Stills | None]) -> None:
    """Offer pictures for the poster; one that cannot be decoded, or shows nothing, is left out."""
    made = []
    for still in stills:
        folder = job.tools.folder / f"still-{still.at_ms}"  # the store may share the files of the one before
        folder.mkdir()
        pictures = make(still, replace(job.tools, folder=folder))
        if pictures and shows_something(pictures.thumbnail):
            info = PosterInfo(
                at_ms=still.at_ms,
                poster=f"posters/{still.at_ms}.jpg",
                thumbnail=f"posters/{still.at_ms}-small.jpg",
            )
            job.publisher.put(pictures.poster, info.poster)
            job.publisher.put(pictures.thumbnail, info.thumbnail)
            made.append(info)
    job.know(poster_candidates=tuple(made))


def track_for_stills(renditions: Sequence[RenditionInfo], tracks: Sequence[Track]) -> Track:
    """Return the smallest picture that fills a poster, or the largest where none does: decoding costs by the pixel."""
    filling = [
        track
        for info, track in zip(renditions, tracks, strict=True)
        if max(info.width_px or 0, info.height_px or 0) >= POSTER_PX
    ]
    return filling[-1] if filling else tracks[0]


def put_captions(job: Run, plan: TranscodePlan, source: Path) -> None:
    """Convert text tracks; a track that cannot be read is left out, it does not spoil the lesson."""
    if not plan.captions:
        return
    tools = job.tools
    folder = tools.folder / "captions"
    folder.mkdir()
    arguments = caption_arguments(plan, source, folder, max_pixels=tools.limits.max_pixels)
    try:
        run([tools.programs.ffmpeg, *arguments], tools=tools, bounds=CAPTION_BOUNDS).check_alive()
    except TimedOutError:
        return
    found = []
    for track in plan.captions:
        file = folder / f"{track.name}.vtt"
        text = clean_webvtt(file.read_text(encoding="utf-8", errors="replace")) if file.is_file() else ""
        if "-->" not in text:
            continue
        name = f"captions/{track.name}"
        job.publisher.put_text(text, f"{name}.vtt")
        job.publisher.put_text(caption_playlist(file.name, duration_ms=plan.duration_ms), f"{name}.m3u8")
        found.append(
            CaptionInfo(
                name=track.name,
                language=track.language,
                label=track.label,
                path=f"{name}.vtt",
                playlist=f"{name}.m3u8",
            )
        )
    job.know(captions=tuple(found))


def put_speech(job: Run, plan: TranscodePlan, source: Path) -> TranscodePlan:
    """Write captions of the speech where the settings ask for them; return the plan with what came of it."""
    recognizer = speech_recognizer()
    if recognizer is None or not plan.audio:
        return plan
    track = plan.audio[0]
    if any(found.language.partition("-")[0] == track.language.partition("-")[0] for found in job.snapshot.captions):
        return _explained(plan, f"no automatic captions: the file has its own in {track.language}")
    sound = Sound(source, track.index, track.language, plan.duration_ms)
    made = automatic_captions(recognizer, sound, tools=job.tools)
    if made.text:
        job.publisher.put_text(made.text, f"{SPEECH_NAME}.vtt")
        playlist = caption_playlist("automatic.vtt", duration_ms=plan.duration_ms)
        job.publisher.put_text(playlist, f"{SPEECH_NAME}.m3u8")
        info = CaptionInfo(
            name="automatic", language=made.language, label=made.label, path=f"{SPEECH_NAME}.vtt",
            playlist=f"{SPEECH_NAME}.m3u8", is_automatic=True,
        )  # fmt: skip
        job.know(captions=(*job.snapshot.captions, info))
    return _explained(plan, made.reason)


def _explained(plan: TranscodePlan, reason: str) -> TranscodePlan:
    return plan.model_copy(update={"reasons": (*plan.reasons, reason)})

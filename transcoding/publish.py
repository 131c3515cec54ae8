"""Put finished files into the store, in an order in which no playlist ever names what is not there."""

from collections.abc import Callable
from pathlib import Path

from transcoding.encode import Track
from transcoding.errors import StorageError
from transcoding.messages import FailureCode, RenditionInfo, RenditionKind, RenditionState
from transcoding.plan import AudioPlan, TranscodePlan
from transcoding.playlist import (
    MediaSegment,
    PlaylistType,
    average_bps,
    iframe_playlist,
    keyframe_sizes,
    media_playlist,
    peak_bps,
    sizes,
)
from transcoding.sandbox import StopSignal
from transcoding.storage import CHANGING, IMMUTABLE, MediaStore, put_file

INIT_NAME, GROWING_NAME, FINAL_NAME, IFRAMES_NAME = "init.mp4", "growing.m3u8", "index.m3u8", "iframes.m3u8"
# Over a six-second segment a full one-second VBV buffer adds a sixth to the cap.
CAP_MARGIN = 7 / 6
PUT_TRIES = 5
FIRST_PAUSE_S = 0.5


class Publisher:
    """Writes under one prefix that belongs to this run alone.

    While a rendition grows its playlist is `growing.m3u8` (EVENT: only appended to, then ended). The complete one has
    another name, `index.m3u8` (VOD: never changes), so neither type is ever switched (RFC 8216bis, section 6.2.1).
    """

    def __init__(self, store: MediaStore, prefix: str, folder: Path, *, stop: StopSignal) -> None:
        self._store, self._prefix, self._stop = store, prefix, stop
        self._folder = folder / "published"
        self._folder.mkdir()
        self._texts = 0
        self.bytes_total = 0

    def put(self, file: Path, name: str, *, cache_control: str = IMMUTABLE) -> None:
        """Put one file; try again for a while where the store does not answer."""
        size = self._insist(lambda: put_file(self._store, file, self._prefix + name, cache_control=cache_control))
        self.bytes_total += size

    def put_text(self, text: str, name: str, *, cache_control: str = IMMUTABLE) -> None:
        # A new file each time: the store may keep the very file that it was given.
        self._texts += 1
        file = self._folder / f"{self._texts}{Path(name).suffix}"
        file.write_text(text, encoding="utf-8")
        self._insist(lambda: put_file(self._store, file, self._prefix + name, cache_control=cache_control))
        file.unlink()

    def put_segments(self, track: Track, fresh: list[MediaSegment], *, target_duration_s: int) -> None:
        """Publish new segments, then the playlist that names them."""
        if len(fresh) == len(track.segments) and track.init:
            self.put(track.init, f"{track.name}/{INIT_NAME}")
        for segment in fresh:
            self.put(track.folder / segment.name, f"{track.name}/{segment.name}")
        self._put_growing(track, target_duration_s=target_duration_s, is_complete=False)

    def finish(self, track: Track, *, target_duration_s: int, is_video: bool) -> None:
        """End the growing playlist and write the complete ones."""
        self.end_growing(track, target_duration_s=target_duration_s)
        self.put_final(track, init=INIT_NAME, target_duration_s=target_duration_s, is_video=is_video)

    def end_growing(self, track: Track, *, target_duration_s: int) -> None:
        self._put_growing(track, target_duration_s=target_duration_s, is_complete=True)

    def put_final(self, track: Track, *, init: str, target_duration_s: int, is_video: bool) -> None:
        """Write the complete playlists; `init` is the path of the init section from the rendition's folder."""
        final = media_playlist(
            track.segments, init=init, target_duration_s=target_duration_s, kind=PlaylistType.VOD, is_complete=True
        )
        self.put_text(final, f"{track.name}/{FINAL_NAME}")
        if is_video:
            frames = iframe_playlist(track.segments, init=init, target_duration_s=target_duration_s)
            self.put_text(frames, f"{track.name}/{IFRAMES_NAME}")

    def _put_growing(self, track: Track, *, target_duration_s: int, is_complete: bool) -> None:
        text = media_playlist(
            track.segments, init=INIT_NAME, target_duration_s=target_duration_s, kind=PlaylistType.EVENT,
            is_complete=is_complete,
        )  # fmt: skip
        self.put_text(text, f"{track.name}/{GROWING_NAME}", cache_control=CHANGING)

    def _insist(self, put: Callable[[], int]) -> int:
        pause_s = FIRST_PAUSE_S
        for _ in range(PUT_TRIES - 1):
            try:
                return put()
            except StorageError as error:
                if error.code is FailureCode.OUT_OF_SPACE:
                    raise
            self._stop.wait(pause_s)
            pause_s *= 2
        return put()


def planned_renditions(plan: TranscodePlan) -> tuple[RenditionInfo, ...]:
    """All renditions as they stand before the first segment; rates are bounds."""
    video = plan.video
    pictures = [
        RenditionInfo(
            name=rung.name,
            kind=RenditionKind.VIDEO,
            state=RenditionState.WAITING,
            width_px=rung.width_px,
            height_px=rung.height_px,
            fps=float(video.fps / rung.frame_step),
            bandwidth_bps=round(rung.cap_bps * CAP_MARGIN),
            average_bandwidth_bps=rung.cap_bps,
        )
        for rung in (video.rungs if video else ())
        if video
    ]
    return (*pictures, *(_planned_sound(track) for track in plan.audio))


def growing_rendition(rendition: RenditionInfo, track: Track) -> RenditionInfo:
    return rendition.model_copy(
        update={
            "state": RenditionState.ENCODING,
            "codecs": track.codecs,
            "playlist": f"{track.name}/{GROWING_NAME}",
            "size_bytes": sum(segment.size_bytes for segment in track.segments),
        }
    )


def ready_rendition(
    rendition: RenditionInfo, track: Track, *, target_duration_s: int, is_copied: bool = False
) -> RenditionInfo:
    """The rendition with measured rates; bytes of the init section are not part of any segment's rate."""
    is_video = rendition.kind is RenditionKind.VIDEO
    return growing_rendition(rendition, track).model_copy(
        update={
            "state": RenditionState.READY,
            "is_copied": is_copied,
            "playlist": f"{track.name}/{FINAL_NAME}",
            "bandwidth_bps": peak_bps(sizes(track.segments), target_duration_s=target_duration_s),
            "average_bandwidth_bps": average_bps(sizes(track.segments)),
            "iframe_playlist": f"{track.name}/{IFRAMES_NAME}" if is_video else None,
            "iframe_bandwidth_bps": peak_bps(keyframe_sizes(track.segments), target_duration_s=target_duration_s)
            if is_video
            else 0,
        }
    )


def _planned_sound(track: AudioPlan) -> RenditionInfo:
    return RenditionInfo(
        name=track.name,
        kind=RenditionKind.AUDIO,
        state=RenditionState.WAITING,
        language=track.language,
        bandwidth_bps=round(track.bitrate_bps * CAP_MARGIN),
        average_bandwidth_bps=track.bitrate_bps,
    )

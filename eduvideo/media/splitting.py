"""A transcode in parts: begun by the news that it was split, playable early, joined once all parts have succeeded.

Parts are jobs of the same table, so that dispatch, lease, fencing, sweep and retry are the same. Everything here runs
in the transaction that takes in a part's news, while nobody else changes its family.
"""

from eduvideo.core import clock
from eduvideo.core.events import emit
from eduvideo.media.endings import follow_cancellation, follow_failure
from eduvideo.media.events import AssetPlayable, JobQueued
from eduvideo.media.models import Asset, AssetState, JobState, Rendition, TranscodeJob
from eduvideo.media.renditions import has_begun, rendition_fields, write_renditions
from transcoding.messages import EventKind, RenditionState, Split, TranscodeEvent, Work

GROWING = "growing.m3u8"


def split_changes(job: TranscodeJob, *, token: int, split: Split) -> dict[str, object]:
    """Return what the end of the run that split a job writes: it waits for its parts and is to be joined then."""
    return {
        "state": JobState.RUNNING,
        "dispatched_at": None,
        "work": Work.JOIN.value,
        "split_token": token,
        "plan_key": f"{job.output_prefix(token)}{split.plan}",
        "tries": 0,
        "percent": 0,
        "stage": "",
    }


def begin_parts(job: TranscodeJob, event: TranscodeEvent, split: Split) -> None:
    """Queue the parts of a job that was split, and note what it plans to make."""
    nothing_yet = {"state": RenditionState.WAITING, "playlist": "", "iframe_playlist": None}
    # A picture that was copied is there already, below the run that split.
    planned = [info if has_begun(info) else info.model_copy(update=nothing_yet) for info in event.snapshot.renditions]
    write_renditions(job, token=event.token, infos=planned)
    TranscodeJob.objects.bulk_create(
        TranscodeJob(
            asset_id=job.asset_id,
            parent=job,
            part=number,
            makes=list(names),
            work=Work.PART.value,
            plan_key=f"{job.output_prefix(event.token)}{split.plan}",
            priority=job.priority,
            creator_id=job.creator_id,
        )
        for number, names in enumerate(split.parts)
    )
    emit(JobQueued(job_id=job.pk))


def follow_part(part: TranscodeJob, event: TranscodeEvent) -> None:
    """Do what news of a part means for its parent."""
    parent = TranscodeJob.objects.get(parts=part)
    if event.kind is EventKind.FAILED:
        part.refresh_from_db(fields=["state"])
        if part.state == JobState.FAILED:  # and not queued for another try
            follow_failure(part)
    elif event.kind is EventKind.CANCELLED:
        follow_cancellation(part)
    else:
        _show_begun(parent, part, event)
        if event.kind is EventKind.DONE:
            _mark_ready(parent, part)
            _join(parent)


def _show_begun(parent: TranscodeJob, part: TranscodeJob, event: TranscodeEvent) -> None:
    """Let what has begun from the start be played; the parent is playable once that is so of every rendition."""
    rows = Rendition.objects.filter(job=parent, token=parent.split_token or 0)
    begun = {info.name: info for info in event.snapshot.renditions if has_begun(info)}
    waiting = list(rows.filter(state=RenditionState.WAITING, name__in=begun).values_list("name", flat=True))
    if not waiting:
        return
    first = _first_parts(parent)
    for name in waiting:
        if first.get(name) == part.part:
            told = rendition_fields(begun[name]) | {
                "state": RenditionState.ENCODING.value,
                "playlist": f"{name}/{GROWING}",
                "iframe_playlist": "",
            }
            rows.filter(name=name).update(**told)
    if not rows.filter(state=RenditionState.WAITING).exists():
        _make_playable(parent)


def _first_parts(parent: TranscodeJob) -> dict[str, int]:
    """Return the number of the first part that makes each rendition."""
    first: dict[str, int] = {}
    for number, names in parent.parts.order_by("part").values_list("part", "makes"):
        for name in names:
            first.setdefault(name, number or 0)
    return first


def _make_playable(parent: TranscodeJob) -> None:
    mine = TranscodeJob.objects.filter(pk=parent.pk, playable_token=None)
    if parent.duration_ms is None or not mine.update(playable_token=parent.split_token):
        return
    first = Asset.objects.filter(
        pk=parent.asset_id, state__in=[AssetState.WAITING, AssetState.PROCESSING, AssetState.FAILED]
    )
    if first.update(state=AssetState.PLAYABLE, current_job=parent, duration_ms=parent.duration_ms):
        emit(AssetPlayable(asset_id=parent.asset_id))


def _mark_ready(parent: TranscodeJob, part: TranscodeJob) -> None:
    """Note which renditions are complete now that a part is."""
    unfinished = parent.parts.exclude(state=JobState.SUCCEEDED).values_list("makes", flat=True)
    growing = {name for names in unfinished for name in names}
    complete = [name for name in part.makes if name not in growing]
    begun = Rendition.objects.filter(job=parent, token=parent.split_token or 0, state=RenditionState.ENCODING)
    begun.filter(name__in=complete).update(state=RenditionState.READY)


def _join(parent: TranscodeJob) -> None:
    """Queue the parent once its last part has succeeded."""
    if parent.parts.exclude(state=JobState.SUCCEEDED).exists():
        return
    waiting = TranscodeJob.objects.filter(
        pk=parent.pk, state=JobState.RUNNING, dispatched_at=None, work=Work.JOIN.value
    )
    if waiting.update(state=JobState.QUEUED, due_at=None, heartbeat_at=clock.now()):
        emit(JobQueued(job_id=parent.pk))

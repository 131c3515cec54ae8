from typing import Any

from celery import shared_task

from eduvideo.media import collect, dispatch, progress
from transcoding.messages import TranscodeEvent


@shared_task
def record_transcode_event(event: dict[str, Any]) -> None:  # Any: JSON of a TranscodeEvent
    news = TranscodeEvent.model_validate(event)
    if progress.record_event(news) and news.kind.is_final:
        dispatch.dispatch_jobs()


@shared_task
def sweep_jobs() -> None:
    dispatch.sweep_jobs()


@shared_task
def collect_stale_media() -> None:
    collect.collect_stale_media()

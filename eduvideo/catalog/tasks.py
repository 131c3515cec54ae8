from celery import shared_task

from eduvideo.catalog import recordings


@shared_task
def delete_published_sources() -> None:
    recordings.delete_published_sources()

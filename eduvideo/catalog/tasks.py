from celery import shared_task

from eduvideo.catalog import recordings, scheduling


@shared_task
def delete_published_sources() -> None:
    recordings.delete_published_sources()


@shared_task
def publish_due() -> None:
    scheduling.publish_due()

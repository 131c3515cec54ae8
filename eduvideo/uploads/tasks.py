from celery import shared_task

from eduvideo.uploads import multipart, services


@shared_task
def expire_uploads() -> None:
    services.expire_uploads()
    multipart.collect_multiparts()


@shared_task
def collect_sources() -> None:
    services.collect_sources()

from celery import shared_task

from eduvideo.accounts import services


@shared_task
def remove_old_sessions() -> None:
    services.remove_old_sessions()

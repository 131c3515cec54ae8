from celery import shared_task

from eduvideo.core import relay


@shared_task
def remove_old_events() -> None:
    relay.remove_old_events()

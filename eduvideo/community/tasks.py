from celery import shared_task

from eduvideo.community import services


@shared_task
def rank_popular() -> None:
    services.rank_popular()

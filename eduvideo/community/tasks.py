from celery import shared_task

from eduvideo.community import comments, retention, services


@shared_task
def rank_popular() -> None:
    services.rank_popular()


@shared_task
def move_watching() -> None:
    retention.move_watching()


@shared_task
def recount_likes() -> None:
    comments.recount_likes()


@shared_task
def fold_watching() -> None:
    retention.fold_watching()

from celery import shared_task

from eduvideo.study import figures


@shared_task
def collect_stray_figures() -> None:
    figures.collect_stray_figures()

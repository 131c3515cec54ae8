import logging

from celery import shared_task

from eduvideo.discovery import services
from search.errors import EngineError

logger = logging.getLogger(__name__)


@shared_task
def mend_index() -> None:
    try:
        services.mend_index()
    except EngineError as error:
        logger.error("The index was not compared: %s", error)  # noqa: TRY400 - one line; an hour later again

import logging

from celery import shared_task

from eduvideo.discovery import services
from search.errors import EngineError

logger = logging.getLogger(__name__)


@shared_task
def mend_index() -> None:
    """Repair what differs, and let the index know what has become popular."""
    try:
        services.mend_index()
        services.follow_popularity()
    except EngineError as error:
        logger.error("The index was not compared: %s", error)  # noqa: TRY400 - one line; an hour later again

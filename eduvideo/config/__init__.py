"""The composition root: settings, URLs, the ASGI application, the Celery app. Imported by nobody below."""

from eduvideo.config.celery import app as celery_app  # every process of Django's sends tasks through this app

__all__ = ["celery_app"]

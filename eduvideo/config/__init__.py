"""The composition root: settings, URLs, the ASGI application, the Celery app. Imported by nobody below."""

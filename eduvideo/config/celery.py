"""The Celery app of the platform's own tasks (queues `default` and `media-events`).

The transcoding worker has an app of its own (transcoding.tasks): it knows the broker and the object store, no database.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eduvideo.config.settings")

app = Celery("eduvideo")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

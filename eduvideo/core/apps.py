from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "eduvideo.core"
    label = "core"

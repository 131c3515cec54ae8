from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "eduvideo.moderation"
    label = "moderation"

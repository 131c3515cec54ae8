from django.apps import AppConfig


class CommunityConfig(AppConfig):
    name = "eduvideo.community"
    label = "community"

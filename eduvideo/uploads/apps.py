from django.apps import AppConfig


class UploadsConfig(AppConfig):
    name = "eduvideo.uploads"
    label = "uploads"

from django.apps import AppConfig


class StudyConfig(AppConfig):
    name = "eduvideo.study"
    label = "study"

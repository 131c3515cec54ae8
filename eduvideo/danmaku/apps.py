from django.apps import AppConfig


class DanmakuConfig(AppConfig):
    name = "eduvideo.danmaku"
    label = "danmaku"

from django.apps import AppConfig


class DanmakuConfig(AppConfig):
    name = "eduvideo.danmaku"
    label = "danmaku"

    def ready(self) -> None:
        """Register this app's event handlers."""
        from eduvideo.danmaku import handlers  # noqa: F401

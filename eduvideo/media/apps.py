from django.apps import AppConfig


class MediaConfig(AppConfig):
    name = "eduvideo.media"
    label = "media"

    def ready(self) -> None:
        """Register this app's event handlers."""
        from eduvideo.media import handlers  # noqa: F401

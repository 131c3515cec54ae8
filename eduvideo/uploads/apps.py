from django.apps import AppConfig


class UploadsConfig(AppConfig):
    name = "eduvideo.uploads"
    label = "uploads"

    def ready(self) -> None:
        """Register this app's event handlers."""
        from eduvideo.uploads import handlers  # noqa: F401

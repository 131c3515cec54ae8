from django.apps import AppConfig


class DiscoveryConfig(AppConfig):
    name = "eduvideo.discovery"
    label = "discovery"

    def ready(self) -> None:
        """Register this app's event handlers."""
        from eduvideo.discovery import handlers  # noqa: F401

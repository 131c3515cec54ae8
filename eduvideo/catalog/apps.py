from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "eduvideo.catalog"
    label = "catalog"

    def ready(self) -> None:
        """Register this app's event handlers."""
        from eduvideo.catalog import handlers  # noqa: F401

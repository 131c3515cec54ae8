"""Tables of embedding."""

from django.db import models

from eduvideo.catalog.models import Playlist


class AllowList(models.Model):
    """The sites whose pages may frame a playlist, as domains.py writes them; empty (or no row) means every site."""

    playlist = models.OneToOneField(Playlist, on_delete=models.CASCADE, primary_key=True, related_name="allow_list")
    domains = models.JSONField(default=list)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{len(self.domains)} domains of {self.playlist_id}"

"""Tables of study material."""

from django.conf import settings
from django.db import models

from eduvideo.catalog.models import Video


class StudyGuide(models.Model):
    """What a learner reads beside the video, in Markdown as its creator wrote it."""

    video = models.OneToOneField(Video, on_delete=models.CASCADE, related_name="study_guide")
    markdown = models.TextField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Study guide of {self.video_id}"


class WatchProgress(models.Model):
    """Where somebody with an account stopped watching a video; gone with either. At the end it is finished."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watch_progress", db_index=False
    )
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="watch_progress")
    position_ms = models.PositiveBigIntegerField()
    is_finished = models.BooleanField(default=False)
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "-updated_at"], name="progress_newest")]
        constraints = [models.UniqueConstraint(fields=["user", "video"], name="progress_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.video_id} at {self.position_ms} ms"

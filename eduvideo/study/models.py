"""Tables of study material."""

from django.conf import settings
from django.db import models

from eduvideo.catalog.models import Video
from eduvideo.core import clock
from eduvideo.core.ids import new_public_id


class StudyGuide(models.Model):
    """What a learner reads beside the video, in Markdown as its creator wrote it."""

    video = models.OneToOneField(Video, on_delete=models.CASCADE, related_name="study_guide")
    markdown = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1, help_text="Grows with every change; 0 stands for no guide")
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Study guide of {self.video_id}"


class Figure(models.Model):
    """A picture in a video's study guide, uploaded by its editors; the object is WebP, encoded by us."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="figures")
    public_id = models.CharField(max_length=24, unique=True, default=new_public_id, editable=False)
    width_px = models.PositiveIntegerField()
    height_px = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=clock.now, editable=False)

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Return the last part of its address, which says its size, so that a page keeps its room."""
        return f"{self.public_id}-{self.width_px}x{self.height_px}.webp"

    @property
    def object_key(self) -> str:
        return f"assets/{self.video.asset.public_id}/figures/{self.public_id}.webp"


class Note(models.Model):
    """What a learner wrote for themselves about a video, at a second of it or in general.

    It stays when the video goes: then its id and its title, as it was called, still tell what the note is about.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notes", db_index=False)
    video = models.ForeignKey(Video, null=True, on_delete=models.SET_NULL, related_name="notes")
    lesson = models.CharField(max_length=24, help_text="Public id of the video")
    lesson_title = models.CharField(max_length=255)
    public_id = models.CharField(max_length=36, help_text="Chosen by who wrote it, so that it can be sent twice")
    position_ms = models.PositiveBigIntegerField(null=True)
    text = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1, help_text="Grows with every change")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["user", "lesson"], name="note_of_lesson")]
        constraints = [models.UniqueConstraint(fields=["user", "public_id"], name="note_once")]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.lesson}"


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

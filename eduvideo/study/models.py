"""Tables of study material."""

from django.db import models

from eduvideo.catalog.models import Video


class StudyGuide(models.Model):
    """What a learner reads beside the video, in Markdown as its creator wrote it."""

    video = models.OneToOneField(Video, on_delete=models.CASCADE, related_name="study_guide")
    markdown = models.TextField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Study guide of {self.video_id}"

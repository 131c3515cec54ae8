"""Tables of the catalogue."""

from django.conf import settings
from django.db import models

from eduvideo.catalog.taxonomy import GRADE_BY_ID, SUBJECT_BY_ID
from eduvideo.core.ids import new_public_id
from eduvideo.media.models import Asset


class VideoKind(models.TextChoices):
    LESSON = "lesson"
    CLIP = "clip"


class VideoState(models.TextChoices):
    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Visibility(models.TextChoices):
    PUBLIC = "public"
    UNLISTED = "unlisted"
    ORGANIZATION = "organization"
    EMBED = "embed"


class VideoQuerySet(models.QuerySet["Video"]):
    """Sets of videos by who may see them."""

    def listed(self) -> "VideoQuerySet":
        """Keep what anyone may find in lists: published and public."""
        return self.filter(state=VideoState.PUBLISHED, visibility=Visibility.PUBLIC)


class Video(models.Model):
    """A lesson as people find it. Its media are its asset; `revision` grows with every change that search must know."""

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="videos")
    asset = models.OneToOneField(Asset, on_delete=models.PROTECT, related_name="video")
    kind = models.CharField(max_length=10, choices=VideoKind.choices, default=VideoKind.LESSON)
    title = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    subject = models.CharField(max_length=20)
    grade = models.CharField(max_length=20)
    language = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=VideoState.choices, default=VideoState.DRAFT)
    visibility = models.CharField(max_length=12, choices=Visibility.choices, default=Visibility.PUBLIC)
    publish_requested_at = models.DateTimeField(null=True, help_text="Publish as soon as it can be played")
    published_at = models.DateTimeField(null=True)
    revision = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = VideoQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-published_at", "-id"], name="video_new"),
            models.Index(fields=["subject", "grade", "-published_at"], name="video_browse"),
            models.Index(fields=["owner", "-created_at"], name="video_of_owner"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=VideoState.values), name="video_state_known"),
            models.CheckConstraint(condition=models.Q(visibility__in=Visibility.values), name="video_visibility_known"),
            models.CheckConstraint(condition=models.Q(subject__in=list(SUBJECT_BY_ID)), name="video_subject_known"),
            models.CheckConstraint(condition=models.Q(grade__in=list(GRADE_BY_ID)), name="video_grade_known"),
        ]

    def __str__(self) -> str:
        return self.title


class Chapter(models.Model):
    """A named mark inside a video; it lasts until the next one."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="chapters")
    start_ms = models.PositiveBigIntegerField()
    title = models.CharField(max_length=120)

    class Meta:
        ordering = ["start_ms"]
        constraints = [models.UniqueConstraint(fields=["video", "start_ms"], name="chapter_start_once")]

    def __str__(self) -> str:
        return self.title

"""Tables of danmaku."""

from django.conf import settings
from django.db import models

from eduvideo.catalog.models import Video
from eduvideo.core.ids import new_public_id


class Mode(models.TextChoices):
    SCROLL = "scroll"
    TOP = "top"
    BOTTOM = "bottom"
    REVERSE = "reverse"


class Kind(models.TextChoices):
    COMMENT = "comment"
    QUESTION = "question"
    ANSWER = "answer"
    TEACHER = "teacher"


class DanmakuState(models.TextChoices):
    VISIBLE = "visible"
    HIDDEN = "hidden"
    DELETED = "deleted"


class DanmakuCounter(models.Model):
    """Per video: the last sequence number given out, and how many are visible."""

    video = models.OneToOneField(Video, on_delete=models.CASCADE, primary_key=True, related_name="danmaku_counter")
    last_seq = models.PositiveBigIntegerField(default=0)
    visible_count = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.video_id}: {self.visible_count}"


class Danmaku(models.Model):
    """One timed overlay comment. `seq` grows by one within its video, in the order of the commits."""

    public_id = models.CharField(max_length=24, unique=True, default=new_public_id, editable=False)
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="danmaku")
    seq = models.PositiveBigIntegerField()
    position_ms = models.PositiveBigIntegerField()
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.SCROLL)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.COMMENT)
    color = models.PositiveIntegerField(default=0xFFFFFF, help_text="0xRRGGBB")
    size_px = models.PositiveSmallIntegerField(default=25)
    text = models.CharField(max_length=400)
    weight = models.PositiveSmallIntegerField(default=5, help_text="0 to 10; decides what is shown when it is dense")
    state = models.CharField(max_length=8, choices=DanmakuState.choices, default=DanmakuState.VISIBLE)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="danmaku")
    author_key = models.CharField(max_length=16, help_text="Hash of the author, salted per video")
    idempotency_key = models.CharField(max_length=64, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["video", "position_ms"], name="danmaku_segment")]
        constraints = [
            models.UniqueConstraint(fields=["video", "seq"], name="danmaku_seq_once"),
            models.UniqueConstraint(fields=["author", "video", "idempotency_key"], name="danmaku_sent_once"),
        ]

    def __str__(self) -> str:
        return self.text

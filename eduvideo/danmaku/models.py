"""Tables of danmaku."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from eduvideo.catalog.models import Video
from eduvideo.core import clock
from eduvideo.core.ids import new_public_id
from eduvideo.danmaku.segments import SEGMENT_MS

TEXT_CODE_POINTS = 400  # one emoji may have a dozen, so the limit in characters is not enough


class Mode(models.TextChoices):
    SCROLL = "scroll"
    TOP = "top"
    BOTTOM = "bottom"
    REVERSE = "reverse"
    SPECIAL = "special"  # positioned text and code of other sites: kept for export, never drawn and never run


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
    """Per video: the last sequence number given out, and how many danmaku are visible.

    Whoever writes updates this row first, in the same transaction: that locks out other writers until the commit, so
    numbers become visible in their order. `reset_seq` is the number of the last change that a list of new danmaku
    cannot tell (one was hidden, many were imported): who knows less than that must fetch the segments again.
    """

    video = models.OneToOneField(Video, on_delete=models.CASCADE, primary_key=True, related_name="danmaku_counter")
    last_seq = models.PositiveBigIntegerField(default=0)
    reset_seq = models.PositiveBigIntegerField(default=0)
    visible_count = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.video_id}: {self.visible_count}"


class DanmakuQuerySet(models.QuerySet["Danmaku"]):
    """Sets of danmaku by what is done with them."""

    def drawn(self) -> "DanmakuQuerySet":
        """Keep what viewers see."""
        return self.filter(state=DanmakuState.VISIBLE).exclude(mode=Mode.SPECIAL)


class Danmaku(models.Model):
    """One timed overlay comment. `seq` grows within its video, in the order of the commits."""

    public_id = models.CharField(max_length=24, unique=True, default=new_public_id, editable=False)
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="danmaku", db_index=False)
    seq = models.PositiveBigIntegerField()
    position_ms = models.PositiveBigIntegerField()
    segment = models.PositiveIntegerField(help_text="The minute that holds position_ms; indexed with the weight")
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.SCROLL)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.COMMENT)
    color = models.PositiveIntegerField(default=0xFFFFFF, help_text="0xRRGGBB")
    size_px = models.PositiveSmallIntegerField(default=25)
    text = models.CharField(max_length=TEXT_CODE_POINTS)
    weight = models.PositiveSmallIntegerField(default=5, help_text="0 to 10; decides what is shown when it is dense")
    state = models.CharField(max_length=8, choices=DanmakuState.choices, default=DanmakuState.VISIBLE)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="danmaku", db_index=False
    )
    author_key = models.CharField(max_length=16, help_text="Hash of the author, salted per video")
    idempotency_key = models.CharField(max_length=64, null=True)  # noqa: DJ001 - null is not compared for uniqueness
    raw = models.JSONField(null=True, help_text="What an imported file said beyond the other columns; for export only")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = DanmakuQuerySet.as_manager()

    class Meta:
        indexes = [
            # A dense minute is cut by weight; equals by their random id, so that the cut is spread over the minute.
            models.Index(fields=["video", "segment", "-weight", "public_id"], name="danmaku_segment"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["video", "seq"], name="danmaku_seq_once"),
            models.UniqueConstraint(fields=["author", "video", "idempotency_key"], name="danmaku_sent_once"),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="danmaku_mode_known"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="danmaku_kind_known"),
            models.CheckConstraint(condition=Q(state__in=DanmakuState.values), name="danmaku_state_known"),
            models.CheckConstraint(condition=Q(weight__lte=10), name="danmaku_weight_in_range"),
            models.CheckConstraint(condition=Q(color__lte=0xFFFFFF), name="danmaku_color_in_range"),
            models.CheckConstraint(
                condition=Q(position_ms__gte=F("segment") * SEGMENT_MS)
                & Q(position_ms__lt=(F("segment") + 1) * SEGMENT_MS),
                name="danmaku_in_its_segment",
            ),
        ]

    def __str__(self) -> str:
        return self.text

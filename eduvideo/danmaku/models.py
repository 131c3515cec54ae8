"""Tables of danmaku."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL

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


class Care(models.TextChoices):
    """What people and those who moderate made of a danmaku that is shown."""

    NONE = "", "–"
    REPORTED = "reported"  # by several people: it weighs least until somebody decides
    PROTECTED = "protected"  # it stands by itself, and is shown before ordinary ones


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

    def asked(self) -> "DanmakuQuerySet":
        """Keep questions and answers, of which there are few: by an index of their own.

        In literals, because SQLite takes no partial index where values are parameters.
        """
        return self.filter(RawSQL("kind IN ('question', 'answer')", [], output_field=models.BooleanField()))

    def answers(self) -> "DanmakuQuerySet":
        """Keep the answers to a question that are shown."""
        return self.asked().filter(kind=Kind.ANSWER, state=DanmakuState.VISIBLE).exclude(reply_to="")


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
    own_weight = models.PositiveSmallIntegerField(default=5, help_text="The weight without what likes add (weight.py)")
    state = models.CharField(max_length=8, choices=DanmakuState.choices, default=DanmakuState.VISIBLE)
    care = models.CharField(max_length=9, choices=Care.choices, blank=True, default=Care.NONE, db_default=Care.NONE)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="danmaku", db_index=False
    )
    author_key = models.CharField(max_length=16, help_text="Hash of the author, salted per video")
    text_key = models.BigIntegerField(help_text="The same for texts of comments that say the same (sameness.py)")
    likes = models.PositiveIntegerField(default=0)
    reply_to = models.CharField(max_length=24, blank=True, help_text="Of an answer: the public id of the question")
    idempotency_key = models.CharField(max_length=64, null=True)  # noqa: DJ001 - null is not compared for uniqueness
    raw = models.JSONField(null=True, help_text="What an imported file said beyond the other columns; for export only")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = DanmakuQuerySet.as_manager()

    class Meta:
        indexes = [
            # The weightiest of a minute (queries.segment_until), with all that it takes to choose among them; equals
            # in the order of their keys, which are as good as random, so that a cut is spread over the minute.
            models.Index(
                fields=["video", "segment", "-weight", "text_key", "id", "state", "mode"], name="danmaku_segment"
            ),
            models.Index(
                fields=["video", "kind", "position_ms"],
                condition=Q(kind__in=(Kind.QUESTION, Kind.ANSWER)),
                name="danmaku_asked",
            ),
            models.Index(fields=["author", "-created_at"], condition=Q(author__isnull=False), name="danmaku_of_author"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["video", "seq"], name="danmaku_seq_once"),
            models.UniqueConstraint(fields=["author", "video", "idempotency_key"], name="danmaku_sent_once"),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="danmaku_mode_known"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="danmaku_kind_known"),
            models.CheckConstraint(condition=Q(state__in=DanmakuState.values), name="danmaku_state_known"),
            models.CheckConstraint(condition=Q(care__in=Care.values), name="danmaku_care_known"),
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


class DanmakuLike(models.Model):
    """Somebody likes a danmaku; `Danmaku.likes` counts these rows, in the same transaction."""

    danmaku = models.ForeignKey(Danmaku, on_delete=models.CASCADE, related_name="liked_by")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="liked_danmaku", db_index=False
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "danmaku"], name="danmaku_liked_once")]

    def __str__(self) -> str:
        return f"{self.user_id} likes {self.danmaku_id}"


class PolicyState(models.TextChoices):
    ON = "on"
    SLOW = "slow"
    OFF = "off"


class DanmakuPolicy(models.Model):
    """What a lesson's owner decided about danmaku on it; without a row, policy.py decides by the grade."""

    video = models.OneToOneField(Video, on_delete=models.CASCADE, primary_key=True, related_name="danmaku_policy")
    state = models.CharField(max_length=8, choices=PolicyState.choices, default=PolicyState.ON)
    pause_s = models.PositiveSmallIntegerField(default=30, help_text="While slow: between two danmaku of one person")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PolicyState.values), name="danmaku_policy_known"),
        ]

    def __str__(self) -> str:
        return f"{self.video_id}: {self.state}"


class DanmakuPreference(models.Model):
    """How somebody with an account wants to see danmaku, on every device."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="danmaku_preference"
    )
    values = models.JSONField(default=dict)
    updated_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"Danmaku as {self.user_id} wants them"


class DanmakuBlock(models.Model):
    """Somebody does not want to see an author: an account, on every video; or, of an import, its key on one video."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="danmaku_blocks", db_index=False
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    video = models.ForeignKey(Video, null=True, on_delete=models.CASCADE, related_name="+")
    author_key = models.CharField(max_length=16, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "author"], name="danmaku_author_blocked_once"),
            models.UniqueConstraint(fields=["user", "video", "author_key"], name="danmaku_key_blocked_once"),
            models.CheckConstraint(
                condition=Q(author__isnull=False, video=None, author_key="")
                | (Q(author=None, video__isnull=False) & ~Q(author_key="")),
                name="danmaku_block_names_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} blocks {self.author_id or self.author_key}"

"""Tables of how lessons are received: views, which count people and name none; and what people say and keep."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from eduvideo.catalog.models import Video
from eduvideo.core import clock
from eduvideo.core.ids import new_public_id


class DailyViews(models.Model):
    """How many people watched a video on one day (UTC)."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="daily_views", db_index=False)
    day = models.DateField(db_index=True)
    people = models.PositiveIntegerField(help_text="On our pages and in frames of others")
    framed = models.PositiveIntegerField(default=0, db_default=0, help_text="Of them in frames")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["video", "day"], name="daily_views_once")]

    def __str__(self) -> str:
        return f"{self.people} watched {self.video_id} on {self.day}"


class PopularVideo(models.Model):
    """One of the most watched videos of its grade in the last weeks; a copy, made anew from DailyViews."""

    video = models.OneToOneField(Video, on_delete=models.CASCADE, related_name="popularity")
    grade = models.CharField(max_length=20)
    views = models.PositiveIntegerField(help_text="Sum of the days")

    class Meta:
        indexes = [models.Index(fields=["grade", "-views", "-video"], name="popular_of_grade")]

    def __str__(self) -> str:
        return f"{self.video_id} of grade {self.grade}: {self.views}"


class VideoLike(models.Model):
    """Somebody likes a video; gone with either."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="liked_videos", db_index=False
    )
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="liked_by")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "video"], name="video_liked_once")]

    def __str__(self) -> str:
        return f"{self.user_id} likes {self.video_id}"


class Favorite(models.Model):
    """Somebody keeps a video to find it again; gone with either."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="favorites", db_index=False
    )
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="kept_by")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["user", "-created_at", "-id"], name="favorite_newest")]
        constraints = [models.UniqueConstraint(fields=["user", "video"], name="favorite_once")]

    def __str__(self) -> str:
        return f"{self.user_id} keeps {self.video_id}"


class Follow(models.Model):
    """Somebody wants to see what a creator publishes; gone with either."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="follows", db_index=False)
    creator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="followed_by")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["user", "-created_at", "-id"], name="follow_newest")]
        constraints = [
            models.UniqueConstraint(fields=["user", "creator"], name="follow_once"),
            models.CheckConstraint(condition=~Q(user=F("creator")), name="follow_somebody_else"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} follows {self.creator_id}"


class DailyWatching(models.Model):
    """How one recording of a video was watched on one day (UTC): sums over viewings, see retention.py."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="daily_watching", db_index=False)
    day = models.DateField(db_index=True)
    duration_ms = models.PositiveBigIntegerField(help_text="Length of the recording; another one has other parts")
    viewings = models.PositiveIntegerField(default=0)
    watched_ms = models.PositiveBigIntegerField(default=0, help_text="Of the lesson, at whatever speed")
    finished = models.PositiveIntegerField(default=0, help_text="Viewings that came to the end")
    parts = models.JSONField(default=list, help_text="Viewings that played each hundredth of it")
    again = models.JSONField(default=list, help_text="Viewings that played it more than once")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["video", "day", "duration_ms"], name="daily_watching_once")]

    def __str__(self) -> str:
        return f"{self.viewings} viewings of {self.video_id} on {self.day}"


class MovedWatching(models.Model):
    """A batch of counts that is in the tables: it is not added again."""

    batch = models.CharField(max_length=32, unique=True)
    moved_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.batch


TEXT_CODE_POINTS = 4_000  # one emoji may have a dozen, so the limit in characters is not enough


class CommentState(models.TextChoices):
    VISIBLE = "visible"
    HIDDEN = "hidden"
    DELETED = "deleted"


class Comment(models.Model):
    """What somebody says of a whole lesson, or replies to that: `thread` is the comment that a reply belongs to.

    `likes` and `reply_count` (of visible replies) count rows of other tables or of this one, in the same transaction.
    """

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="comments", db_index=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="comments", db_index=False
    )
    thread = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="replies", db_index=False)
    text = models.CharField(max_length=TEXT_CODE_POINTS, blank=True, help_text="Empty once its author took it back")
    state = models.CharField(max_length=8, choices=CommentState.choices, default=CommentState.VISIBLE)
    is_pinned = models.BooleanField(default=False)
    likes = models.PositiveIntegerField(default=0)
    reply_count = models.PositiveIntegerField(default=0)
    idempotency_key = models.CharField(max_length=64, null=True)  # noqa: DJ001 - null is not compared for uniqueness
    created_at = models.DateTimeField(default=clock.now, editable=False)
    edited_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["video", "-id"], condition=Q(thread=None), name="comment_newest"),
            models.Index(fields=["video", "-likes", "-id"], condition=Q(thread=None), name="comment_most_liked"),
            models.Index(fields=["video", "state"], name="comment_count"),
            models.Index(fields=["thread", "id"], name="comment_reply"),
            models.Index(fields=["author", "-created_at", "-id"], name="comment_of_author"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["author", "video", "idempotency_key"], name="comment_sent_once"),
            models.UniqueConstraint(fields=["video"], condition=Q(is_pinned=True), name="comment_pinned_once"),
            models.CheckConstraint(condition=Q(state__in=CommentState.values), name="comment_state_known"),
            models.CheckConstraint(
                condition=Q(is_pinned=False) | Q(thread=None, state="visible"), name="comment_pinned_is_shown"
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class CommentLike(models.Model):
    """Somebody likes a comment; `Comment.likes` counts these rows."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="liked_by")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="liked_comments", db_index=False
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "comment"], name="comment_liked_once")]

    def __str__(self) -> str:
        return f"{self.user_id} likes {self.comment_id}"


class CommentMode(models.TextChoices):
    """Whether a lesson takes comments. Quiet: they are shown to whoever asks, and each person waits after one."""

    ON = "on"
    QUIET = "quiet"
    OFF = "off"


class CommentPolicy(models.Model):
    """What a lesson's owner decided about comments on it; without a row, its grade does."""

    video = models.OneToOneField(Video, on_delete=models.CASCADE, primary_key=True, related_name="comment_policy")
    mode = models.CharField(max_length=5, choices=CommentMode.choices)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(mode__in=CommentMode.values), name="comment_mode_known")]

    def __str__(self) -> str:
        return f"{self.video_id}: {self.mode}"

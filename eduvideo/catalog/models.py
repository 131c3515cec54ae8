"""Tables of the catalogue."""

from collections.abc import Collection

from django.conf import settings
from django.db import models

from eduvideo.accounts.models import Organization
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


class PlaylistState(models.TextChoices):
    DRAFT = "draft"
    PUBLISHED = "published"


# What some people or all find where they look for lessons, without having been told an address.
FINDABLE = (Visibility.PUBLIC, Visibility.ORGANIZATION)
# What is listed: parts of an index and not its condition, as SQLite uses no partial index where values are parameters.
LISTED_BY = ("state", "visibility")


class VideoQuerySet(models.QuerySet["Video"]):
    """Sets of videos by who may see them."""

    def listed(self) -> "VideoQuerySet":
        """Keep what anyone may find in lists: published and public."""
        return self.filter(state=VideoState.PUBLISHED, visibility=Visibility.PUBLIC)

    def listed_in(self, organization: Organization) -> "VideoQuerySet":
        """Keep what the members of an organization find there: its published lessons, unless told by address only."""
        return self.findable().filter(organization=organization)

    def findable(self) -> "VideoQuerySet":
        """Keep what anyone, or the members of an organization, may find by searching."""
        return self.filter(state=VideoState.PUBLISHED, visibility__in=FINDABLE)

    def findable_in(self, organizations: Collection[int]) -> "VideoQuerySet":
        """Keep what somebody who belongs to these organizations (their pks) may find by searching."""
        if not organizations:
            return self.listed()
        is_theirs = models.Q(visibility=Visibility.ORGANIZATION, organization__pk__in=organizations)
        return self.filter(models.Q(visibility=Visibility.PUBLIC) | is_theirs, state=VideoState.PUBLISHED)


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
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="videos"
    )
    publish_requested_at = models.DateTimeField(null=True, help_text="Publish as soon as it can be played")
    publish_at = models.DateTimeField(null=True, help_text="Publish a draft at this time")
    published_at = models.DateTimeField(null=True)
    revision = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = VideoQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-published_at", "-id"], name="video_new"),
            # Each way to browse what is listed, newest first; the last also counts by subject and grade. State is not
            # first: SQLite would take it for selective, and read all that is listed where a few ids are asked for.
            models.Index(fields=["subject", *LISTED_BY, "-published_at", "-id"], name="video_of_subject"),
            models.Index(fields=["grade", *LISTED_BY, "-published_at", "-id"], name="video_of_grade"),
            models.Index(fields=["subject", "grade", *LISTED_BY, "-published_at", "-id"], name="video_of_both"),
            models.Index(fields=["owner", "-created_at"], name="video_of_owner"),
            models.Index(fields=["owner", "-updated_at", "-id"], name="video_changed"),
            models.Index(fields=["organization", "-published_at", "-id"], name="video_of_organization"),
            models.Index(fields=["publish_at"], name="video_due", condition=models.Q(publish_at__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=VideoState.values), name="video_state_known"),
            models.CheckConstraint(condition=models.Q(visibility__in=Visibility.values), name="video_visibility_known"),
            models.CheckConstraint(condition=models.Q(subject__in=list(SUBJECT_BY_ID)), name="video_subject_known"),
            models.CheckConstraint(condition=models.Q(grade__in=list(GRADE_BY_ID)), name="video_grade_known"),
            models.CheckConstraint(
                condition=~models.Q(visibility="organization") | models.Q(organization__isnull=False),
                name="video_organization_named",
            ),
            models.CheckConstraint(
                condition=models.Q(publish_at__isnull=True)
                | models.Q(state="draft", publish_requested_at__isnull=True),
                name="video_schedule_of_a_draft",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        """Return whether everyone may fetch its media, so that no playback session is needed."""
        return self.state == VideoState.PUBLISHED and self.visibility == Visibility.PUBLIC


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


class Playlist(models.Model):
    """Videos in an order, in sections. `revision` grows with each change of the order: editors notice one another."""

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="playlists")
    title = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    language = models.CharField(max_length=20, blank=True, help_text="Of title and description; empty if not said")
    state = models.CharField(max_length=10, choices=PlaylistState.choices, default=PlaylistState.DRAFT)
    published_at = models.DateTimeField(null=True)
    revision = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(fields=["-published_at", "-id"], name="playlist_new"),
            models.Index(fields=["owner", "-created_at"], name="playlist_of_owner"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=PlaylistState.values), name="playlist_state_known"),
        ]

    def __str__(self) -> str:
        return self.title


class PlaylistSection(models.Model):
    """A part of a playlist; a playlist always has at least one, and its only one may go without a title."""

    playlist = models.ForeignKey(Playlist, on_delete=models.CASCADE, related_name="sections")
    position = models.PositiveIntegerField()
    title = models.CharField(max_length=120, blank=True)
    description = models.TextField(blank=True, help_text="What it is about, and what is learned in it")

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["playlist", "position"], name="section_position_once")]

    def __str__(self) -> str:
        return self.title


# Who may see an item of a published playlist. An unlisted or embed-only video is shown by its own creator's playlists
# only: somebody else's would spread an address, or a lesson, that its creator did not give away.
IS_OF_THE_SAME_OWNER = models.Q(video__owner=models.F("playlist__owner"))
SHOWN_ON_PAGES = models.Q(video__state=VideoState.PUBLISHED) & (
    models.Q(video__visibility=Visibility.PUBLIC)
    | (models.Q(video__visibility=Visibility.UNLISTED) & IS_OF_THE_SAME_OWNER)
)
# Nobody is known in a frame, which has no cookies of ours: what is for an organization's members its creator shows to
# those whom the site that they list lets in.
FRAMED_ONLY = (Visibility.EMBED, Visibility.ORGANIZATION)
SHOWN_IN_LISTED_FRAMES = SHOWN_ON_PAGES | (
    models.Q(video__state=VideoState.PUBLISHED, video__visibility__in=FRAMED_ONLY) & IS_OF_THE_SAME_OWNER
)


class PlaylistItemQuerySet(models.QuerySet["PlaylistItem"]):
    """Sets of items by where they may be seen."""

    def shown_on_pages(self) -> "PlaylistItemQuerySet":
        """Keep what everyone may see on our own pages."""
        return self.filter(SHOWN_ON_PAGES)

    def shown_in_listed_frames(self) -> "PlaylistItemQuerySet":
        """Keep what may be seen in a frame of a site that the playlist's owner has listed."""
        return self.filter(SHOWN_IN_LISTED_FRAMES)


class PlaylistItem(models.Model):
    """A video at its place in a playlist, at most once; positions count over all sections and may have gaps."""

    playlist = models.ForeignKey(Playlist, on_delete=models.CASCADE, related_name="items")
    section = models.ForeignKey(PlaylistSection, on_delete=models.CASCADE, related_name="items")
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="playlist_items")
    position = models.PositiveIntegerField()

    objects = PlaylistItemQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["playlist", "video"], name="playlist_video_once"),
            models.UniqueConstraint(fields=["playlist", "position"], name="playlist_position_once"),
        ]

    def __str__(self) -> str:
        return f"{self.position} of {self.playlist_id}"

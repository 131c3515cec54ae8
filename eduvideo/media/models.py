"""Tables of media: what a lesson's bytes are, how they are being made, and who may fetch them."""

from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import models

from eduvideo.accounts.models import Membership, Organization, Role
from eduvideo.core.ids import new_public_id
from eduvideo.uploads.models import Upload
from transcoding.messages import RESULT_NAME, Work

POSTER_NAME, THUMBNAIL_NAME = "poster.jpg", "thumbnail.jpg"  # of a poster that was chosen
SESSION_HOURS = 12  # longest life of a playback session
SESSION_IDLE = timedelta(hours=2)  # its life without any use: a lesson may rest that long


class AssetState(models.TextChoices):
    WAITING = "waiting"
    PROCESSING = "processing"
    PLAYABLE = "playable"
    READY = "ready"
    FAILED = "failed"


class JobState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Priority(models.IntegerChoices):
    """Which of the waiting transcodes go first, from the last to the first; each is apart from the others.

    A free machine takes work of a lower one only while nothing of a higher one is due.
    """

    REENCODE = -20  # a copied rung made anew, if that is smaller: nobody waits for it
    BULK = -10  # an import of many recordings
    NORMAL = 0  # an upload
    WAITED_FOR = 10  # somebody waits now: it is to be published as soon as it can be played


class Asset(models.Model):
    """All media of one thing. `current_job` is the job whose renditions are played."""

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    state = models.CharField(max_length=10, choices=AssetState.choices, default=AssetState.WAITING)
    is_public = models.BooleanField(default=False, help_text="Whether anyone may fetch its media; catalog decides")
    upload = models.ForeignKey(Upload, null=True, on_delete=models.SET_NULL, related_name="assets")
    replacement = models.ForeignKey(
        Upload, null=True, on_delete=models.SET_NULL, related_name="replaces", help_text="On its way to take that place"
    )
    former_upload = models.ForeignKey(
        Upload,
        null=True,
        on_delete=models.SET_NULL,
        related_name="kept_for",
        help_text="The recording before, whose renditions play until those of the new one are ready",
    )
    source_key = models.CharField(max_length=200, blank=True)
    source_name = models.CharField(max_length=255, blank=True)
    playback_epoch = models.PositiveIntegerField(default=0, help_text="Raised to end every playback session")
    language = models.CharField(max_length=20, blank=True, help_text="BCP 47 tag of the speech")
    current_job = models.ForeignKey("TranscodeJob", null=True, on_delete=models.SET_NULL, related_name="+")
    duration_ms = models.PositiveBigIntegerField(null=True)
    poster_prefix = models.CharField(
        max_length=100, blank=True, help_text='Folder of the poster that its creator chose, ending in "/"'
    )
    poster_at_ms = models.PositiveBigIntegerField(null=True, help_text="Moment of that poster, if it is of the picture")
    priority = models.SmallIntegerField(default=Priority.NORMAL, help_text="Of the transcodes that are still to come")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=AssetState.values), name="asset_state_known"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def played_prefix(self) -> str | None:
        """Where the attempt that is played is, ending in "/"; no query when `current_job` was selected."""
        job = self.current_job
        return _prefix(self, job, job.playable_token) if job and job.playable_token else None

    @property
    def played_plan_key(self) -> str | None:
        """Where the played attempt tells how it was made."""
        return f"{self.played_prefix}{RESULT_NAME}" if self.played_prefix else None

    @property
    def is_playable(self) -> bool:
        return self.state in {AssetState.PLAYABLE, AssetState.READY}


class TranscodeJob(models.Model):
    """One tracked execution of a transcode, with its lease and fencing token.

    Every dispatch raises `token`; news with another token is stale and dropped. `playable_token` is the attempt whose
    output is served: outputs live under assets/<asset>/<job>/<token>/.

    `work` is what its next run is for. A long source may be split: the run `split_token` ends with a plan, each part
    is a job of its own (`parent`, `part`), and once all have succeeded the parent is queued to join them. Running but
    not dispatched, it waits for its parts. A job with `rendition` makes that one anew; of pictures for posters see
    candidates.py.
    """

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="jobs")
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    token = models.PositiveIntegerField(default=0)
    last_seq = models.PositiveIntegerField(default=0)
    playable_token = models.PositiveIntegerField(null=True)
    tries = models.PositiveSmallIntegerField(
        default=0, help_text="Attempts that failed or were lost; an orderly stop of a worker does not count"
    )
    due_at = models.DateTimeField(null=True, help_text="Not dispatched before; set when another try should wait")
    priority = models.SmallIntegerField(default=Priority.NORMAL, help_text="Higher goes first")
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", help_text="Whose turn it is"
    )
    work = models.CharField(max_length=10, default=Work.WHOLE.value)
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="parts")
    part = models.PositiveSmallIntegerField(null=True, help_text="Which of its parent's parts, from 0")
    makes = models.JSONField(default=list, help_text="Names of the renditions that a part makes")
    split_token = models.PositiveIntegerField(null=True, help_text="The run that planned the parts")
    plan_key = models.CharField(max_length=200, blank=True, help_text="Object that its run goes by")
    rendition = models.CharField(max_length=40, blank=True, help_text="The only rendition that is made anew")
    only_if_smaller = models.BooleanField(default=False)
    duration_ms = models.PositiveBigIntegerField(null=True)
    stage = models.CharField(max_length=10, blank=True)
    percent = models.FloatField(default=0)
    poster = models.CharField(max_length=100, blank=True, help_text="Paths relative to the output prefix")
    thumbnail = models.CharField(max_length=100, blank=True)
    storyboard = models.CharField(max_length=100, blank=True)
    poster_candidates = models.JSONField(default=list, help_text="[{at_ms, poster, thumbnail}, ...], paths like those")
    failure_code = models.CharField(max_length=40, blank=True)
    failure_message = models.TextField(blank=True)
    failure_detail = models.TextField(blank=True, help_text="For operators")
    created_at = models.DateTimeField(auto_now_add=True)
    dispatched_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "-priority", "id"], name="job_queue"),
            models.Index(fields=["state", "-finished_at"], name="job_endings"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=JobState.values), name="job_state_known"),
            models.CheckConstraint(condition=models.Q(work__in=[work.value for work in Work]), name="job_work_known"),
            models.CheckConstraint(
                condition=models.Q(work="part", parent__isnull=False, part__isnull=False)
                | (~models.Q(work="part") & models.Q(parent=None, part=None)),
                name="job_part_has_parent",
            ),
            models.UniqueConstraint(
                fields=["asset"],
                condition=models.Q(state__in=["queued", "running"], work__in=["whole", "join"]),
                name="one_active_job_per_asset",
            ),
            models.UniqueConstraint(
                fields=["asset", "rendition"],
                condition=models.Q(state__in=["queued", "running"], work="rendition"),
                name="one_active_rerun",
            ),
            models.UniqueConstraint(
                fields=["asset"],
                condition=models.Q(state__in=["queued", "running"], work="posters"),
                name="one_active_posters",
            ),
            models.UniqueConstraint(fields=["parent", "part"], name="part_once"),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} ({self.state})"

    def output_prefix(self, token: int) -> str:
        """Return where an attempt writes, ending in "/"."""
        return _prefix(self.asset, self, token)

    @property
    def waits_for_parts(self) -> bool:
        return self.state == JobState.RUNNING and self.dispatched_at is None and self.work == Work.JOIN


def _prefix(asset: Asset, job: TranscodeJob, token: int) -> str:
    return f"assets/{asset.public_id}/{job.public_id}/{token}/"


ACTIVE = (JobState.QUEUED, JobState.RUNNING)
# A worker has this job, or its message is on the way to one. A job that waits for its parts occupies nobody.
IN_FLIGHT = models.Q(state__in=ACTIVE, dispatched_at__isnull=False)
# Transcodes of an asset as people know them, apart from the parts of one and from one rendition made anew.
OWN = models.Q(work__in=[Work.WHOLE.value, Work.JOIN.value])
# What is made beside them of a finished one, at a priority of its own; how it ends harms nothing that is played.
BESIDE = (Work.RENDITION.value, Work.POSTERS.value)


class Rendition(models.Model):
    """One encoded rung or audio language of one attempt of a job."""

    job = models.ForeignKey(TranscodeJob, on_delete=models.CASCADE, related_name="renditions")
    token = models.PositiveIntegerField()
    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=10)
    state = models.CharField(max_length=10)
    width_px = models.PositiveIntegerField(null=True)
    height_px = models.PositiveIntegerField(null=True)
    fps = models.FloatField(null=True)
    codecs = models.CharField(max_length=100, blank=True)
    bandwidth_bps = models.PositiveBigIntegerField(default=0)
    average_bandwidth_bps = models.PositiveBigIntegerField(default=0)
    language = models.CharField(max_length=20, blank=True)
    playlist = models.CharField(max_length=100)
    iframe_playlist = models.CharField(max_length=100, blank=True)
    iframe_bandwidth_bps = models.PositiveBigIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0)
    is_copied = models.BooleanField(default=False, help_text="The creator's own picture, not encoded anew")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "token", "name"], name="rendition_once")]

    def __str__(self) -> str:
        return self.name


class CaptionTrack(models.Model):
    """Timed text of speech in one language. An edit is a new revision under a new key."""

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="caption_tracks")
    language = models.CharField(max_length=20)
    label = models.CharField(max_length=60, blank=True)
    revision = models.PositiveIntegerField(default=1)
    object_key = models.CharField(max_length=200)
    cues = models.JSONField(default=list, help_text="[[start_ms, end_ms, text], ...] of this revision")
    is_of_recording = models.BooleanField(default=False, help_text="Found or heard in the recording, by no person")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["asset", "language"], name="caption_language_once")]

    def __str__(self) -> str:
        return f"{self.language} r{self.revision}"


class PlaybackSessionQuerySet(models.QuerySet["PlaybackSession"]):
    """Sets of sessions by what they are still worth."""

    def rightful(self) -> "PlaybackSessionQuerySet":
        """Keep those whose reason still holds, whoever changed it and by what way.

        The asset was not closed since its video was read for the viewer, the account is active, and the viewer still
        has the membership or the role by which they watch.
        """
        belongs = Membership.objects.filter(
            organization=models.OuterRef("organization"), user=models.OuterRef("viewer")
        )
        runs_the_platform = models.Q(viewer__role=Role.STAFF) | models.Q(viewer__is_superuser=True)
        return self.filter(
            models.Q(viewer=None) | models.Q(viewer__is_active=True),
            models.Q(organization=None) | models.Exists(belongs),
            models.Q(as_staff=False) | runs_the_platform,
            epoch=models.F("asset__playback_epoch"),
        )


class PlaybackSession(models.Model):
    """The right of one viewer to fetch one asset that is not public, until it ends or is revoked (DESIGN, rule 10).

    `organization` and `as_staff` say what the right rests on: a membership, or running the platform. Without either it
    is the owner's, or anyone's who has the address (of the video, or of an embed page).
    """

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="playback_sessions")
    viewer = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE)
    organization = models.ForeignKey(Organization, null=True, on_delete=models.CASCADE, related_name="+")
    as_staff = models.BooleanField(default=False)
    epoch = models.PositiveIntegerField(help_text="The asset's when the viewer was let in")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    objects = PlaybackSessionQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="playback_expiry")]

    def __str__(self) -> str:
        return f"{self.asset_id} for {self.viewer_id}"

    @property
    def token(self) -> str:
        """What the viewer's addresses hold. It is signed and not kept: a copy of the database opens nothing."""
        return _tokens().sign(self.public_id)


def session_id_of(token: str) -> str | None:
    """Return the public id of the session that a token is of, or None for one that we did not make. No query."""
    try:
        return _tokens().unsign(token)
    except BadSignature:
        return None


def _tokens() -> Signer:
    return Signer(salt="eduvideo.media.playback", sep=".")

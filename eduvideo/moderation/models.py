"""Tables of moderation: what people report, and what was decided (the audit log).

What is reported belongs to apps above this one, so it is named by its kind and its public id, and so is its video.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from eduvideo.core import clock

MAX_NOTE = 500
MAX_REASON = 200


class ThingKind(models.TextChoices):
    """What can be reported and decided on."""

    DANMAKU = "danmaku", _("Danmaku")
    COMMENT = "comment", _("Comment")


class Reason(models.TextChoices):
    SPAM = "spam", _("Advertising or spam")
    ABUSE = "abuse", _("Hurts somebody")
    OFF_TOPIC = "off_topic", _("Not about the lesson")
    PERSONAL = "personal", _("Tells private things of somebody")
    OTHER = "other", _("Something else")


class Act(models.TextChoices):
    """What a decision does."""

    HIDE = "hide", _("Hidden")
    SHOW = "show", _("Shown")
    PROTECT = "protect", _("Protected")
    UNPROTECT = "unprotect", _("Protection taken away")


class Authority(models.TextChoices):
    """By which right somebody decides."""

    OWNER = "owner", _("the creator of the lesson")
    TEACHER = "teacher", _("a teacher of the organization")
    STAFF = "staff", _("the staff")


class Report(models.Model):
    """Somebody says that something should not stand there; once per person and thing. Open until it is closed."""

    kind = models.CharField(max_length=10, choices=ThingKind.choices)
    thing = models.CharField(max_length=24, help_text="Its public id")
    video = models.CharField(max_length=24, help_text="Public id of the video that it belongs to")
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reports", db_index=False
    )
    reason = models.CharField(max_length=10, choices=Reason.choices)
    note = models.CharField(max_length=MAX_NOTE, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    closed_at = models.DateTimeField(null=True, help_text="When somebody decided, or when the thing was taken back")

    class Meta:
        indexes = [
            models.Index(fields=["kind", "thing", "created_at"], condition=Q(closed_at=None), name="report_open"),
            models.Index(fields=["video"], condition=Q(closed_at=None), name="report_open_on_video"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["reporter", "kind", "thing"], name="report_once"),
            models.CheckConstraint(condition=Q(kind__in=ThingKind.values), name="report_kind_known"),
            models.CheckConstraint(condition=Q(reason__in=Reason.values), name="report_reason_known"),
        ]

    def __str__(self) -> str:
        return f"{self.reason}: {self.kind} {self.thing}"


class Decision(models.Model):
    """An entry of the audit log: who did what to what, by which right, why and when. Never changed."""

    kind = models.CharField(max_length=10, choices=ThingKind.choices)
    thing = models.CharField(max_length=24, help_text="Its public id")
    video = models.CharField(max_length=24, help_text="Public id of the video that it belongs to")
    act = models.CharField(max_length=10, choices=Act.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="decisions")
    authority = models.CharField(max_length=10, choices=Authority.choices)
    reason = models.CharField(max_length=MAX_REASON, blank=True, help_text="One of the reports' reasons, or a sentence")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "thing"], name="decision_thing"),
            models.Index(fields=["video"], name="decision_video"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ThingKind.values), name="decision_kind_known"),
            models.CheckConstraint(condition=Q(act__in=Act.values), name="decision_act_known"),
            models.CheckConstraint(condition=Q(authority__in=Authority.values), name="decision_authority_known"),
        ]

    def __str__(self) -> str:
        return f"{self.act}: {self.kind} {self.thing}"

    @property
    def reason_text(self) -> str:
        """Return the reason as people read it."""
        return str(Reason(self.reason).label) if self.reason in Reason.values else self.reason

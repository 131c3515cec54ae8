"""Forms of the studio's list: which lessons are shown, what is done to many of them, and when one is published."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from eduvideo.accounts.models import Organization
from eduvideo.catalog.bulk import BulkChange, Step
from eduvideo.catalog.listing import Facet, Sort, Wanted
from eduvideo.catalog.models import Playlist, Visibility
from eduvideo.catalog.taxonomy import GRADES, LANGUAGES, SUBJECTS
from eduvideo.moderation.text import clean_line

MAX_QUERY = 100
NO_ORGANIZATION = "none"


class MomentField(forms.DateTimeField):
    """A minute in UTC, as the browser's own picker sends it; `<edu-moment>` lets it be chosen by the reader's clock."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        super().__init__(label=_("Time (UTC)"), widget=widget, input_formats=formats, **options)


class ScheduleForm(forms.Form):
    """When one lesson is to be published."""

    at = MomentField()


class WantedForm(forms.Form):
    """Which of one's lessons are listed, and in which order; everything may be left out."""

    q = forms.CharField(label=_("Title"), required=False, max_length=MAX_QUERY)
    sort = forms.ChoiceField(
        label=_("Order"),
        required=False,
        choices=[
            (Sort.NEWEST, _("Newest first")),
            (Sort.OLDEST, _("Oldest first")),
            (Sort.CHANGED, _("Last changed first")),
            (Sort.TITLE, _("By title")),
        ],
    )

    def wanted(self, facet: str) -> Wanted:
        """Return what is asked for; what cannot be asked for is left out."""
        data = self.cleaned_data if self.is_valid() else {}
        kind = Facet(facet) if facet in set(Facet) else Facet.ALL
        usual = Sort.SOONEST if kind is Facet.SCHEDULED else Sort.NEWEST
        sort = Sort(data["sort"]) if data.get("sort") else usual
        return Wanted(facet=kind, text=clean_line(data.get("q", "")).text, sort=sort)


class BulkForm(forms.Form):
    """What is done to the chosen lessons, and the one value that it needs."""

    do = forms.ChoiceField(
        label=_("With the chosen lessons"),
        choices=[
            ("", _("Choose what to do")),
            (Step.PUBLISH, _("Publish")),
            (Step.SCHEDULE, _("Publish at a time")),
            (Step.UNPUBLISH, _("Unpublish")),
            (Step.VISIBILITY, _("Who may watch")),
            (Step.SUBJECT, _("Subject")),
            (Step.GRADE, _("Grade")),
            (Step.LANGUAGE, _("Spoken language")),
            (Step.ORGANIZATION, _("Whose lesson")),
            (Step.PLAYLIST, _("Add to a playlist")),
            (Step.DELETE, _("Delete")),
        ],
    )
    schedule = MomentField(required=False)
    visibility = forms.ChoiceField(
        label=_("Who may watch"),
        required=False,
        choices=[
            (Visibility.PUBLIC, _("Everyone; the lesson is listed")),
            (Visibility.UNLISTED, _("Everyone with the address; the lesson is not listed")),
            (Visibility.ORGANIZATION, _("Only the members of the organization")),
            (Visibility.EMBED, _("Only the pages of listed sites, inside one of my playlists")),
        ],
    )
    subject = forms.ChoiceField(
        label=_("Subject"), required=False, choices=[(subject.id, subject.name) for subject in SUBJECTS]
    )
    grade = forms.ChoiceField(label=_("Grade"), required=False, choices=[(grade.id, grade.name) for grade in GRADES])
    language = forms.ChoiceField(label=_("Spoken language"), required=False, choices=LANGUAGES)
    organization = forms.ChoiceField(label=_("Whose lesson"), required=False)
    playlist = forms.ChoiceField(label=_("Playlist"), required=False)

    def __init__(
        self, *args: Any, organizations: Iterable[Organization], playlists: Iterable[Playlist], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        schools = [(organization.public_id, organization.name) for organization in organizations]
        lists = [(playlist.public_id, playlist.title) for playlist in playlists]
        self._offer("organization", [(NO_ORGANIZATION, _("My own")), *schools] if schools else [])
        self._offer("playlist", lists)
        if not schools:
            visible = self.fields["visibility"]
            visible.choices = [choice for choice in visible.choices if choice[0] != Visibility.ORGANIZATION]  # type: ignore[attr-defined]

    def _offer(self, step: str, choices: list[tuple[str, Any]]) -> None:
        """Let somebody choose among these; where there are none, the step is not offered at all."""
        if choices:
            self.fields[step].choices = choices  # type: ignore[attr-defined]
            return
        del self.fields[step]
        steps = self.fields["do"]
        steps.choices = [choice for choice in steps.choices if choice[0] != step]  # type: ignore[attr-defined]

    def values(self) -> list[forms.BoundField]:
        """Return the fields of the values, of which the page shows the one that the step needs."""
        return [self[name] for name in self.fields if name != "do"]

    def clean(self) -> dict[str, Any]:
        """Refuse a step whose value is missing."""
        step = self.cleaned_data.get("do", "")
        if step in self.fields and step not in self.errors and not self.cleaned_data.get(step):
            raise ValidationError(_("Choose what the lessons are to be changed to."))
        return self.cleaned_data

    def change(self) -> BulkChange:
        """Return what a valid form asks for."""
        step = Step(self.cleaned_data["do"])
        value = self.cleaned_data.get(step.value, "")
        if isinstance(value, datetime):
            return BulkChange(step, value.isoformat())
        return BulkChange(step, "" if value == NO_ORGANIZATION else str(value))

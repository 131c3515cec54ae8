"""Forms that work without script. What they accept is checked by the services; they only carry it there and back."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from eduvideo.accounts.models import Organization, User
from eduvideo.catalog.caption_files import MAX_CAPTION_BYTES
from eduvideo.catalog.models import Visibility
from eduvideo.catalog.services import NewChapter
from eduvideo.catalog.taxonomy import GRADES, LANGUAGES, SUBJECTS
from eduvideo.media.decoding import UnknownEncodingError, decode_captions


def subject_choices() -> list[tuple[str, Any]]:
    return [("", _("Choose")), *((subject.id, subject.name) for subject in SUBJECTS)]


def grade_choices() -> list[tuple[str, Any]]:
    return [("", _("Choose")), *((grade.id, grade.name) for grade in GRADES)]


class LessonForm(forms.Form):
    """Title, description, subject, grade, language of a lesson."""

    title = forms.CharField(label=_("Title"), max_length=120)
    description = forms.CharField(
        label=_("Description"), required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    subject = forms.ChoiceField(label=_("Subject"), choices=subject_choices)
    grade = forms.ChoiceField(label=_("Grade"), choices=grade_choices)
    language = forms.ChoiceField(label=_("Spoken language"), choices=LANGUAGES)


class NewLessonForm(LessonForm):
    """A new lesson; who teaches in an organization says whose it is to be."""

    organization = forms.ChoiceField(label=_("Whose lesson"), required=False)

    def __init__(self, *args: Any, organizations: Iterable[Organization], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(organization.public_id, organization.name) for organization in organizations]
        if choices:
            self.fields["organization"].choices = [("", _("My own")), *choices]  # type: ignore[attr-defined]
        else:
            del self.fields["organization"]


class LessonSettingsForm(NewLessonForm):
    visibility = forms.ChoiceField(label=_("Who may watch"))

    def __init__(self, *args: Any, organizations: Iterable[Organization], **kwargs: Any) -> None:
        super().__init__(*args, organizations=organizations, **kwargs)
        members = [(Visibility.ORGANIZATION, _("Only the members of the organization"))]
        self.fields["visibility"].choices = [  # type: ignore[attr-defined]
            (Visibility.PUBLIC, _("Everyone; the lesson is listed")),
            (Visibility.UNLISTED, _("Everyone with the address; the lesson is not listed")),
            *(members if "organization" in self.fields else []),
            (Visibility.EMBED, _("Only the pages of listed sites, inside one of my playlists")),
        ]


class CaptionsForm(forms.Form):
    language = forms.ChoiceField(label=_("Language of the captions"), choices=LANGUAGES)
    file = forms.FileField(label=_("WebVTT or SRT file"))

    def clean_file(self) -> str:
        """Return the file's text."""
        file = self.cleaned_data["file"]
        if file.size > MAX_CAPTION_BYTES:
            raise ValidationError(_("This file is too large for captions."))
        try:
            return decode_captions(file.read(), language=self.cleaned_data.get("language", ""))
        except UnknownEncodingError as error:
            raise ValidationError(_("The encoding of this file cannot be told. Save the captions as UTF-8.")) from error


class ChaptersForm(forms.Form):
    """One chapter a line: `1:30 The vertex`."""

    LINE = re.compile(r"^(?:(\d+):)?(\d{1,3}):(\d{2})\s+(.+)$")

    chapters = forms.CharField(
        label=_("Chapters"),
        required=False,
        help_text=_("One a line: the time and the title, for instance “1:30 The vertex”."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def clean_chapters(self) -> list[NewChapter]:
        """Return the chapters of the text; names the first line that cannot be read."""
        found = []
        for number, line in enumerate(self.cleaned_data["chapters"].splitlines(), 1):
            if not line.strip():
                continue
            match = self.LINE.match(line.strip())
            if match is None:
                raise ValidationError(_("Line %(line)d needs a time and a title."), params={"line": number})
            hours, minutes, seconds = (int(part or 0) for part in match.group(1, 2, 3))
            found.append(NewChapter(((hours * 60 + minutes) * 60 + seconds) * 1000, match[4]))
        return found


class StudyGuideForm(forms.Form):
    markdown = forms.CharField(
        label=_("Study guide"),
        required=False,
        help_text=_("Markdown. [1:30] becomes a link to that moment; “::: answer Question” up to “:::” unfolds."),
        widget=forms.Textarea(attrs={"rows": 12}),
    )


class MeForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    grade = forms.ChoiceField(
        label=_("My grade"),
        required=False,
        help_text=_("What is popular in it is shown on the home page. Nothing is hidden from you."),
    )

    class Meta:
        model = User
        fields = ("display_name", "grade")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("Not said")), *((grade.id, grade.name) for grade in GRADES)]
        self.fields["grade"].choices = choices  # type: ignore[attr-defined]

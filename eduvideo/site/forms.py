"""Forms that work without script. What they accept is checked by the services; they only carry it there and back."""

import re
from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from eduvideo.accounts.models import Organization, User
from eduvideo.catalog.caption_files import MAX_CAPTION_BYTES
from eduvideo.catalog.models import Chapter, Visibility
from eduvideo.catalog.services import NewChapter
from eduvideo.catalog.taxonomy import GRADES, LANGUAGES
from eduvideo.community.models import CommentMode
from eduvideo.core.errors import DomainError, InvalidInputError, UnavailableError
from eduvideo.danmaku.entries import Order, Stand
from eduvideo.danmaku.models import Kind, PolicyState
from eduvideo.danmaku.policy import LONGEST_PAUSE_S, SHORTEST_PAUSE_S
from eduvideo.media.decoding import UnknownEncodingError, decode_captions
from eduvideo.media.pictures import MAX_PICTURE_BYTES
from eduvideo.moderation.services import check_text
from eduvideo.moderation.text import clean_line, clean_text
from eduvideo.site.pickers import GRADE_WORDS, SUBJECT_WORDS, Picker, grade_choices, subject_choices
from eduvideo.site.templatetags.edu import clock

KIND_NAMES = {
    Kind.COMMENT: _("Comment"),
    Kind.QUESTION: _("Question"),
    Kind.ANSWER: _("Answer"),
    Kind.TEACHER: _("Teacher"),
}


class LessonForm(forms.Form):
    """Title, description, subject, grade, language of a lesson."""

    title = forms.CharField(label=_("Title"), max_length=120)
    description = forms.CharField(
        label=_("Description"), required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    subject = forms.ChoiceField(label=_("Subject"), choices=subject_choices, widget=Picker(find=SUBJECT_WORDS))
    grade = forms.ChoiceField(label=_("Grade"), choices=grade_choices, widget=Picker(find=GRADE_WORDS))
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


class PosterForm(forms.Form):
    """The poster of a lesson: a picture of it by its moment, one's own, or the one that is chosen by itself."""

    at_ms = forms.RegexField(r"^(?:automatic|\d{1,15})$", required=False, widget=forms.HiddenInput)
    file = forms.FileField(
        label=_("Your own picture"),
        required=False,
        help_text=_("JPEG, PNG or WebP, at most 5 MB; best 1280 × 720 pixels. What is not 16:9 is cut at its edges."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )

    def clean_file(self) -> bytes | None:
        """Return the file's bytes, no more of them than can be a picture."""
        file = self.cleaned_data["file"]
        return file.read(MAX_PICTURE_BYTES + 1) if file else None

    def clean(self) -> dict[str, Any]:
        """Return both, `at_ms` as a number or None."""
        at_ms, file = self.cleaned_data.get("at_ms", ""), self.cleaned_data.get("file")
        if not (at_ms or file or self.errors):
            self.add_error("file", _("Choose a picture first."))
        return {"at_ms": int(at_ms) if at_ms.isdecimal() else None, "file": file}


def chapter_lines(chapters: Iterable[Chapter]) -> str:
    """Return chapters as ChaptersForm reads them."""
    lines = []
    for mark in chapters:
        fraction = f".{mark.start_ms % 1000:03}" if mark.start_ms % 1000 else ""
        lines.append(f"{clock(mark.start_ms)}{fraction} {mark.title}")
    return "\n".join(lines)


class ChaptersForm(forms.Form):
    """One chapter a line: `1:30 The vertex`."""

    LINE = re.compile(r"^(?:(\d{1,3}):)?(\d{1,3}):(\d{2})(?:[.,](\d{1,3}))?\s+(.+)$")

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
            fraction_ms = int((match[4] or "").ljust(3, "0"))
            found.append(NewChapter(((hours * 60 + minutes) * 60 + seconds) * 1000 + fraction_ms, match[5]))
        return found


class StudyGuideForm(forms.Form):
    markdown = forms.CharField(
        label=_("Study guide"),
        required=False,
        help_text=_(
            "Markdown. [1:30] becomes a link to that moment, $x^2$ a formula; “::: key Title” up to “:::” stands out, "
            "“::: answer Question” unfolds."
        ),
        widget=forms.Textarea(attrs={"rows": 12}),
    )
    # Not of the type hidden: it is kept with the text that was written upon it (frontend/src/ui/kept-form.ts).
    version = forms.IntegerField(required=False, widget=forms.TextInput(attrs={"hidden": True, "autocomplete": "off"}))


class DanmakuPolicyForm(forms.Form):
    """Whether students may send danmaku on a lesson, and how often."""

    state = forms.ChoiceField(
        label=_("Students may send danmaku"),
        choices=[
            (PolicyState.ON, _("Freely")),
            (PolicyState.SLOW, _("Slowly: one from each student, then a pause")),
            (PolicyState.OFF, _("Not at all")),
        ],
    )
    pause_s = forms.IntegerField(label=_("Seconds of the pause"), min_value=SHORTEST_PAUSE_S, max_value=LONGEST_PAUSE_S)


class CommentModeForm(forms.Form):
    """Whether viewers may comment on a lesson, and how loudly."""

    mode = forms.ChoiceField(
        label=_("Viewers may comment"),
        choices=[
            (CommentMode.ON, _("Freely")),
            (CommentMode.QUIET, _("Quietly: shown to those who ask, one a minute from each")),
            (CommentMode.OFF, _("Not at all")),
        ],
    )


class DanmakuFilterForm(forms.Form):
    """Which danmaku of a lesson are to be listed, and in which order; everything may be left out."""

    text = forms.CharField(label=_("Text"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("All")),
            (Stand.VISIBLE, _("Shown")),
            (Stand.HIDDEN, _("Hidden")),
            (Stand.REPORTED, _("Held back until somebody decides")),
            (Stand.PROTECTED, _("Protected")),
        ],
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All")), *KIND_NAMES.items()])
    order = forms.ChoiceField(
        label=_("Order"),
        required=False,
        choices=[(Order.NEWEST, _("Newest first")), (Order.POSITION, _("By the lesson's time"))],
    )
    reported = forms.BooleanField(label=_("Only with open reports"), required=False)
    author = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)


class MeForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    grade = forms.ChoiceField(
        label=_("My grade"),
        required=False,
        help_text=_("What is popular in it is shown on the home page. Nothing is hidden from you."),
    )

    class Meta:
        model = User
        fields = ("display_name", "about", "grade")
        widgets: ClassVar = {"about": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.is_creator:
            del self.fields["about"]  # only creators have a page
        choices = [("", _("Not said")), *((grade.id, grade.name) for grade in GRADES)]
        self.fields["grade"].choices = choices  # type: ignore[attr-defined]

    def clean_display_name(self) -> str:
        """Return the name as it stands beside what its owner writes: one line, in which something can be seen.

        One that was there before is not asked for words: the rest of the form can be saved beside it.
        """
        name = clean_line(str(self.cleaned_data["display_name"])).text
        if not name:
            raise ValidationError(self.fields["display_name"].error_messages["required"])
        if "display_name" in self.changed_data:
            _check_text(name, field="display_name")
        return name

    def clean_about(self) -> str:
        about = clean_text(str(self.cleaned_data["about"]))
        _check_text(about, field="about")
        return about


def _check_text(text: str, *, field: str) -> None:
    """Refuse what nobody should read in front of a class, as forms do."""
    try:
        check_text(text, field=field)
    except InvalidInputError as error:
        raise ValidationError(error.detail) from error


def explain(form: forms.Form, error: DomainError) -> None:
    """Say at a form why what it holds was refused; raises the error of a part that is away: nothing typed is wrong."""
    if isinstance(error, UnavailableError):
        raise error
    for item in error.fields:
        form.add_error(item.field if item.field in form.fields else None, item.message)
    if not error.fields:
        form.add_error(None, error.detail)


def likely_language(request: HttpRequest) -> str:
    """Return the language that what is new most likely has: that of the page."""
    return "zh" if str(getattr(request, "LANGUAGE_CODE", "en")).startswith("zh") else "en"

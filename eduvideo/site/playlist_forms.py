"""Forms of the studio's playlist editor. What they accept is checked by the services."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from eduvideo.catalog.models import PlaylistSection
from eduvideo.catalog.taxonomy import LANGUAGES


class PlaylistForm(forms.Form):
    """Title, description and the language of both."""

    title = forms.CharField(label=_("Title"), max_length=120)
    description = forms.CharField(
        label=_("Description"), required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    language = forms.ChoiceField(label=_("Language of the texts"), choices=[("", "–"), *LANGUAGES], required=False)


class SectionChoice(forms.ChoiceField):
    """One of a playlist's sections, by its number."""

    def __init__(self, sections: Sequence[PlaylistSection], **options: Any) -> None:
        names = [(row.position, row.title or _("Section %d") % (row.position + 1)) for row in sections]
        super().__init__(choices=names, required=False, label=_("Section"), **options)

    def clean(self, value: object) -> int | None:
        """Return the number; None, for the last section, when none was chosen."""
        number = super().clean(value)
        return int(number) if number else None


class AddForm(forms.Form):
    """Lessons by their marks in a list, or one by its address."""

    link = forms.CharField(
        label=_("Link of a lesson"),
        required=False,
        max_length=500,
        help_text=_("The address of any lesson that is listed here, copied from its page."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "placeholder": "https://…/watch/…"}),
    )
    videos = forms.MultipleChoiceField(required=False, choices=[])

    def __init__(
        self, *args: Any, sections: Sequence[PlaylistSection], chosen: Sequence[str] = (), **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.fields["videos"].choices = [(video, video) for video in chosen]  # type: ignore[attr-defined]
        self.fields["section"] = SectionChoice(sections, initial=sections[-1].position)


class EmbeddingForm(forms.Form):
    allowed_domains = forms.CharField(
        label=_("Sites that may show this playlist"),
        required=False,
        max_length=20_000,
        help_text=_(
            "One domain a line, for instance school.example.org, or *.example.org for all below it; http:// in front "
            "if the site has no https. While this is empty, every site may show it."
        ),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocapitalize": "off"}),
    )

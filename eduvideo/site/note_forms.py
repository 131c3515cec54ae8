"""The form of a note, for pages without scripts."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from eduvideo.study.notes import LATEST_MS, MOST_CODE_POINTS, NoteContent

_TIME = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2})")


class NoteForm(forms.Form):
    """A note and its moment as people write it: 1:23, or nothing for the lesson as a whole."""

    text = forms.CharField(
        label=_("Note"), strip=False, max_length=MOST_CODE_POINTS, widget=forms.Textarea(attrs={"rows": 4})
    )
    at = forms.CharField(
        label=_("At"),
        required=False,
        max_length=9,
        help_text=_("For instance 1:23; empty for the lesson as a whole."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "size": 7}),
    )

    def clean_at(self) -> int | None:
        """Return milliseconds."""
        written = self.cleaned_data["at"].strip().replace("：", ":")
        if not written:
            return None
        found = _TIME.fullmatch(written)
        if found is None:
            raise ValidationError(_("Please write the time as minutes and seconds, for instance 1:23."))
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return min(((hours * 60 + minutes) * 60 + seconds) * 1000, LATEST_MS)

    def content(self) -> NoteContent:
        """Return what a valid form says."""
        return NoteContent(str(self.cleaned_data["text"]), self.cleaned_data["at"])

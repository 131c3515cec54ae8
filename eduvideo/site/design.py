"""The design on one page, for staff and for whoever builds a page: colors with their contrast, type, every element.

All of it is the real thing (the same styles, templates and elements), once in light and once in dark.
"""

from dataclasses import asdict, dataclass

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from eduvideo.catalog.taxonomy import SUBJECTS
from eduvideo.media.access import check_operator
from eduvideo.site.templatetags.cards import Shown

# What is written in which color on what: each has to reach 4.5.
INKS = ("ink", "soft", "accent", "good", "bad")
GROUNDS = ("paper", "surface", "raised")
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


class ExampleForm(forms.Form):
    title = forms.CharField(label=_("Title"), help_text="At most 120 characters.", max_length=120)
    grade = forms.ChoiceField(label=_("Grade"), choices=[("9", "Grade 9"), ("10", "Grade 10")])
    text = forms.CharField(label=_("Description"), widget=forms.Textarea(attrs={"rows": 3}))


@dataclass(frozen=True, slots=True)
class Scheme:
    """One half of the page: everything in one color scheme, with ids of its own."""

    name: str
    title: str
    empty: ExampleForm
    wrong: ExampleForm


@require_safe
def design(request: HttpRequest) -> HttpResponse:
    """Show the design to staff."""
    check_operator(request.user)
    context = {
        "schemes": [_scheme("light", "Light"), _scheme("dark", "Dark")],
        "inks": INKS,
        "grounds": GROUNDS,
        "subjects": SUBJECTS,
        "cards": _cards(),
        "now": timezone.now(),
        "long": LONG,
    }
    return render(request, "site/design.html", context)


def _scheme(name: str, title: str) -> Scheme:
    return Scheme(
        name=name,
        title=title,
        empty=ExampleForm(auto_id=f"{name}_%s"),
        wrong=ExampleForm({"title": "x" * 121, "grade": "9", "text": ""}, auto_id=f"{name}_wrong_%s"),
    )


def _cards() -> list[SafeString]:
    plain = Shown(
        public_id="none", title="Fractions", language="en", subject="mathematics", grade="5", duration_ms=754_000,
        owner_public_id="none", owner_display_name="Ada", thumbnail_url=None, danmaku_count=0, position_ms=0,
    )  # fmt: skip
    shown = [
        asdict(plain),
        asdict(plain) | {"danmaku_count": 12_345, "position_ms": 300_000, "language": "zh", "subject": "physics",
                         "title": "牛顿第一定律：为什么公交车刹车时人会向前倾？从惯性讲起的一节完整的课",
                         "owner_display_name": "王老师"},
        asdict(plain) | {"title": LONG, "owner_display_name": LONG, "duration_ms": 36_000_000},
        asdict(plain) | {"title": "π", "duration_ms": None, "subject": "other", "grade": "undergraduate"},
    ]  # fmt: skip
    return [render_to_string("site/card_body.html", values) for values in shown]

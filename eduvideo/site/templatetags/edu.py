"""What our templates need beyond Django's own tags."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from urllib.parse import urlencode

from babel import Locale
from babel.numbers import format_compact_decimal
from django import template
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.formats import date_format
from django.utils.html import escape, format_html, format_html_join, json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from django.utils.translation import get_language, override, to_locale
from django.utils.translation import gettext as _

from eduvideo.catalog.taxonomy import GRADE_BY_ID, LANGUAGES, SUBJECT_BY_ID
from eduvideo.site.addresses import PARAMETER, browse_path, language_of_address
from eduvideo.site.assets import entry_files, frontend_messages

register = template.Library()

LANGUAGE_NAMES = dict(LANGUAGES)
EXCERPT = 120  # characters: a title, or a sentence that is said


@register.simple_tag
@cache
def vite_assets(name: str) -> SafeString:
    """Link an entry's style sheets, and its module script with what that imports."""
    files = entry_files(name)
    if files is None:
        return SafeString("")
    styles = format_html_join("", '<link rel="stylesheet" href="{}">', ((static(path),) for path in files.styles))
    imports = format_html_join("", '<link rel="modulepreload" href="{}">', ((static(path),) for path in files.imports))
    return format_html('{}{}<script type="module" src="{}"></script>', styles, imports, static(files.script))


@register.simple_tag
def frontend_texts() -> SafeString:
    """Give the frontend's elements their texts in the reader's language; English needs none."""
    return _frontend_texts(get_language() or "en")


@cache
def _frontend_texts(language: str) -> SafeString:
    if language.startswith("en"):
        return SafeString("")
    with override(language):
        return json_script({text: _(text) for text in frontend_messages()}, "edu-i18n")


@register.simple_tag
def structured_data(value: dict[str, object]) -> SafeString:
    """Give search engines JSON-LD, escaped as json_script does."""
    return SafeString(json_script(value).replace("application/json", "application/ld+json", 1))


@register.filter
def clock(duration_ms: int | None) -> str:
    """Return a time in milliseconds as people read it: 4:05 or 1:02:03."""
    if duration_ms is None:
        return ""
    minutes, seconds = divmod(duration_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@register.filter
def moment(at: datetime | None) -> SafeString:
    """Return a moment, which the browser says by the reader's clock, near ones as "5 minutes ago" (ui/time.ts)."""
    return format_html("<edu-time>{}</edu-time>", _time(at)) if at else SafeString("")


@register.filter
def exact_moment(at: datetime) -> SafeString:
    """Return a moment as `moment` does, to the minute however near it is."""
    return format_html("<edu-time exact>{}</edu-time>", _time(at))


def _time(at: datetime) -> SafeString:
    shown = date_format(localtime(at), "SHORT_DATETIME_FORMAT")
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), shown)


@register.filter
def compact(number: int) -> str:
    """Return a number as short as the reader's language writes it: 12.3K, 1.2万."""
    locale = Locale.parse(to_locale(get_language() or "en"))
    return format_compact_decimal(number, locale=locale, fraction_digits=1)


@register.filter
def seconds(time_ms: int) -> int:
    return time_ms // 1000


@register.filter
def subject_name(subject_id: str) -> str:
    return str(SUBJECT_BY_ID[subject_id].name) if subject_id in SUBJECT_BY_ID else subject_id


@register.filter
def grade_name(grade_id: str) -> str:
    return str(GRADE_BY_ID[grade_id].name) if grade_id in GRADE_BY_ID else grade_id


@register.filter
def language_name(tag: str) -> str:
    """Return a language's own name for its tag; what is no tag of ours stays as it is."""
    return LANGUAGE_NAMES.get(tag, tag)


@register.filter
def marked(text: str, marks: Sequence[tuple[int, int]]) -> SafeString:
    """Return text, escaped, with the characters between each pair of places marked; a long text around the first."""
    first = max(0, marks[0][0] - EXCERPT // 3) if marks and marks[-1][1] > EXCERPT else 0
    last = min(len(text), first + EXCERPT)
    parts, at = ["…" if first else ""], first
    for start, end in marks:
        if start >= last:
            break
        parts += [escape(text[at:start]), "<mark>", escape(text[start : min(end, last)]), "</mark>"]
        at = min(end, last)
    parts += [escape(text[at:last]), "…" if last < len(text) else ""]
    return mark_safe("".join(parts))  # noqa: S308 - every part of the text is escaped above


@register.simple_tag(takes_context=True)
def browse_url(context: template.Context, *, subject: str = "", grade: str = "", cursor: str = "") -> str:
    """Return the address of a subject, a grade or both, in the language that this page's address fixes."""
    more = {"cursor": cursor, PARAMETER: language_of_address(context["request"])}
    return browse_path(subject=subject, grade=grade, **more)


@register.simple_tag(takes_context=True)
def with_query(context: template.Context, **changes: object) -> str:
    """Return this page's query string with some parameters changed; an empty value takes one away."""
    request: HttpRequest = context["request"]
    values = {**request.GET.dict(), "cursor": "", **{name: str(value) for name, value in changes.items()}}
    return "?" + urlencode(_given(values.items()))


def _given(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in pairs if value]

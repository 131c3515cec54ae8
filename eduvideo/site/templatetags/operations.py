"""Words of the operators' page."""

from django import template
from django.utils.translation import gettext as _

from eduvideo.catalog.models import Video
from eduvideo.media.models import TranscodeJob
from eduvideo.media.sentences import failure_sentence, priority_word, stage_word, work_word

register = template.Library()
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400


@register.filter
def lesson(lessons: dict[int, Video], job: TranscodeJob) -> Video | None:
    """Return the lesson that a job is for, among those that the page has."""
    return lessons.get(job.asset_id)


@register.filter
def span(length_s: int | None) -> str:
    """Return a span of time in its largest whole unit, for a quick look."""
    if length_s is None:
        return "–"
    if length_s < 2 * MINUTE_S:
        return _("%(n)d s") % {"n": length_s}
    if length_s < 2 * HOUR_S:
        return _("%(n)d min") % {"n": length_s // MINUTE_S}
    if length_s < 2 * DAY_S:
        return _("%(n)d h") % {"n": length_s // HOUR_S}
    return _("%(n)d days") % {"n": length_s // DAY_S}


@register.filter
def work(job: TranscodeJob) -> str:
    """Return what the present run of a job is for; nothing where it does the whole."""
    return work_word(job.work, rendition=job.rendition, is_in_parts=job.waits_for_parts)


register.filter("stage", stage_word)
register.filter("priority", priority_word)
register.filter("failure", failure_sentence)

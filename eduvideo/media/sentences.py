"""What creators read of a transcode: a sentence per failure and a word per stage, in their language. Pure."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from eduvideo.media.models import Priority
from transcoding.messages import FailureCode, Stage, Work

# Any: lazy translations; str() gives the reader's language.
STAGES: dict[str, Any] = {
    Stage.FETCH: _("Fetching the recording"),
    Stage.PROBE: _("Looking at the recording"),
    Stage.PLAN: _("Planning the renditions"),
    Stage.ENCODE: _("Encoding"),
    Stage.PACKAGE: _("Making poster and previews"),
    Stage.VERIFY: _("Checking the result"),
    Stage.PUBLISH: _("Storing the result"),
}

PRIORITIES: dict[int, Any] = {
    Priority.WAITED_FOR: _("Somebody waits"),
    Priority.NORMAL: _("Upload"),
    Priority.BULK: _("Import"),
    Priority.REENCODE: _("When nothing else is to do"),
}

LOST = "worker_lost"

FAILURES: dict[str, Any] = {
    FailureCode.NOT_MEDIA: _("This file is not a video or sound recording. Please choose another file."),
    FailureCode.NO_VIDEO_OR_AUDIO: _("There is neither picture nor sound in this file."),
    FailureCode.TOO_LARGE_PICTURE: _("The picture of this file is too large. Please export it in 4K or smaller."),
    FailureCode.TRUNCATED: _(
        "This file is not complete. It may have been cut off while it was copied; please upload it again."
    ),
    FailureCode.TOO_LONG: _("This recording is too long. Please cut it into several lessons."),
    FailureCode.TOO_SHORT: _("This recording is too short to be a lesson."),
    FailureCode.TOO_COSTLY: _(
        "This recording would take too long to process. Please export it in a common format, such as MP4."
    ),
    FailureCode.PROTECTED: _("This file is copy-protected and cannot be processed."),
    FailureCode.UNSUPPORTED: _("This kind of recording is not supported. Please export it as MP4."),
    FailureCode.BROKEN_TIMING: _("The times in this file are damaged. Please export it again."),
    FailureCode.SOURCE_DAMAGED: _("The file was damaged in our storage. Please upload it again."),
    FailureCode.SOURCE_MISSING: _("The uploaded file could not be found. Please upload it again."),
    FailureCode.STORAGE_UNAVAILABLE: _("The storage could not be reached. Please try again later."),
    FailureCode.OUT_OF_SPACE: _("The server has no room left. Please tell those who run it."),
    FailureCode.WORKER_STOPPED: _("The machine that processed this recording was stopped. Please try again."),
    FailureCode.KILLED: _(
        "The machine had to stop the work on this recording several times. Please tell those who run the platform."
    ),
    FailureCode.INTERNAL: _("Something went wrong on our side. Please try again."),
    LOST: _("The machines that process recordings stopped several times. Please tell those who run the platform."),
}


# Why something is tried again, without asking the reader to do anything about it.
PASSING: dict[str, Any] = {
    FailureCode.STORAGE_UNAVAILABLE: _("The storage could not be reached."),
    FailureCode.WORKER_STOPPED: _("The machine that processed this recording was stopped."),
    FailureCode.OUT_OF_SPACE: _("The machine that processed this recording had no room left."),
    FailureCode.SOURCE_MISSING: _("The uploaded file could not be found."),
    FailureCode.INTERNAL: _("Something went wrong on our side."),
}
MINUTE_S = 60


def failure_sentence(code: str) -> str:
    """Return the sentence for a failure code; unknown codes read as a fault of ours."""
    return str(FAILURES.get(code, FAILURES[FailureCode.INTERNAL]))


def work_word(work: str, *, rendition: str, is_in_parts: bool) -> str:
    """Return what a run is for; nothing where it does the whole."""
    if work == Work.RENDITION:
        return str(_("%(rendition)s again")) % {"rendition": rendition}
    if work == Work.POSTERS:
        return str(_("Pictures for the poster"))
    if is_in_parts:
        return str(_("In parts"))
    return str(_("Joining the parts")) if work == Work.JOIN else ""


def priority_word(priority: int) -> str:
    """Return the words for a priority; a number that has none is shown as it is."""
    return str(PRIORITIES.get(priority, priority))


def stage_word(stage: str) -> str:
    """Return the words for a stage, or nothing for none."""
    return str(STAGES[stage]) if stage in STAGES else ""


def retry_sentence(code: str, *, wait_s: float) -> str:
    """Return why a transcode waits and when it is tried again. In a span of time: the reader's clock is not known."""
    reason = str(PASSING.get(code, PASSING[FailureCode.INTERNAL]))
    minutes = round(wait_s / MINUTE_S)
    if minutes == 0:
        return f"{reason} {_('It is tried again by itself in less than a minute.')}"
    again = ngettext(
        "It is tried again by itself in about %(n)d minute.",
        "It is tried again by itself in about %(n)d minutes.",
        minutes,
    )
    return f"{reason} {again % {'n': minutes}}"


def no_machine_sentence() -> str:
    """Return that nothing moves, through no fault of the recording."""
    return str(_("No machine is running at present. It goes on by itself as soon as one does."))


def waiting_sentence(ahead: int) -> str:
    """Return that a recording waits, and behind how many others."""
    if ahead == 0:
        return str(_("Waiting for a free machine."))
    behind = ngettext(
        "Waiting for a free machine: %(n)d recording is ahead.",
        "Waiting for a free machine: %(n)d recordings are ahead.",
        ahead,
    )
    return behind % {"n": ahead}


def parts_sentence(*, parts: int, done: int, machines: int) -> str:
    """Return how far a recording is that several machines encode at once."""
    told = {"parts": parts, "done": done, "machines": machines}
    if machines == 0:
        return str(_("Encoding in parts: %(done)d of %(parts)d are done, the others wait for a free machine.")) % told
    sentence = ngettext(
        "Encoding in parts: %(done)d of %(parts)d are done, %(machines)d machine is at work.",
        "Encoding in parts: %(done)d of %(parts)d are done, %(machines)d machines are at work.",
        machines,
    )
    return sentence % told

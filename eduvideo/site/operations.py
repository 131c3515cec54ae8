"""The page of those who run the platform: how its transcodes and events are, and buttons to do something about them."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.core.errors import ConflictError, InvalidInputError
from eduvideo.core.outbox import outbox_state, retry_dead_events
from eduvideo.media import operations
from eduvideo.media.access import check_operator, get_job_for
from eduvideo.media.models import Priority, TranscodeJob
from eduvideo.media.rerun import remake_rendition
from eduvideo.media.sentences import PRIORITIES

PRIORITY_NAMES = tuple(sorted(PRIORITIES, reverse=True))


@require_safe
def transcodes(request: HttpRequest) -> HttpResponse:
    """Show what waits, runs and failed, and the events that were given up."""
    check_operator(request.user)
    shown = operations.overview()
    assets = {job.asset_id for job in shown.jobs()}
    lessons = {video.asset_id: video for video in Video.objects.filter(asset_id__in=assets).select_related("owner")}
    context = {
        "overview": shown,
        "outbox": outbox_state(),
        "lessons": lessons,
        "priorities": [(priority, PRIORITIES[priority]) for priority in PRIORITY_NAMES],
    }
    return render(request, "site/operations.html", context)


def _action(
    change: Callable[[HttpRequest, TranscodeJob, User], str],
) -> Callable[Concatenate[HttpRequest, str, ...], HttpResponse]:
    """Make an address that changes the job of its address, says so, and leads back to the page."""

    @require_POST
    @wraps(change)
    def page(request: HttpRequest, public_id: str) -> HttpResponse:
        job, operator = get_job_for(request.user, public_id), check_operator(request.user)
        try:
            messages.success(request, change(request, job, operator))
        except ConflictError as error:  # somebody else, or the job itself, was quicker
            messages.error(request, error.detail)
        return redirect("operations")

    return page


@_action
def cancel(_request: HttpRequest, job: TranscodeJob, operator: User) -> str:
    operations.cancel_job(job, by=operator)
    return _("The job was cancelled.")


@_action
def retry(_request: HttpRequest, job: TranscodeJob, operator: User) -> str:
    operations.retry_job(job, by=operator)
    return _("The recording is tried again.")


@_action
def remake(request: HttpRequest, job: TranscodeJob, _operator: User) -> str:
    if remake_rendition(job.asset, request.POST.get("rendition", "")) is None:
        raise ConflictError(_("This recording is being processed already."))
    return _("The rendition is made again; until then the one that is there is played.")


@_action
def prioritize(request: HttpRequest, job: TranscodeJob, operator: User) -> str:
    try:
        priority = Priority(int(request.POST.get("priority", "")))
    except ValueError as error:
        raise InvalidInputError.of("priority", _("Please choose a priority of the list.")) from error
    operations.change_priority(job, priority=priority, by=operator)
    return _("The priority was changed.")


@require_POST
def retry_events(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Try all events that were given up again, or one of them."""
    check_operator(request.user)
    count = retry_dead_events(only=pk)
    if count:
        said = ngettext("%(n)d event is tried again.", "%(n)d events are tried again.", count)
        messages.success(request, said % {"n": count})
    else:
        messages.error(request, _("No such event is given up (any more)."))
    return redirect("operations")

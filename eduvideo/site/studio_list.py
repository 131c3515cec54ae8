"""A creator's lessons: the list with its filters, and changes of many at once.

A change of many is a job of the reader's session. Each request does a hundred lessons of it, so that none takes long;
the page goes on by itself with script, and by a button without.
"""

from collections.abc import Sequence
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from eduvideo.accounts.models import User
from eduvideo.accounts.queries import teaching_organizations_of
from eduvideo.catalog import scheduling
from eduvideo.catalog.bulk import BulkChange, Step, Tally, change_lessons
from eduvideo.catalog.listing import Facet, Wanted, chosen_lessons, facet_counts, lesson_page
from eduvideo.catalog.models import Video
from eduvideo.catalog.queries import playlists_of
from eduvideo.community.analytics import view_counts
from eduvideo.core.errors import DomainError
from eduvideo.core.ids import new_public_id
from eduvideo.media.sources import open_upload
from eduvideo.site.bulk_forms import BulkForm, ScheduleForm, WantedForm
from eduvideo.site.cards import cards
from eduvideo.site.forms import NewLessonForm, likely_language
from eduvideo.site.studio import for_lesson_of_mine

PER_REQUEST = 100
MOST_CHOSEN = 500
MOST_PLAYLISTS = 100  # to choose from
MOST_JOBS = 5  # of one session; who begins more forgets the first
MOST_NAMED = 5  # lessons of each reason
JOBS = "bulk"  # key of the session


@login_required
@require_safe
def lessons(request: HttpRequest) -> HttpResponse:
    """Show a creator's lessons by what is asked for, and the form for a new one."""
    return _list(request)


def _list(
    request: HttpRequest,
    *,
    status: int = 200,
    bulk: BulkForm | None = None,
    chosen: Sequence[str] = (),
    problem: str = "",
) -> HttpResponse:
    """Show the list; after a change that cannot begin, with what was chosen for it and why."""
    user = cast("User", request.user)
    asked = WantedForm(request.GET)
    wanted = asked.wanted(request.GET.get("state", ""))
    page = lesson_page(user, wanted, cursor=request.GET.get("cursor"))
    organizations = list(teaching_organizations_of(user))
    counts = facet_counts(user, text=wanted.text)
    views = view_counts(page.items)
    shown = {video.public_id for video in page.items}
    context = {
        "form": NewLessonForm(organizations=organizations, initial={"language": likely_language(request)}),
        "is_list": bool(request.GET) or bool(problem),
        "rows": [(card, open_upload(card.video.asset), views.get(card.video.pk, 0)) for card in cards(page.items)],
        "next": page.next,
        "wanted": wanted,
        "asked": asked,
        "facets": _facets(wanted, counts),
        "matching": counts[wanted.facet],
        "bulk": bulk or _bulk_form(user, organizations=organizations),
        "chosen": chosen,
        "chosen_elsewhere": [public_id for public_id in chosen if public_id not in shown],
        "problem": problem,
        "of_these": _query_of(wanted),
    }
    return render(request, "site/studio.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """Begin a change of the chosen lessons, or of all that match; what concerns many, or deletes, is asked about."""
    user = cast("User", request.user)
    if request.method != "POST":  # who had to sign in first comes back this way
        return redirect("studio")
    wanted = WantedForm(request.GET).wanted(request.GET.get("state", ""))
    back = f"/studio{_query_of(wanted)}"
    form = _bulk_form(user, data=request.POST)
    ids = list(dict.fromkeys(request.POST.getlist("ids")))
    of_all = "all" in request.POST
    problem = _problem_of(form, ids=ids, of_all=of_all)
    if problem:
        return _list(request, status=422, bulk=form, chosen=ids[:MOST_CHOSEN], problem=problem)
    job = _job_of(user, form.change(), ids=[] if of_all else ids, wanted=wanted if of_all else None) | {"back": back}
    if not job["is_asked"] and job["total"] <= PER_REQUEST:
        _do_some(user, job)
        return _finish(request, job)
    key = new_public_id()
    jobs = request.session.get(JOBS, {})
    request.session[JOBS] = {**dict(list(jobs.items())[1 - MOST_JOBS :]), key: job}
    return redirect("bulk", key=key)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def go_on(request: HttpRequest, key: str) -> HttpResponse:
    """Show how far a change of many is, or ask whether to begin; a POST does a hundred more."""
    user, jobs = cast("User", request.user), request.session.get(JOBS, {})
    job = jobs.get(key)
    if job is None:
        messages.info(request, _("This change has ended. Look at the list for what is left to do."))
        return redirect("studio")
    if request.method == "POST":
        if job["is_asked"] and job["step"] == Step.DELETE and "sure" not in request.POST:
            return redirect("bulk", key=key)  # a browser that lets a required box be empty
        job["is_asked"] = False
        has_ended = _do_some(user, job)
        request.session.modified = True
        if has_ended:
            del jobs[key]
            return _finish(request, job)
        return redirect("bulk", key=key)
    context = {"job": job, "titles": _first_titles(user, job), "is_deletion": job["step"] == Step.DELETE}
    return render(request, "site/bulk.html", context)


@require_POST
@for_lesson_of_mine
def schedule(request: HttpRequest, video: Video) -> HttpResponse:
    """Set or take away the time at which a draft is published."""
    by, form = cast("User", request.user), ScheduleForm(request.POST)
    if "cancel" in request.POST:
        scheduling.cancel_schedule(video, by=by)
        messages.success(request, _("The lesson stays a draft."))
    elif not form.is_valid():
        messages.error(request, _("Choose a day and a time."))
    else:
        try:
            scheduling.schedule_video(video, by=by, at=form.cleaned_data["at"])
            messages.success(request, _("Saved."))
        except DomainError as error:
            messages.error(request, error.detail)
    return redirect("lesson", public_id=video.public_id)


def _problem_of(form: BulkForm, *, ids: list[str], of_all: bool) -> str:
    if not ids and not of_all:
        return _("Choose at least one lesson.")
    if len(ids) > MOST_CHOSEN:
        return _("Choose at most %d lessons, or all that match.") % MOST_CHOSEN
    if not form.is_valid():
        return str(next(iter(form.errors.values()))[0])
    return ""


def _job_of(user: User, change: BulkChange, *, ids: list[str], wanted: Wanted | None) -> dict[str, Any]:
    """Return a job as the session keeps it. Of all that match it takes those that there are now, by their keys."""
    job: dict[str, Any] = {"step": change.step.value, "value": change.value, "ids": ids, "done": 0, "total": len(ids),
                           "changed": 0, "same": 0, "problems": {}}  # fmt: skip
    job["is_asked"] = change.step is Step.DELETE or wanted is not None
    if wanted is not None:
        found = chosen_lessons(user, wanted).aggregate(total=Count("pk"), last=Max("pk"))
        job |= {"facet": wanted.facet.value, "text": wanted.text, "after": 0, "until": found["last"] or 0,
                "total": found["total"]}  # fmt: skip
    return job


def _do_some(user: User, job: dict[str, Any]) -> bool:
    """Do a hundred lessons of a job; tell whether it has ended."""
    if "after" in job:
        rows = list(_left(user, job).values_list("pk", "public_id")[:PER_REQUEST])
        ids = [public_id for _pk, public_id in rows]
        job["after"] = rows[-1][0] if rows else job["until"]
        has_ended = len(rows) < PER_REQUEST
    else:
        ids = job["ids"][:PER_REQUEST]
        job["ids"] = job["ids"][PER_REQUEST:]
        has_ended = not job["ids"]
    _count(job, change_lessons(ids, BulkChange(Step(job["step"]), job["value"]), by=user))
    job["done"] += len(ids)
    return has_ended


def _left(user: User, job: dict[str, Any]) -> QuerySet[Video]:
    """Return what is left of all that match, by key: what is changed may match no more, and is passed all the same."""
    wanted = Wanted(facet=Facet(job["facet"]), text=job["text"])
    return chosen_lessons(user, wanted).filter(pk__gt=job["after"], pk__lte=job["until"]).order_by("pk")


def _first_titles(user: User, job: dict[str, Any]) -> list[str]:
    if "after" in job:
        return list(_left(user, job).values_list("title", flat=True)[:MOST_NAMED])
    chosen = [public_id for public_id in job["ids"] if public_id.isalnum()][:MOST_NAMED]
    return list(Video.objects.filter(owner=user, public_id__in=chosen).values_list("title", flat=True))


def _count(job: dict[str, Any], tally: Tally) -> None:
    job["changed"] += tally.changed
    job["same"] += tally.same
    for why, titles in tally.problems.items():
        known = job["problems"].setdefault(why, {"count": 0, "titles": []})
        known["count"] += len(titles)
        known["titles"] = [*known["titles"], *titles][:MOST_NAMED]


def _finish(request: HttpRequest, job: dict[str, Any]) -> HttpResponse:
    """Say what became of all of a job's lessons, and go back to the list."""
    if job["step"] == Step.DELETE:
        said = ngettext("%(n)d lesson was deleted.", "%(n)d lessons were deleted.", job["changed"])
    else:
        said = ngettext("%(n)d lesson was changed.", "%(n)d lessons were changed.", job["changed"])
    said %= {"n": job["changed"]}
    if job["same"]:
        same = ngettext("%(n)d was so already.", "%(n)d were so already.", job["same"])
        said = f"{said} {same % {'n': job['same']}}"
    messages.success(request, said)
    for why, found in job["problems"].items():
        could_not = ngettext("%(n)d could not: %(why)s", "%(n)d could not: %(why)s", found["count"])
        named = ", ".join(f"“{title}”" for title in found["titles"])
        more = "…" if found["count"] > len(found["titles"]) else ""
        messages.error(request, f"{could_not % {'n': found['count'], 'why': why}} ({named}{more})")
    return redirect(f"{job['back']}#mine")


def _bulk_form(user: User, *, organizations: list[Any] | None = None, data: Any = None) -> BulkForm:
    schools = teaching_organizations_of(user) if organizations is None else organizations
    return BulkForm(data, organizations=schools, playlists=playlists_of(user)[:MOST_PLAYLISTS], auto_id="bulk_%s")


def _facets(wanted: Wanted, counts: dict[Facet, int]) -> list[tuple[str, str, int, bool]]:
    """Return name, address, number of lessons of each kind that there is, and whether it is shown."""
    names = {
        Facet.ALL: _("All"),
        Facet.DRAFT: _("Drafts"),
        Facet.SCHEDULED: _("Scheduled"),
        Facet.PUBLISHED: _("Published"),
        Facet.PREPARING: _("Being prepared"),
        Facet.FAILED: _("Failed"),
        Facet.WITHDRAWN: _("Withdrawn"),
    }
    return [
        (name, _query_of(Wanted(facet=facet, text=wanted.text)) or "?state=", counts[facet], facet is wanted.facet)
        for facet, name in names.items()
        if counts[facet] or facet in {Facet.ALL, wanted.facet}
    ]


def _query_of(wanted: Wanted) -> str:
    usual = WantedForm({}).wanted(wanted.facet).sort
    given = {"state": wanted.facet.value, "q": wanted.text, "sort": "" if wanted.sort is usual else wanted.sort.value}
    query = urlencode({name: value for name, value in given.items() if value})
    return f"?{query}" if query else ""

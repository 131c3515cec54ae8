"""Pages about what was said: one's own danmaku, all of a lesson for those who teach it, and what waits for staff."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from eduvideo.accounts.models import User
from eduvideo.catalog.access import is_editor
from eduvideo.catalog.models import Video
from eduvideo.community.comments import decide_on_comment
from eduvideo.community.threads import CommentEntry, comment_entries
from eduvideo.core.errors import InvalidInputError, NotFoundError
from eduvideo.danmaku.access import get_moderated_video_for
from eduvideo.danmaku.decisions import MOST_AT_ONCE, decide, decide_on_author
from eduvideo.danmaku.entries import Entry, Order, Stand, Wanted, entries_by_id, entries_of, own_entries
from eduvideo.danmaku.formats.records import LARGEST_FILE_BYTES
from eduvideo.danmaku.services import import_danmaku
from eduvideo.media.access import check_operator
from eduvideo.moderation.models import Act, Reason, ThingKind
from eduvideo.moderation.queries import open_things
from eduvideo.site.forms import DanmakuFilterForm

P = ParamSpec("P")
E = TypeVar("E")


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Show what one has sent, what became of it and why."""
    page = own_entries(cast("User", request.user), cursor=request.GET.get("cursor"))
    return render(request, "site/my_danmaku.html", {"page": page})


def _for_moderators(
    view: Callable[Concatenate[HttpRequest, Video, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """Give a page the lesson of its address, if the reader moderates its danmaku."""

    @wraps(view)
    def page(request: HttpRequest, public_id: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return view(request, get_moderated_video_for(request.user, public_id), *args, **kwargs)

    return cast("Callable[Concatenate[HttpRequest, str, P], HttpResponse]", login_required(page))


@require_safe
@_for_moderators
def lesson(request: HttpRequest, video: Video) -> HttpResponse:
    """List the danmaku of a lesson, by what is asked for, with a box before each."""
    form = DanmakuFilterForm(request.GET)
    wanted = _wanted(form) if form.is_valid() else Wanted()
    page = entries_of(video, wanted, cursor=request.GET.get("cursor"))
    context = {
        "video": video,
        "form": form,
        "wanted": wanted,
        "page": page,
        "author": page.items[0].danmaku.author if wanted.author_key and page.items else None,
        "is_editor": is_editor(request.user, video),
        "reasons": Reason.choices,
    }
    return render(request, "site/lesson_danmaku.html", context)


@require_POST
@_for_moderators
def decide_on_lesson(request: HttpRequest, video: Video) -> HttpResponse:
    """Decide on the danmaku that were ticked, or on all of one author."""
    act, reason, by = _act(request), request.POST.get("reason", ""), cast("User", request.user)
    if author_key := request.POST.get("author_key", ""):
        changed = decide_on_author(video, act, by=by, author_key=author_key, reason=reason)
    else:
        changed = decide(video, act, by=by, ids=request.POST.getlist("ids")[:MOST_AT_ONCE], reason=reason)
    _say_how_many(request, changed)
    return _back_to_lesson(request, video)


@require_POST
@_for_moderators
def import_file(request: HttpRequest, video: Video) -> HttpResponse:
    """Add the danmaku of a file of another site, or of an export of ours."""
    file = request.FILES.get("file")
    try:
        result = import_danmaku(video, file.read(LARGEST_FILE_BYTES + 1) if file else b"")
    except InvalidInputError as error:
        messages.error(request, _("Nothing was added. %(why)s") % {"why": error.detail})
    else:
        added = ngettext("%(n)d danmaku was added.", "%(n)d danmaku were added.", result.added) % {"n": result.added}
        left_out = ngettext("%(n)d could not be read.", "%(n)d could not be read.", result.skipped)
        messages.success(request, f"{added} {left_out % {'n': result.skipped}}" if result.skipped else added)
    return _back_to_lesson(request, video)


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Show staff what people reported, what waits longest first."""
    check_operator(request.user)
    waiting = open_things(cursor=request.GET.get("cursor"))
    ids = {kind: [item.thing for item in waiting.items if item.kind == kind] for kind in ThingKind}
    found: dict[tuple[str, str], Entry | CommentEntry] = {
        **{(ThingKind.DANMAKU, thing): entry for thing, entry in entries_by_id(ids[ThingKind.DANMAKU]).items()},
        **{(ThingKind.COMMENT, thing): entry for thing, entry in comment_entries(ids[ThingKind.COMMENT]).items()},
    }
    keys = [((item.kind, item.thing), item) for item in waiting.items]
    context = {
        "rows": [(found[key], item) for key, item in keys if key in found],
        "next": waiting.next,
        "reasons": Reason.choices,
    }
    return render(request, "site/reports.html", context)


@require_POST
def decide_in_queue(request: HttpRequest) -> HttpResponse:
    """Decide on one thing that was reported, and go on with the next."""
    by, thing = check_operator(request.user), request.POST.get("thing", "")
    act, reason = _act(request), request.POST.get("reason", "")
    if request.POST.get("kind") == ThingKind.COMMENT:
        is_decided = decide_on_comment(_only(comment_entries, thing).comment, act, by=by, reason=reason)
        messages.success(request, _("Decided.") if is_decided else _("Nothing was to be changed."))
    else:
        video = _only(entries_by_id, thing).danmaku.video
        _say_how_many(request, decide(video, act, by=by, ids=[thing], reason=reason))
    return redirect(_with_query("/moderation", request))


def _only(entries: Callable[[list[str]], dict[str, E]], thing: str) -> E:
    """Return the one thing that has this id; raises NotFoundError."""
    found = entries([thing]) if thing.isalnum() else {}
    if thing not in found:
        raise NotFoundError
    return found[thing]


def _act(request: HttpRequest) -> Act:
    try:
        return Act(request.POST.get("act", ""))
    except ValueError as error:
        raise InvalidInputError.of("act", _("Please choose one of the list.")) from error


def _wanted(form: DanmakuFilterForm) -> Wanted:
    data = form.cleaned_data
    return Wanted(
        stand=Stand(data["state"]) if data["state"] else None,
        kind=data["kind"],
        has_reports=data["reported"],
        author_key=data["author"],
        text=data["text"],
        order=Order(data["order"] or Order.NEWEST),
    )


def _say_how_many(request: HttpRequest, changed: int) -> None:
    if changed:
        said = ngettext("Decided on %(n)d danmaku.", "Decided on %(n)d danmaku.", changed)
        messages.success(request, said % {"n": changed})
    else:
        messages.info(request, _("Nothing was to be changed."))


def _back_to_lesson(request: HttpRequest, video: Video) -> HttpResponse:
    return redirect(_with_query(f"/studio/{video.public_id}/danmaku", request))


def _with_query(path: str, request: HttpRequest) -> str:
    """Return the page with what was asked for there, which its forms carry along."""
    return f"{path}?{query}" if (query := request.GET.urlencode()) else path

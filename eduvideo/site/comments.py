"""What is said below a lesson, as pages: all of it works by plain forms. `<edu-comments>` asks for parts of them.

A request with the header X-Part gets only what an element puts into its page: the list, or the thread that changed;
and its errors as problem+json.
"""

from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from eduvideo.accounts.models import User
from eduvideo.catalog.access import Action, get_video_for
from eduvideo.catalog.models import Video
from eduvideo.community import comments as services
from eduvideo.community.access import get_comment_for, get_decided_comment_for, may_decide
from eduvideo.community.models import TEXT_CODE_POINTS, Comment
from eduvideo.community.reception import reception
from eduvideo.community.threads import CommentOrder, own_comments, thread_of, threads_of
from eduvideo.core.errors import DomainError, InvalidInputError, NotFoundError, SignInRequiredError, problem_response
from eduvideo.core.ids import new_public_id
from eduvideo.moderation.models import Act, Reason
from eduvideo.site.confirming import ask_first

PART = "X-Part"
KEPT_TEXT = "comment_text"  # of the session: what somebody wrote whose own had ended, until they have signed in
MAX_KEPT = 4 * TEXT_CODE_POINTS
KEY_LENGTH = 64


@vary_on_headers(PART)
@require_http_methods(["GET", "HEAD", "POST"])
def comments(request: HttpRequest, public_id: str) -> HttpResponse:
    """List what is said below a lesson, and take what somebody writes: a comment, or a reply (`reply_to`)."""
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    if request.method == "POST":
        return _answered(request, lambda: _posted(request, video), lambda error: _list(request, video, error=error))
    return _list(request, video)


@vary_on_headers(PART)
@require_http_methods(["GET", "HEAD", "POST"])
def comment(request: HttpRequest, public_id: str, comment_id: str) -> HttpResponse:
    """Show the thread that a comment is in, and do with the comment what a form says: `act`."""
    found = get_comment_for(request.user, public_id, comment_id)
    if request.method == "POST":
        return _answered(request, lambda: _acted(request, found), lambda error: _thread(request, found, error=error))
    return _thread(request, found)


@login_required
@require_POST
def like(request: HttpRequest, public_id: str, comment_id: str) -> HttpResponse:
    """Like a comment, or take it back: `on` says which."""
    found = get_comment_for(request.user, public_id, comment_id)
    react = services.like_comment if request.POST.get("on") == "1" else services.unlike_comment
    react(found, by=_person(request))
    return redirect(_place_of(found))


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Show what one has written, what became of it and why."""
    entries, after = own_comments(_person(request), cursor=request.GET.get("cursor"))
    return render(request, "site/my_comments.html", {"here": "comments", "entries": entries, "next": after})


@login_required
@require_POST
def save_mode(request: HttpRequest, public_id: str) -> HttpResponse:
    """Switch the comments of a lesson on or off, for its creator."""
    video = get_video_for(request.user, public_id, to=Action.EDIT)
    services.set_comment_mode(video, mode=request.POST.get("mode", ""))
    messages.success(request, _("Saved."))
    return redirect(_list_of(video))


def _posted(request: HttpRequest, video: Video) -> HttpResponse:
    if not request.user.is_authenticated:
        return _ask_to_sign_in(request, video)
    reply_to = request.POST.get("reply_to", "")
    written = services.post_comment(
        video,
        author=request.user,
        text=request.POST.get("text", ""),
        reply_to=get_comment_for(request.user, video.public_id, reply_to) if reply_to else None,
        idempotency_key=request.POST.get("key", "")[:KEY_LENGTH] or None,
    )
    written.video = video
    if _is_part(request):
        return _thread(request, written)
    return redirect(_place_of(written) if written.thread else f"{_list_of(video)}#c-{written.public_id}")


def _ask_to_sign_in(request: HttpRequest, video: Video) -> HttpResponse:
    """Lead somebody to the sign-in whose session has ended, and keep what they wrote until they are back."""
    request.session[KEPT_TEXT] = {
        "video": video.public_id,
        "author": request.POST.get("author", "")[:KEY_LENGTH],
        "text": request.POST.get("text", "")[:MAX_KEPT],
        "reply_to": request.POST.get("reply_to", "")[:KEY_LENGTH],
    }
    messages.info(request, _("You are signed out. Sign in to send your comment; what you wrote is kept."))
    return redirect_to_login(_list_of(video))


def _acted(request: HttpRequest, found: Comment) -> HttpResponse:
    """Do what a form asks for with one comment, and show its thread, or the list where it is gone."""
    if not request.user.is_authenticated:
        raise SignInRequiredError
    by, act = request.user, request.POST.get("act", "")
    if act == "edit":
        services.edit_comment(found, by=by, text=request.POST.get("text", ""))
    elif act == "delete":
        question = _("Take this comment back? Its text is gone then.")
        if asked := ask_first(request, question=question, yes=_("Take back"), back=_place_of(found)):
            return asked
        services.delete_comment(found, by=by)
    elif act == "report":
        services.report_comment(found, by=by, reason=request.POST.get("reason", ""), note=request.POST.get("note", ""))
        if not _is_part(request):
            messages.success(request, _("Thank you. The staff will look at it."))
    elif act in {"hide", "show", "pin", "unpin"}:
        _decided(request, found.video.public_id, found.public_id, by=by, act=act)
    else:
        raise InvalidInputError.of("act", _("Please choose one of the list."))
    return _changed(request, found)


def _decided(request: HttpRequest, video_id: str, comment_id: str, *, by: User, act: str) -> None:
    found = get_decided_comment_for(by, video_id, comment_id)
    if act == "pin":
        services.pin_comment(found)
    elif act == "unpin":
        services.unpin_comment(found)
    else:
        services.decide_on_comment(found, Act(act), by=by, reason=request.POST.get("reason", ""))


def _changed(request: HttpRequest, found: Comment) -> HttpResponse:
    """Show what is left of the thread after a change; nothing of it where nobody sees it any more."""
    try:
        left = get_comment_for(request.user, found.video.public_id, (found.thread or found).public_id)
    except NotFoundError:
        return HttpResponse() if _is_part(request) else redirect(_list_of(found.video))
    return _thread(request, left) if _is_part(request) else redirect(_place_of(found))


def _answered(
    request: HttpRequest, act: Callable[[], HttpResponse], explain: Callable[[DomainError], HttpResponse]
) -> HttpResponse:
    """Do what a form asks for; a refusal is told on the page, where what was typed still stands."""
    is_signed_out = _is_part(request) and not request.user.is_authenticated
    try:
        if is_signed_out:
            raise SignInRequiredError
        return act()
    except DomainError as error:
        if _is_part(request):
            return problem_response(error)
        if isinstance(error, SignInRequiredError):
            raise
        response = explain(error)
        response.status_code = error.status
        return response


def _list(request: HttpRequest, video: Video, *, error: DomainError | None = None) -> HttpResponse:
    wanted = request.GET.get("order", "")
    order = CommentOrder.LIKED if wanted == CommentOrder.LIKED else CommentOrder.NEWEST
    cursor = None if request.method == "POST" else request.GET.get("cursor")
    page = threads_of(video, viewer=request.user, order=order, cursor=cursor)
    received = reception(video, viewer=request.user)
    context: dict[str, object] = {
        "page": page,
        "order": order,
        "is_part": _is_part(request),
        "count": received.comments,
        "rules": received.comment_rules,
        **_typed(request, video),
        "error": error,
    }
    template = "site/comments_part.html" if _is_part(request) else "site/comments.html"
    return _shown(request, template, video, context)


def _thread(request: HttpRequest, found: Comment, *, error: DomainError | None = None) -> HttpResponse:
    cursor = None if request.method == "POST" else request.GET.get("cursor")
    page = thread_of(found, viewer=request.user, cursor=cursor)
    context = {
        "page": page,
        "thread": page.items[0],
        "is_alone": not _is_part(request),
        "rules": reception(found.video, viewer=request.user).comment_rules,
        "typed": request.POST.get("text", ""),
        "typed_in": found.public_id if error else "",
        "error": error,
    }
    template = "site/comment_part.html" if _is_part(request) else "site/comment_thread.html"
    return _shown(request, template, found.video, context)


def _shown(request: HttpRequest, template: str, video: Video, context: dict[str, object]) -> HttpResponse:
    shared = {
        "video": video,
        "decides": may_decide(request.user, video),
        "reasons": Reason.choices,
        "new_key": new_public_id(),
        "list_path": _list_of(video),
    }
    response = render(request, template, {**shared, **context})
    response["Cache-Control"] = "private, no-store"
    return response


def _typed(request: HttpRequest, video: Video) -> dict[str, str]:
    """Return what the form holds: what was refused, or what was written before the sign-in, which is then forgotten.

    Its author is who the form was made for: whoever else signs in here does not see it.
    """
    if request.method == "POST":
        return {"typed": request.POST.get("text", ""), "reply_to": request.POST.get("reply_to", "")}
    kept = request.session.get(KEPT_TEXT) if request.user.is_authenticated else None
    if not kept or kept["video"] != video.public_id or kept.get("author", "") not in {"", _person(request).public_id}:
        return {"typed": "", "reply_to": ""}
    del request.session[KEPT_TEXT]
    return {"typed": kept["text"], "reply_to": kept.get("reply_to", "")}


def _is_part(request: HttpRequest) -> bool:
    return PART in request.headers


def _list_of(video: Video) -> str:
    return f"/watch/{video.public_id}/comments"


def _place_of(found: Comment) -> str:
    thread = found.thread or found
    return f"{_list_of(found.video)}/{thread.public_id}#c-{found.public_id}"


def _person(request: HttpRequest) -> User:
    return cast("User", request.user)

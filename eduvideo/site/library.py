"""What people keep and find again: what they watched, what they saved, whom they follow. And the forms that do it."""

from dataclasses import replace
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from eduvideo.accounts.models import User
from eduvideo.catalog.access import Action, get_video_for
from eduvideo.community import reactions
from eduvideo.community.queries import favorites_of, follows_of, lessons_of_followed
from eduvideo.core.pagination import page_by_time
from eduvideo.site.addresses import watch_path
from eduvideo.site.cards import Card, cards
from eduvideo.site.confirming import ask_first
from eduvideo.study.queries import history_of
from eduvideo.study.services import forget_all_progress, forget_progress

SHOWN_CREATORS = 12


@login_required
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """Show what one has watched, the last first, and how far."""
    page = page_by_time(history_of(_person(request)), field="updated_at", cursor=request.GET.get("cursor"))
    shown = cards([row.video for row in page.items])
    rows = [replace(card, position_ms=row.position_ms) for card, row in zip(shown, page.items, strict=True)]
    return _listed(request, "history", rows, page.next)


@login_required
@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """Take one lesson out of what one has watched."""
    forget_progress(_person(request), video_id=request.POST.get("video", ""))
    messages.success(request, _("Taken out of your history."))
    return redirect("history")


@login_required
@require_POST
def forget_all(request: HttpRequest) -> HttpResponse:
    """Forget all that one has watched, once one has said so twice."""
    question = _("Forget everything that you have watched? You will begin each lesson anew.")
    if asked := ask_first(request, question=question, yes=_("Forget everything"), back="/me/history"):
        return asked
    forget_all_progress(_person(request))
    messages.success(request, _("Your history is empty now."))
    return redirect("history")


@login_required
@require_safe
def favorites(request: HttpRequest) -> HttpResponse:
    """Show what one has saved, the last first."""
    page = page_by_time(favorites_of(_person(request)), field="created_at", cursor=request.GET.get("cursor"))
    return _listed(request, "favorites", cards([row.video for row in page.items]), page.next)


@login_required
@require_safe
def following(request: HttpRequest) -> HttpResponse:
    """Show what those whom one follows published last, and some of them."""
    person = _person(request)
    page = page_by_time(lessons_of_followed(person), field="published_at", cursor=request.GET.get("cursor"))
    follows = list(follows_of(person).order_by("-created_at", "-pk")[: SHOWN_CREATORS + 1])
    more = {"creators": [row.creator for row in follows[:SHOWN_CREATORS]], "has_more": len(follows) > SHOWN_CREATORS}
    return _listed(request, "following", cards(page.items), page.next, **more)


@login_required
@require_safe
def creators(request: HttpRequest) -> HttpResponse:
    """List all whom one follows, the last first, each with a way to end it."""
    page = page_by_time(follows_of(_person(request)), field="created_at", cursor=request.GET.get("cursor"))
    context = {"here": "following", "creators": [row.creator for row in page.items], "next": page.next}
    return render(request, "site/followed.html", context)


@login_required
@require_POST
def like(request: HttpRequest, public_id: str) -> HttpResponse:
    """Like a lesson, or take it back: `on` says which."""
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    react = reactions.like_video if request.POST.get("on") == "1" else reactions.unlike_video
    react(video, by=_person(request))
    return redirect(watch_path(public_id))


@login_required
@require_POST
def favorite(request: HttpRequest, public_id: str) -> HttpResponse:
    """Save a lesson, or take it out of what one has saved: `on` says which."""
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    is_kept = request.POST.get("on") == "1"
    (reactions.keep_video if is_kept else reactions.drop_video)(video, by=_person(request))
    messages.success(request, _("Saved to your favorites.") if is_kept else _("Taken out of your favorites."))
    return redirect("favorites" if "from_list" in request.POST else watch_path(public_id))


def _listed(request: HttpRequest, here: str, shown: list[Card], after: str | None, **more: object) -> HttpResponse:
    return render(request, f"site/{here}.html", {"here": here, "cards": shown, "next": after, **more})


def _person(request: HttpRequest) -> User:
    return cast("User", request.user)

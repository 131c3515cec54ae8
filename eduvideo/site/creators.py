"""The public page of somebody who teaches here, and the form that follows them."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from eduvideo.accounts.models import User
from eduvideo.catalog.queries import listed_playlists, playlist_summaries
from eduvideo.community import reactions
from eduvideo.community.access import get_creator, get_followed
from eduvideo.community.queries import is_following, most_watched_of_creator, new_of_creator
from eduvideo.community.reception import follower_count
from eduvideo.embedding.links import absolute
from eduvideo.site.addresses import creator_path, page_address
from eduvideo.site.cards import cards

MOST_WATCHED = "watched"
PLAYLISTS = 6


@require_safe
def creator(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a creator: what they say of themselves, who follows, what everyone may find of them."""
    found = get_creator(public_id)
    cursor, order = request.GET.get("cursor"), request.GET.get("order", "")
    read = most_watched_of_creator if order == MOST_WATCHED else new_of_creator
    page = read(found, cursor=cursor)
    is_first = not cursor
    playlists = (
        list(listed_playlists().filter(owner=found).order_by("-published_at", "-id")[:PLAYLISTS]) if is_first else []
    )
    summaries = playlist_summaries(playlists)
    is_lasting = is_first and not order and bool(page.items)
    followers = follower_count(found)
    context = {
        "creator": found,
        "followers": followers,
        "is_followed": is_following(request.user, found),
        "cards": cards(page.items),
        "next": page.next,
        "order": order if order == MOST_WATCHED else "",
        "playlists": [(one, summaries[one.pk]) for one in playlists if summaries[one.pk].count],
        "address": page_address(request, creator_path(public_id)) if is_lasting else None,
        "structured": _structured(found, followers) if is_lasting else None,
    }
    return render(request, "site/creator.html", context)


@login_required
@require_POST
def follow(request: HttpRequest, public_id: str) -> HttpResponse:
    """Follow a creator, or do so no more: `on` says which."""
    by, is_on = cast("User", request.user), request.POST.get("on") == "1"
    found = get_creator(public_id) if is_on else get_followed(public_id, by=by)
    (reactions.follow_creator if is_on else reactions.unfollow_creator)(found, by=by)
    said = _("You follow %(name)s now.") if is_on else _("You do not follow %(name)s any more.")
    messages.success(request, said % {"name": found.display_name})
    return redirect("followed" if "from_list" in request.POST else creator_path(public_id))


def _structured(found: User, followers: int) -> dict[str, object]:
    """Return what search engines should know of a creator (schema.org): fields as in Google's "Profile page"."""
    return {
        "@context": "https://schema.org",
        "@type": "ProfilePage",
        "mainEntity": {
            "@type": "Person",
            "name": found.display_name,
            "identifier": found.public_id,
            "url": absolute(creator_path(found.public_id)),
            **({"description": found.about} if found.about else {}),
            "interactionStatistic": {
                "@type": "InteractionCounter",
                "interactionType": "https://schema.org/FollowAction",
                "userInteractionCount": followers,
            },
        },
    }

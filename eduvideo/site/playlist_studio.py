"""The studio's pages for playlists. Every change is a plain form; elements make ordering quicker."""

import re
from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from eduvideo.accounts.models import User
from eduvideo.catalog import arrangement, playlists
from eduvideo.catalog.access import Action, can_know, check_may_create_playlist, get_playlist_for, items_for
from eduvideo.catalog.arrangement import Arrangement
from eduvideo.catalog.models import Playlist, PlaylistState, Visibility
from eduvideo.catalog.outline import OutlineItem, outline_of
from eduvideo.catalog.playlists import PlaylistChanges
from eduvideo.catalog.queries import playlist_summaries, playlists_of, videos_of
from eduvideo.core.errors import ConflictError, DomainError, InvalidInputError
from eduvideo.core.pagination import page_by_time
from eduvideo.embedding.links import playlist_links
from eduvideo.embedding.oembed import Kind, place_of, target_of
from eduvideo.embedding.queries import allowed_domains
from eduvideo.embedding.services import allow_domains
from eduvideo.moderation.text import clean_line
from eduvideo.site.forms import explain, likely_language
from eduvideo.site.playlist_forms import AddForm, EmbeddingForm, PlaylistForm

P = ParamSpec("P")
MAX_QUERY = 100

# What a button of the order does: its name, then the video or the section that it is for.
VIDEO_STEPS: dict[str, Callable[[Arrangement, str], Arrangement]] = {
    "up": arrangement.moved_up,
    "down": arrangement.moved_down,
    "remove": arrangement.without_video,
}
SECTION_STEPS: dict[str, Callable[[Arrangement, int], Arrangement]] = {
    "section-up": arrangement.section_moved_up,
    "section-down": arrangement.section_moved_down,
    "section-remove": arrangement.without_section,
}


def for_playlist_of_mine(
    view: Callable[Concatenate[HttpRequest, Playlist, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """Give a page the playlist of its address, if the reader may edit it."""

    @wraps(view)
    def page(request: HttpRequest, public_id: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return view(request, get_playlist_for(request.user, public_id, to=Action.EDIT), *args, **kwargs)

    return cast("Callable[Concatenate[HttpRequest, str, P], HttpResponse]", login_required(page))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """Show a creator's playlists and the form for a new one."""
    user = cast("User", request.user)
    form = PlaylistForm(request.POST or None, initial={"language": likely_language(request)})
    if request.method == "POST" and form.is_valid():
        check_may_create_playlist(user)
        try:
            made = playlists.create_playlist(owner=user, **form.cleaned_data)
        except InvalidInputError as error:
            explain(form, error)
        else:
            return redirect("edit-playlist", public_id=made.public_id)
    page = page_by_time(playlists_of(user), field="created_at", cursor=request.GET.get("cursor"))
    summaries = playlist_summaries(page.items)
    context = {"form": form, "rows": [(row, summaries[row.pk]) for row in page.items], "next": page.next}
    return render(request, "site/playlists_studio.html", context, status=422 if form.errors else 200)


@require_safe
@for_playlist_of_mine
def edit(request: HttpRequest, playlist: Playlist) -> HttpResponse:
    return _editor(request, playlist)


@require_POST
@for_playlist_of_mine
def save_about(request: HttpRequest, playlist: Playlist) -> HttpResponse:
    form = PlaylistForm(request.POST)
    return _save(request, playlist, "about", form, lambda data: playlists.update_playlist(
        playlist, by=cast("User", request.user), changes=PlaylistChanges(**data)))  # fmt: skip


@require_POST
@for_playlist_of_mine
def save_order(request: HttpRequest, playlist: Playlist) -> HttpResponse:
    """Take one step of ordering, and keep what was typed about sections; refused when the order was changed.

    A refusal shows the order as it is now, with what was typed.
    """
    revision = request.POST.get("revision", "")
    try:
        playlists.arrange_playlist(
            playlist,
            by=cast("User", request.user),
            change=_change_of(request),
            revision=int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 19 else 0,  # noqa: PLR2004 - 64 bits
        )
    except (ConflictError, InvalidInputError) as error:
        messages.error(request, error.fields[0].message if error.fields else error.detail)
        playlist.refresh_from_db(fields=["revision"])
        return _editor(request, playlist, status=error.status, typed=request.POST)
    _step, _space, what = request.POST.get("do", "").partition(" ")
    response = redirect("edit-playlist", public_id=playlist.public_id)
    response["Location"] += f"#v-{what}" if what.isalnum() and not what.isdigit() else "#lessons"
    return response


@require_POST
@for_playlist_of_mine
def add(request: HttpRequest, playlist: Playlist) -> HttpResponse:
    """Add lessons that were marked, or the one of a link."""
    sections = list(playlist.sections.all())
    form = AddForm(request.POST, sections=sections, chosen=request.POST.getlist("videos"))
    return _save(request, playlist, "adding", form, lambda data: _add(request, playlist, data))


@require_POST
@for_playlist_of_mine
def save_embedding(request: HttpRequest, playlist: Playlist) -> HttpResponse:
    form = EmbeddingForm(request.POST)
    return _save(request, playlist, "embedding", form, lambda data: allow_domains(
        playlist, by=cast("User", request.user), lines=str(data["allowed_domains"]).splitlines()))  # fmt: skip


@require_POST
@for_playlist_of_mine
def publish(request: HttpRequest, playlist: Playlist) -> HttpResponse:
    playlists.publish_playlist(playlist, by=cast("User", request.user))
    return redirect("edit-playlist", public_id=playlist.public_id)


@require_POST
@for_playlist_of_mine
def unpublish(request: HttpRequest, playlist: Playlist) -> HttpResponse:
    playlists.unpublish_playlist(playlist, by=cast("User", request.user))
    return redirect("edit-playlist", public_id=playlist.public_id)


@require_POST
@for_playlist_of_mine
def delete(request: HttpRequest, playlist: Playlist) -> HttpResponse:
    playlists.delete_playlist(playlist, by=cast("User", request.user))
    messages.success(request, _("The playlist was deleted; its lessons are still there."))
    return redirect("my-playlists")


def _change_of(request: HttpRequest) -> Callable[[Arrangement], Arrangement]:
    """Return what the pressed button does, after the texts that were typed are in place."""
    name, _space, what = request.POST.get("do", "").partition(" ")

    def change(order: Arrangement) -> Arrangement:
        for number, section in enumerate(order):
            order = arrangement.retold(
                order,
                number,
                title=request.POST.get(f"title-{number}", section.title),
                description=request.POST.get(f"about-{number}", section.description),
            )
        if name == "move":
            return arrangement.moved_to(
                order, request.POST.getlist("marked"), section=_number(request.POST.get("to", ""))
            )
        if name in VIDEO_STEPS:
            return VIDEO_STEPS[name](order, what)
        if name in SECTION_STEPS:
            return SECTION_STEPS[name](order, _number(what))
        return arrangement.with_section(order, request.POST.get("new-title", "")) if name == "section-add" else order

    return change


def _number(text: str) -> int:
    """Return the number of a section; -1, which none has, for what is no number of at most three digits."""
    return int(text) if re.fullmatch("[0-9]{1,3}", text, re.ASCII) else -1


def _add(request: HttpRequest, playlist: Playlist, data: dict[str, Any]) -> None:
    videos = list(data["videos"])
    if data["link"]:
        own = {place_of(settings.EDUVIDEO.base_url), place_of(f"{request.scheme}://{request.get_host()}")}
        target = target_of(str(data["link"]).strip(), own=own)
        if target is None or target.kind is not Kind.VIDEO:
            raise InvalidInputError.of("link", _("This is no link of a lesson here; copy the address of its page."))
        videos.append(target.public_id)
    if not videos:
        raise InvalidInputError.of("videos", _("Choose at least one lesson."))
    change = partial(arrangement.with_videos, videos=videos, section=data["section"])
    playlists.arrange_playlist(playlist, by=cast("User", request.user), change=change)


def _save(
    request: HttpRequest, playlist: Playlist, name: str, form: forms.Form, save: Callable[[dict[str, Any]], object]
) -> HttpResponse:
    """Save what a form holds and come back; otherwise show the page again with what was typed and what is wrong."""
    if form.is_valid():
        try:
            save(form.cleaned_data)
        except DomainError as error:
            explain(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("edit-playlist", public_id=playlist.public_id)
    return _editor(request, playlist, status=422, filled={name: form})


def _editor(
    request: HttpRequest,
    playlist: Playlist,
    *,
    status: int = 200,
    typed: Mapping[str, str] | None = None,
    filled: Mapping[str, forms.Form] | None = None,
) -> HttpResponse:
    """Show the editor, with forms as they were filled in, and what was typed about sections."""
    sections = list(playlist.sections.all())
    for row in sections:
        row.title = (typed or {}).get(f"title-{row.position}", row.title)
        row.description = (typed or {}).get(f"about-{row.position}", row.description)
    viewer = request.user
    outline = outline_of((item, can_know(viewer, item)) for item in items_for(viewer, playlist))
    items_of = {section.number: section.items for section in outline.sections}
    words = clean_line(request.GET.get("q", "")[:MAX_QUERY]).text
    lessons = videos_of(playlist.owner).exclude(playlist_items__playlist=playlist).filter(title__icontains=words)
    choice = page_by_time(lessons, field="created_at", cursor=request.GET.get("cursor"))
    domains = allowed_domains(playlist)
    fields = ("title", "description", "language")
    context = {
        "playlist": playlist,
        "outline": outline,
        "sections": [(row, items_of.get(row.position, ())) for row in sections],
        "about": PlaylistForm(initial={name: getattr(playlist, name) for name in fields}),
        "adding": AddForm(sections=sections),
        "embedding": EmbeddingForm(initial={"allowed_domains": "\n".join(domains)}),
        "new_title": (typed or {}).get("new-title", ""),
        "choice": choice,
        "words": words,
        "links": playlist_links(playlist),
        "is_published": playlist.state == PlaylistState.PUBLISHED,
        "hides_embed_only": not domains and any(_is_embed_only(item) for item in outline.items),
    }
    return render(request, "site/playlist_editor.html", {**context, **(filled or {})}, status=status)


def _is_embed_only(item: OutlineItem) -> bool:
    return bool(item.video and item.video.visibility == Visibility.EMBED)

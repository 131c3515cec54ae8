"""Pages of creators: their lessons, a new one, one to edit. Every form is a plain POST; elements make them quicker."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from eduvideo.accounts.models import Organization, User
from eduvideo.accounts.queries import organizations_of, teaching_organizations_of
from eduvideo.accounts.services import become_creator
from eduvideo.catalog import services
from eduvideo.catalog.access import Action, get_video_for
from eduvideo.catalog.models import Video
from eduvideo.catalog.queries import videos_of
from eduvideo.catalog.services import VideoChanges
from eduvideo.core.errors import DomainError, UnavailableError
from eduvideo.core.pagination import page_by_time
from eduvideo.media import captioning
from eduvideo.media import services as media
from eduvideo.media.models import AssetState
from eduvideo.media.queries import caption_tracks, processing_of
from eduvideo.media.sources import open_upload
from eduvideo.site.cards import cards
from eduvideo.site.forms import CaptionsForm, ChaptersForm, LessonSettingsForm, MeForm, NewLessonForm, StudyGuideForm
from eduvideo.site.templatetags.edu import clock
from eduvideo.study.queries import study_guide_of
from eduvideo.study.services import set_study_guide

P = ParamSpec("P")


def for_lesson_of_mine(
    view: Callable[Concatenate[HttpRequest, Video, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """Give a page the lesson of its address, if the reader may edit it."""

    @wraps(view)
    def page(request: HttpRequest, public_id: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return view(request, get_video_for(request.user, public_id, to=Action.EDIT), *args, **kwargs)

    return cast("Callable[Concatenate[HttpRequest, str, P], HttpResponse]", login_required(page))


@login_required
def lessons(request: HttpRequest) -> HttpResponse:
    """Show a creator's lessons and the form for a new one."""
    user = cast("User", request.user)
    videos = videos_of(user).select_related("asset__upload", "asset__replacement")
    page = page_by_time(videos, field="created_at", cursor=request.GET.get("cursor"))
    organizations = teaching_organizations_of(user)
    context = {
        "form": NewLessonForm(organizations=organizations, initial={"language": _language(request)}),
        "rows": [(card, open_upload(card.video.asset)) for card in cards(page.items)],
        "next": page.next,
    }
    return render(request, "site/studio.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    """Show and change one's own account."""
    user = cast("User", request.user)
    form = MeForm(request.POST or None, instance=user)
    if request.method == "POST":
        if "teach" in request.POST:
            become_creator(user)
            messages.success(request, _("You can upload lessons now."))
            return redirect("studio")
        if form.is_valid():
            form.save()
            messages.success(request, _("Saved."))
            return redirect("me")
    return render(request, "site/me.html", {"form": form, "organizations": organizations_of(user)})


@for_lesson_of_mine
def lesson(request: HttpRequest, video: Video) -> HttpResponse:
    return _lesson_page(request, video)


@require_POST
@for_lesson_of_mine
def save_settings(request: HttpRequest, video: Video) -> HttpResponse:
    form = LessonSettingsForm(request.POST, organizations=_organizations(video))
    return _save(request, video, "settings", form, lambda data: services.update_video(
        video, by=cast("User", request.user), changes=VideoChanges(**data)))  # fmt: skip


@require_POST
@for_lesson_of_mine
def save_captions(request: HttpRequest, video: Video) -> HttpResponse:
    form = CaptionsForm(request.POST, request.FILES)
    return _save(request, video, "captions", form, lambda data: captioning.put_captions(
        video.asset, language=str(data["language"]), text=str(data["file"])))  # fmt: skip


@require_POST
@for_lesson_of_mine
def delete_captions(request: HttpRequest, video: Video, language: str) -> HttpResponse:
    captioning.delete_captions(video.asset, language=language)
    return _done(request, video)


@require_POST
@for_lesson_of_mine
def save_chapters(request: HttpRequest, video: Video) -> HttpResponse:
    form = ChaptersForm(request.POST)
    return _save(request, video, "chapters", form, lambda data: services.set_chapters(video, data["chapters"]))


@require_POST
@for_lesson_of_mine
def save_guide(request: HttpRequest, video: Video) -> HttpResponse:
    form = StudyGuideForm(request.POST)
    return _save(request, video, "guide", form, lambda data: set_study_guide(video, markdown=str(data["markdown"])))


@require_POST
@for_lesson_of_mine
def publish(request: HttpRequest, video: Video) -> HttpResponse:
    services.publish_video(video, by=cast("User", request.user))
    return redirect("lesson", public_id=video.public_id)


@require_POST
@for_lesson_of_mine
def unpublish(request: HttpRequest, video: Video) -> HttpResponse:
    services.unpublish_video(video, by=cast("User", request.user))
    return redirect("lesson", public_id=video.public_id)


@require_POST
@for_lesson_of_mine
def delete(request: HttpRequest, video: Video) -> HttpResponse:
    services.delete_video(video, by=cast("User", request.user))
    messages.success(request, _("The lesson was deleted."))
    return redirect("studio")


@require_POST
@for_lesson_of_mine
def retry(request: HttpRequest, video: Video) -> HttpResponse:  # noqa: ARG001 - the shape of a page
    media.retry_asset(video.asset)
    return redirect("lesson", public_id=video.public_id)


def _save(
    request: HttpRequest, video: Video, name: str, form: forms.Form, save: Callable[[dict[str, Any]], object]
) -> HttpResponse:
    """Save what a form holds and come back; otherwise show the page again with what was typed and what is wrong."""
    if form.is_valid():
        try:
            save(form.cleaned_data)
        except UnavailableError:
            raise  # nothing that was typed is wrong
        except DomainError as error:
            _explain(form, error)
        else:
            return _done(request, video)
    return _lesson_page(request, video, status=422, **{name: form})


def _done(request: HttpRequest, video: Video) -> HttpResponse:
    messages.success(request, _("Saved."))
    return redirect("lesson", public_id=video.public_id)


def _explain(form: forms.Form, error: DomainError) -> None:
    for item in error.fields:
        form.add_error(item.field if item.field in form.fields else None, item.message)
    if not error.fields:
        form.add_error(None, error.detail)


def _lesson_page(request: HttpRequest, video: Video, *, status: int = 200, **filled: forms.Form) -> HttpResponse:
    fields = ("title", "description", "subject", "grade", "language", "visibility")
    chapters = "\n".join(f"{clock(mark.start_ms)} {mark.title}" for mark in video.chapters.all())
    about = {name: getattr(video, name) for name in fields}
    about["organization"] = video.organization.public_id if video.organization else ""
    upload = open_upload(video.asset)
    context = {
        "video": video,
        "settings": LessonSettingsForm(organizations=_organizations(video), initial=about),
        "captions": CaptionsForm(initial={"language": video.language}),
        "chapters": ChaptersForm(initial={"chapters": chapters}),
        "guide": StudyGuideForm(initial={"markdown": study_guide_of(video)}),
        "tracks": caption_tracks(video.asset),
        "processing": processing_of(video.asset),
        "card": cards([video])[0],
        "upload": upload,
        "shows_processing": upload is None or video.asset.state != AssetState.WAITING,
    }
    return render(request, "site/lesson.html", {**context, **filled}, status=status)


def _organizations(video: Video) -> list[Organization]:
    """Return those that the lesson may be of: where its owner teaches, and the one that it is of."""
    own = [video.organization] if video.organization else []
    return list(dict.fromkeys([*own, *teaching_organizations_of(video.owner)]))


def _language(request: HttpRequest) -> str:
    return "zh" if str(getattr(request, "LANGUAGE_CODE", "en")).startswith("zh") else "en"

"""Pages of creators: a lesson to edit, their account. Every form is a plain POST; elements make them quicker."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
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
from eduvideo.catalog.access import Action, get_video_for, open_playback
from eduvideo.catalog.models import Video
from eduvideo.catalog.services import VideoChanges
from eduvideo.community.comments import set_comment_mode
from eduvideo.community.reception import comment_rules
from eduvideo.core.errors import DomainError, InvalidInputError, PreconditionFailedError
from eduvideo.danmaku.queries import policy_of
from eduvideo.danmaku.services import set_policy
from eduvideo.media import candidates, captioning, posters
from eduvideo.media import services as media
from eduvideo.media.models import AssetState
from eduvideo.media.queries import caption_tracks, playback_of, processing_of
from eduvideo.media.sources import open_upload
from eduvideo.site.cards import cards
from eduvideo.site.confirming import ask_first
from eduvideo.site.forms import (
    CaptionsForm,
    ChaptersForm,
    CommentModeForm,
    DanmakuPolicyForm,
    LessonSettingsForm,
    MeForm,
    PosterForm,
    StudyGuideForm,
    chapter_lines,
    explain,
)
from eduvideo.study.models import StudyGuide
from eduvideo.study.services import set_study_guide

P = ParamSpec("P")


def for_lesson_of_mine(
    view: Callable[Concatenate[HttpRequest, Video, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """Give a page the lesson of its address, if the reader may edit it."""

    @wraps(view)
    def page(request: HttpRequest, public_id: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return view(request, get_video_for(request.user, public_id, to=Action.EDIT), *args, **kwargs)

    # The controls of the preview (media-chrome) bring their styles in shadow roots.
    styled = csp_update({"style-src": [UNSAFE_INLINE]})(page)  # type: ignore[arg-type]  # typed for views without more
    return cast("Callable[Concatenate[HttpRequest, str, P], HttpResponse]", login_required(styled))


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
def save_poster(request: HttpRequest, video: Video) -> HttpResponse:
    form = PosterForm(request.POST, request.FILES)
    return _save(request, video, "picture", form, lambda data: _set_poster(video, **data))


@require_POST
@for_lesson_of_mine
def make_candidates(request: HttpRequest, video: Video) -> HttpResponse:  # noqa: ARG001 - the shape of a page
    candidates.make_candidates(video.asset)
    return redirect(f"/studio/{video.public_id}#section-poster")


def _set_poster(video: Video, *, at_ms: int | None, file: bytes | None) -> None:
    if file is not None:
        posters.upload_poster(video.asset, data=file)
    elif at_ms is not None:
        posters.choose_poster(video.asset, at_ms=at_ms)
    else:
        posters.reset_poster(video.asset)


@require_POST
@for_lesson_of_mine
def save_captions(request: HttpRequest, video: Video) -> HttpResponse:
    form = CaptionsForm(request.POST, request.FILES, auto_id="captions_%s")
    return _save(request, video, "captions", form, lambda data: captioning.put_captions(
        video.asset, language=str(data["language"]), text=str(data["file"])))  # fmt: skip


@require_POST
@for_lesson_of_mine
def delete_captions(request: HttpRequest, video: Video, language: str) -> HttpResponse:
    question, back = _("Delete these captions?"), f"/studio/{video.public_id}"
    if page := ask_first(request, question=question, yes=_("Delete"), back=back):
        return page
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
    if form.is_valid():
        version = form.cleaned_data["version"]
        try:
            set_study_guide(
                video, markdown=form.cleaned_data["markdown"], replaces=None if version is None else {version}
            )
        except PreconditionFailedError:
            return _other_guide(request, video, form)
        except InvalidInputError as error:
            explain(form, error)
        else:
            return _done(request, video)
    return _lesson_page(request, video, status=422, guide=form)


def _other_guide(request: HttpRequest, video: Video, form: StudyGuideForm) -> HttpResponse:
    """Show what was typed beside what somebody else saved meanwhile; to save again is to replace that."""
    there = StudyGuide.objects.filter(video=video).first()
    about = {"markdown": form.cleaned_data["markdown"], "version": there.version if there else 0}
    other = there.markdown if there else ""
    return _lesson_page(request, video, status=412, guide=StudyGuideForm(initial=about), other_guide=other)


@require_POST
@for_lesson_of_mine
def save_danmaku_policy(request: HttpRequest, video: Video) -> HttpResponse:
    form = DanmakuPolicyForm(request.POST)
    return _save(request, video, "danmaku", form, lambda data: set_policy(video, **data))


@require_POST
@for_lesson_of_mine
def save_comment_mode(request: HttpRequest, video: Video) -> HttpResponse:
    form = CommentModeForm(request.POST, auto_id="comments_%s")
    return _save(request, video, "comments", form, lambda data: set_comment_mode(video, mode=str(data["mode"])))


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
        except DomainError as error:
            explain(form, error)
        else:
            return _done(request, video)
    return _lesson_page(request, video, status=422, **{name: form})


def _done(request: HttpRequest, video: Video) -> HttpResponse:
    messages.success(request, _("Saved."))
    return redirect("lesson", public_id=video.public_id)


def _lesson_page(request: HttpRequest, video: Video, *, status: int = 200, **filled: forms.Form | str) -> HttpResponse:
    fields = ("title", "description", "subject", "grade", "language", "visibility")
    session = open_playback(video, viewer=request.user) if video.asset.current_job else None
    tracks = caption_tracks(video.asset)
    about = {name: getattr(video, name) for name in fields}
    about["organization"] = video.organization.public_id if video.organization else ""
    upload, policy = open_upload(video.asset), policy_of(video)
    guide = StudyGuide.objects.filter(video=video).first() or StudyGuide(version=0)
    context = {
        "video": video,
        "settings": LessonSettingsForm(organizations=_organizations(video), initial=about),
        "captions": CaptionsForm(initial={"language": video.language}, auto_id="captions_%s"),
        "chapters": ChaptersForm(initial={"chapters": chapter_lines(video.chapters.all())}),
        "picture": PosterForm(),
        "poster": posters.poster_of(video.asset, session=session),
        "playback": playback_of(video.asset, session=session, tracks=tracks),
        "guide": StudyGuideForm(initial={"markdown": guide.markdown, "version": guide.version}),
        "danmaku": DanmakuPolicyForm(initial={"state": policy.state, "pause_s": policy.pause_s}),
        "comments": CommentModeForm(initial={"mode": comment_rules(video).decided}, auto_id="comments_%s"),
        "tracks": tracks,
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

"""Embed pages, and oEmbed. They set no cookie and read none; a refusal is a small page that every site may frame."""

from collections.abc import Callable, Sequence
from functools import wraps

from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_replace, csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from eduvideo.catalog.access import Action, get_playlist_for, open_playback
from eduvideo.catalog.models import Video
from eduvideo.catalog.outline import outline_of
from eduvideo.catalog.queries import playlist_summaries
from eduvideo.core.errors import DomainError, NotFoundError, problem_response
from eduvideo.embedding.access import ANYONE, get_described_video, get_framed_playlist, get_framed_video
from eduvideo.embedding.counting import frame_seal
from eduvideo.embedding.domains import frame_ancestors
from eduvideo.embedding.errors import FormatError, UnreadableError
from eduvideo.embedding.frames import Size, fitted, shrunk
from eduvideo.embedding.links import USUAL_SIZES, absolute, frame_code, playlist_links, video_links
from eduvideo.embedding.oembed import Kind, Rich, Target, Thumbnail, as_json, as_xml, place_of, target_of
from eduvideo.embedding.options import FrameOptions, options_of
from eduvideo.embedding.queries import picture_size
from eduvideo.media.models import Asset
from eduvideo.media.queries import playback_of, poster_url, thumbnail_url

POSTER_PX, THUMBNAIL_PX = 1280, 480  # the longer sides of the stills, see transcoding/command.py
MAX_PIXELS_DIGITS = 5

Page = Callable[[HttpRequest, str], HttpResponse]
FramedPage = Callable[[HttpRequest, str, FrameOptions], HttpResponse]


def framed(page: FramedPage) -> Page:
    """Let an embed page be framed, by its answer's own policy, and show refusals as pages of the same kind.

    The page gets the options of its address, and speaks the language that they name.
    """

    @wraps(page)
    def shown(request: HttpRequest, public_id: str) -> HttpResponse:
        options = options_of(request.GET.dict())
        if options.language:
            translation.activate(options.language)  # LocaleMiddleware ends it with the answer
            request.LANGUAGE_CODE = options.language
        try:
            response = page(request, public_id, options)
        except DomainError as error:
            context = {"error": error, "options": options}
            response = _with_policy(request, "embedding/problem.html", context, domains=(), status=error.status)
        response["Cache-Control"] = "private, no-store"  # holds the right to watch of one viewer
        patch_vary_headers(response, ["Sec-Fetch-Dest"])
        return response

    return require_safe(xframe_options_exempt(shown))


@framed
def video(request: HttpRequest, public_id: str, options: FrameOptions) -> HttpResponse:
    """Show only the player of a video; every site may frame it."""
    found = get_framed_video(public_id)
    context = {**_player(found), "links": video_links(found), "options": options, "loops": options.loop}
    return _with_policy(request, "embedding/video.html", context, domains=())


@framed
def playlist(request: HttpRequest, public_id: str, options: FrameOptions) -> HttpResponse:
    """Show the player of a playlist's video and the list; the sites that its owner lists may frame it."""
    destination = request.headers.get("Sec-Fetch-Dest", "")
    found = get_framed_playlist(public_id, video_id=request.GET.get("video", ""), destination=destination)
    outline = outline_of(((item, True) for item in found.items), current=found.current.video.public_id)
    context = {
        **_player(found.current.video),
        "links": playlist_links(found.playlist),
        "playlist": found.playlist,
        "outline": outline,
        # After the last lesson a loop begins anew.
        "following": outline.next or (outline.items[0] if options.loop and len(outline.items) > 1 else None),
        "loops": options.loop and len(outline.items) == 1,
        "options": options,
        "sources": " ".join(found.domains),
    }
    return _with_policy(request, "embedding/playlist.html", context, domains=found.domains)


@require_safe
def oembed(request: HttpRequest) -> HttpResponse:
    """Answer oEmbed 1.0 for the address of a video or a playlist; refusals are problem+json."""
    try:
        response = _oembed(request)
    except DomainError as error:
        response = problem_response(error)
    response["Access-Control-Allow-Origin"] = "*"  # the same for everyone
    return response


def _oembed(request: HttpRequest) -> HttpResponse:
    form = request.GET.get("format", "json")
    if form not in {"json", "xml"}:
        raise FormatError(_("Ask for format=json or format=xml."))
    target = _target(request)
    maxima = {"max_width_px": _pixels(request, "maxwidth"), "max_height_px": _pixels(request, "maxheight")}
    describe = _described_playlist if target.kind is Kind.PLAYLIST else _described_video
    answer = describe(
        target, fitted(USUAL_SIZES[target.kind], **maxima), within=Size(*(n or 9999 for n in maxima.values()))
    )
    if form == "xml":
        return HttpResponse(as_xml(answer), content_type="text/xml; charset=utf-8")
    return HttpResponse(as_json(answer), content_type="application/json")


def _target(request: HttpRequest) -> Target:
    url = request.GET.get("url", "")
    if not url:
        raise UnreadableError(_("Name the address of a lesson or a playlist as `url`."))
    own = {place_of(settings.EDUVIDEO.base_url), place_of(f"{request.scheme}://{request.get_host()}")}
    target = target_of(url, own=own)
    if target is None:
        raise NotFoundError(_("This is no address of a lesson or a playlist here."))
    return target


def _pixels(request: HttpRequest, name: str) -> int | None:
    value = request.GET.get(name, "")
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= MAX_PIXELS_DIGITS and int(value)):
        raise UnreadableError(_("%s is a number of pixels, at least 1.") % name)
    return int(value)


def _described_video(target: Target, size: Size, *, within: Size) -> Rich:
    found = get_described_video(target.public_id)
    thumbnail = _thumbnail(found.asset, within=within) if found.is_open else None
    return _rich(target, size, title=found.title, author=found.owner.display_name, thumbnail=thumbnail)


def _described_playlist(target: Target, size: Size, *, within: Size) -> Rich:
    found = get_playlist_for(ANYONE, target.public_id, to=Action.VIEW)
    cover = playlist_summaries([found])[found.pk].cover
    thumbnail = _thumbnail(cover.asset, within=within) if cover else None
    return _rich(target, size, title=found.title, author=found.owner.display_name, thumbnail=thumbnail)


def _rich(target: Target, size: Size, *, title: str, author: str, thumbnail: Thumbnail | None) -> Rich:
    return Rich(
        title=title,
        author_name=author,
        provider_url=settings.EDUVIDEO.base_url,
        html=frame_code(target, title=title, size=size),
        width=size.width_px,
        height=size.height_px,
        thumbnail=thumbnail,
    )


def _thumbnail(asset: Asset, *, within: Size) -> Thumbnail | None:
    """Return the largest public still that fits, or None."""
    picture = picture_size(asset)
    stills = ((poster_url(asset), POSTER_PX), (thumbnail_url(asset), THUMBNAIL_PX))
    for url, longest_px in stills if picture else ():
        size = shrunk(picture, longest_px=longest_px)  # type: ignore[arg-type]  # there are no stills without a picture
        if url and size.width_px <= within.width_px and size.height_px <= within.height_px:
            return Thumbnail(absolute(url), size.width_px, size.height_px)
    return None


def _player(found: Video) -> dict[str, object]:
    """Return what the player of a frame needs; raises NotFoundError while there is nothing to play."""
    session = open_playback(found, viewer=ANYONE)
    playback = playback_of(found.asset, session=session)
    if playback is None:
        raise NotFoundError
    return {
        "video": found,
        "playback": playback,
        "session": session.token if session else "",
        "has_chapters": found.chapters.exists(),
        "seal": frame_seal(found.public_id),
    }


def _with_policy(
    request: HttpRequest, template: str, context: dict[str, object], *, domains: Sequence[str], status: int = 200
) -> HttpResponse:
    """Render a page that these sites may frame, and our own; no list means every site."""

    # The player's controls (media-chrome) bring their styles in shadow roots, which style-src covers too.
    @csp_update({"style-src": [UNSAFE_INLINE]})
    @csp_replace({"frame-ancestors": list(frame_ancestors(domains))})
    def rendered(request: HttpRequest) -> HttpResponse:
        return render(request, template, context, status=status)

    return rendered(request)  # type: ignore[return-value]  # the decorators know only its base class

"""A study guide alone, to read and to print, and the pictures in guides."""

import re

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils.http import parse_etags
from django.views.decorators.http import require_safe

from eduvideo.catalog.access import Action, get_video_for, is_editor
from eduvideo.core.errors import NotFoundError
from eduvideo.core.objects import ObjectStoreError, open_objects
from eduvideo.danmaku.queries import answered_questions
from eduvideo.site.addresses import guide_path, page_address, watch_path
from eduvideo.study.access import get_figure_for
from eduvideo.study.guide import read_guide
from eduvideo.study.queries import study_guide_of

FEWEST_LISTED = 3  # headings; fewer are in sight anyway
KEPT_S = 3600
_NAME = re.compile(r"([1-9A-HJ-NP-Za-km-z]{12})-\d{1,4}x\d{1,4}\.webp")


@require_safe
def guide(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a lesson's study guide with a list of its headings, and the questions from class that were answered."""
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    read = read_guide(study_guide_of(video))
    questions = answered_questions(video)
    if not read.html and not questions:
        raise NotFoundError
    watch = watch_path(video.public_id)
    response = render(
        request,
        "site/guide.html",
        {
            "video": video,
            "watch": watch,
            # Text of the guide has no such markup: in it every "<" is escaped.
            "guide": read.html.replace('<a href="?t=', f'<a href="{watch}?t='),
            "headings": read.headings if len(read.headings) >= FEWEST_LISTED else (),
            "questions": questions,
            "is_editor": is_editor(request.user, video),
            "address": page_address(request, guide_path(video.public_id)) if video.is_open else None,
        },
    )
    if not video.is_open:
        response["Cache-Control"] = "private, no-store"
    return response


@require_safe
def figure(request: HttpRequest, name: str) -> HttpResponse:
    """Give a picture of a study guide to whoever may watch its lesson. It never changes."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise NotFoundError
    found = get_figure_for(request.user, match[1], to=Action.VIEW)
    if name != found.name:
        raise NotFoundError
    tag = f'"{found.public_id}"'
    headers = {"Cache-Control": f"private, max-age={KEPT_S}", "ETag": tag}
    if {tag, "*"} & set(parse_etags(request.headers.get("If-None-Match", ""))):
        return HttpResponseNotModified(headers=headers)
    try:
        body = open_objects().read(found.object_key)
    except ObjectStoreError as error:
        if error.missing:
            raise NotFoundError from error
        raise
    return HttpResponse(body, content_type="image/webp", headers=headers)

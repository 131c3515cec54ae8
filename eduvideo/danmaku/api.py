"""HTTP API of danmaku. The live stream is in asgi.py."""

from dataclasses import asdict
from typing import Annotated

from django.http import HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags
from ninja import Header, Path, Query, Router

from eduvideo.accounts.auth import AuthedRequest, ViewerRequest, signed_in
from eduvideo.catalog.access import Action, get_video_for
from eduvideo.danmaku import access, queries, services
from eduvideo.danmaku.schemas import DanmakuIn, DanmakuSegmentOut, PostedDanmakuOut
from eduvideo.danmaku.segments import LAST_SEGMENT

router = Router(tags=["danmaku"])


@router.get("/videos/{video_id}/danmaku/segments/{n}", response=DanmakuSegmentOut)
def get_segment(
    request: ViewerRequest,
    video_id: str,
    n: Annotated[int, Path(ge=0, le=LAST_SEGMENT)],
    playback: Annotated[str, Query(description="token of a playback session, where that is the right to watch")] = "",
) -> HttpResponse:
    """Return one minute of danmaku: n*60000 <= position_ms < (n+1)*60000, at most 500 of the greatest weight."""
    video = get_video_for(request.user, video_id, to=Action.VIEW, playback=playback)
    cursor = queries.cursor(video)
    # Always asked for again, since a danmaku may be taken off; the answer to that is mostly 304, for two queries.
    headers = {"ETag": f'W/"{cursor}"', "Cache-Control": "private, no-cache"}
    if headers["ETag"] in parse_etags(request.headers.get("If-None-Match", "")):
        return HttpResponseNotModified(headers=headers)
    segment = queries.segment_until(video, n, cursor=cursor)
    return HttpResponse(segment.as_json(), content_type="application/json", headers=headers)


@router.post("/videos/{video_id}/danmaku", response={201: PostedDanmakuOut}, auth=signed_in)
def post(
    request: AuthedRequest,
    video_id: str,
    body: DanmakuIn,
    idempotency_key: Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=64)] = None,
) -> PostedDanmakuOut:
    """Send a danmaku. The same Idempotency-Key again gives the same answer and sends nothing twice."""
    video = get_video_for(request.user, video_id, to=Action.DANMAKU)
    danmaku = services.post_danmaku(video, author=request.user, idempotency_key=idempotency_key, **body.dict())
    item = queries.item_of(danmaku)
    return PostedDanmakuOut(**asdict(item), cursor=str(item.seq))


@router.delete("/videos/{video_id}/danmaku/{danmaku_id}", response={204: None}, auth=signed_in)
def delete(request: AuthedRequest, video_id: str, danmaku_id: str) -> None:
    """Take a danmaku back (one's own, for two minutes) or off the screens (the lesson's owner and staff)."""
    danmaku = access.get_danmaku_for(request.user, video_id, danmaku_id)
    services.withdraw_danmaku(danmaku, by=request.user)

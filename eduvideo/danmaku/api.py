"""HTTP API of danmaku. The live stream is in asgi.py."""

from dataclasses import asdict
from typing import Annotated, Literal

from django.http import HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.utils.http import parse_etags
from ninja import Header, Path, Query, Router

from eduvideo.accounts.auth import AuthedRequest, ViewerRequest, signed_in
from eduvideo.catalog.access import Action, get_video_for
from eduvideo.core.streaming import in_pieces
from eduvideo.danmaku import access, decisions, entries, likes, queries, services
from eduvideo.danmaku.curve import curve_of
from eduvideo.danmaku.formats.records import LARGEST_FILE_BYTES
from eduvideo.danmaku.formats.writing import CONTENT_TYPES, WRITERS
from eduvideo.danmaku.policy import Policy
from eduvideo.danmaku.preference import Preference
from eduvideo.danmaku.room import RoomView, preference_of, room_of
from eduvideo.danmaku.schemas import (
    DanmakuCurveOut,
    DanmakuEntryOut,
    DanmakuEntryPage,
    DanmakuIn,
    DanmakuPolicyIn,
    DanmakuPolicyOut,
    DanmakuRoomOut,
    DanmakuSegmentOut,
    DecisionsIn,
    DecisionsOut,
    EntriesIn,
    ImportedOut,
    LikesOut,
    OwnDanmakuOut,
    OwnDanmakuPage,
    PostedDanmakuOut,
    ReportIn,
    ReportOut,
)
from eduvideo.danmaku.segments import LAST_SEGMENT
from eduvideo.danmaku.services import ImportResult
from eduvideo.moderation.models import Reason

router = Router(tags=["danmaku"])

FILE = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}, "required": True}

Playback = Annotated[str, Query(description="token of a playback session, where that is the right to watch")]


@router.get("/videos/{video_id}/danmaku/segments/{n}", response=DanmakuSegmentOut)
def get_segment(
    request: ViewerRequest,
    video_id: str,
    n: Annotated[int, Path(ge=0, le=LAST_SEGMENT)],
    playback: Playback = "",
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


@router.post("/videos/{video_id}/danmaku", response={201: PostedDanmakuOut}, auth=signed_in, exclude_defaults=True)
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


# -- The room: what may be sent, how it is shown ---------------------------------------------------------------------


@router.get("/videos/{video_id}/danmaku", response=DanmakuRoomOut)
def get_room(request: ViewerRequest, response: HttpResponse, video_id: str, playback: Playback = "") -> RoomView:
    """Tell what may be sent here, and what the asker has liked, blocked and chosen."""
    video = get_video_for(request.user, video_id, to=Action.VIEW, playback=playback)
    response["Cache-Control"] = "private, no-store"
    return room_of(video, viewer=request.user)


@router.get("/videos/{video_id}/danmaku/policy", response=DanmakuPolicyOut)
def get_policy(request: ViewerRequest, video_id: str) -> Policy:
    """Tell what holds on a lesson: as decided, else as its grade asks for."""
    return queries.policy_of(get_video_for(request.user, video_id, to=Action.EDIT))


@router.put("/videos/{video_id}/danmaku/policy", response=DanmakuPolicyOut, auth=signed_in)
def put_policy(request: AuthedRequest, video_id: str, body: DanmakuPolicyIn) -> Policy:
    """Switch danmaku on, slow them down or switch them off (the lesson's owner and staff)."""
    return services.set_policy(get_video_for(request.user, video_id, to=Action.EDIT), **body.dict())


@router.get("/videos/{video_id}/danmaku/curve", response=DanmakuCurveOut)
def get_curve(request: ViewerRequest, video_id: str, playback: Playback = "") -> HttpResponse:
    """Tell how dense a lesson is along its time, and to its moderators where questions are asked."""
    video = get_video_for(request.user, video_id, to=Action.VIEW, playback=playback)
    is_moderator = access.may_moderate(request.user, video)
    curve = curve_of(video)
    etag = f'W/"{curve.cursor}-{video.asset.duration_ms}{"-questions" if is_moderator else ""}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        return HttpResponseNotModified(headers=headers)
    questions = list(curve.questions) if is_moderator else None
    shown = DanmakuCurveOut(step_ms=curve.step_ms, counts=list(curve.counts), questions=questions)
    return HttpResponse(shown.model_dump_json(), content_type="application/json", headers=headers)


@router.get("/me/danmaku-preference", response=Preference, auth=signed_in)
def get_preference(request: AuthedRequest) -> Preference:
    """Tell how I want to see danmaku; empty if I have not said."""
    return Preference(**(preference_of(request.user) or {}))


@router.put("/me/danmaku-preference", response=Preference, auth=signed_in)
def put_preference(request: AuthedRequest, body: Preference) -> Preference:
    """Say how I want to see danmaku on all my devices; what is left out is as the player has it."""
    services.save_preference(request.user, body.model_dump(mode="json"))
    return body


@router.delete("/me/danmaku-preference", response={204: None}, auth=signed_in)
def delete_preference(request: AuthedRequest) -> None:
    """Go back to what the player has."""
    services.forget_preference(request.user)


# -- Moderation and exchange: what those who teach a lesson do with many, and the authors' own -----------------------


@router.get("/videos/{video_id}/danmaku/entries", response=DanmakuEntryPage, auth=signed_in)
def get_entries(request: AuthedRequest, video_id: str, asked: Query[EntriesIn]) -> DanmakuEntryPage:
    """List a lesson's danmaku with their reports and decisions; for those who moderate it."""
    video = access.get_moderated_video_for(request.user, video_id)
    page = entries.entries_of(video, asked.wanted(), cursor=asked.cursor)
    return DanmakuEntryPage(items=[DanmakuEntryOut.of(entry) for entry in page.items], next=page.next)


@router.post("/videos/{video_id}/danmaku/decisions", response=DecisionsOut, auth=signed_in)
def post_decisions(request: AuthedRequest, video_id: str, body: DecisionsIn) -> DecisionsOut:
    """Hide, show, protect or unprotect many; each goes into the audit log, and its author is told. Again is once."""
    video = access.get_moderated_video_for(request.user, video_id)
    if body.ids is not None:
        changed = decisions.decide(video, body.action, by=request.user, ids=body.ids, reason=body.reason)
    else:
        key = body.author_key or ""
        changed = decisions.decide_on_author(video, body.action, by=request.user, author_key=key, reason=body.reason)
    return DecisionsOut(changed=changed)


@router.get("/videos/{video_id}/danmaku/export", auth=signed_in)
def export(
    request: AuthedRequest, video_id: str, kind: Annotated[Literal["xml", "json", "ass"], Query(alias="format")] = "xml"
) -> StreamingHttpResponse:
    """Give all danmaku of a lesson away: Bilibili's XML, our JSON or subtitles; authors are salted hashes."""
    video = access.get_moderated_video_for(request.user, video_id)
    lines = WRITERS[kind](queries.exported(video))
    headers = {
        "Content-Disposition": f'attachment; filename="danmaku-{video.public_id}.{kind}"',
        "Cache-Control": "private, no-store",
    }
    return StreamingHttpResponse(in_pieces(lines), content_type=CONTENT_TYPES[kind], headers=headers)


@router.post(
    "/videos/{video_id}/danmaku/import",
    response={201: ImportedOut},
    auth=signed_in,
    openapi_extra={"requestBody": FILE},
)
def import_file(request: AuthedRequest, video_id: str) -> ImportResult:
    """Add the danmaku of a file, which is the body: Bilibili XML, AcFun JSON, Niconico JSON or ours; at most 64 MB.

    A broken file adds nothing, and its line is said.
    """
    video = access.get_moderated_video_for(request.user, video_id)
    return services.import_danmaku(video, request.read(LARGEST_FILE_BYTES + 1))


@router.get("/me/danmaku", response=OwnDanmakuPage, auth=signed_in)
def get_own(request: AuthedRequest, cursor: str | None = None) -> OwnDanmakuPage:
    """List what I sent to any lesson, newest first, and what became of it."""
    page = entries.own_entries(request.user, cursor=cursor)
    return OwnDanmakuPage(items=[OwnDanmakuOut.of(entry) for entry in page.items], next=page.next)


@router.post("/videos/{video_id}/danmaku/{danmaku_id}/report", response={201: ReportOut}, auth=signed_in)
def report(request: AuthedRequest, video_id: str, danmaku_id: str, body: ReportIn) -> ReportOut:
    """Say that a danmaku should not stand there; again is the first report."""
    danmaku = access.get_danmaku_for(request.user, video_id, danmaku_id)
    mine = decisions.report_danmaku(danmaku, by=request.user, reason=body.reason, note=body.note)
    return ReportOut(
        reason=Reason(mine.reason), note=mine.note, created_at=mine.created_at, is_open=mine.closed_at is None
    )


# -- One danmaku: like, block, take back. Below every address that {danmaku_id} would take for itself ----------------


@router.post("/videos/{video_id}/danmaku/{danmaku_id}/like", response=LikesOut, auth=signed_in)
def like(request: AuthedRequest, video_id: str, danmaku_id: str) -> LikesOut:
    """Like somebody else's danmaku; again is once."""
    danmaku = access.get_danmaku_for(request.user, video_id, danmaku_id)
    return LikesOut(likes=likes.like_danmaku(danmaku, by=request.user), liked=True)


@router.delete("/videos/{video_id}/danmaku/{danmaku_id}/like", response=LikesOut, auth=signed_in)
def unlike(request: AuthedRequest, video_id: str, danmaku_id: str) -> LikesOut:
    """Take my like back."""
    danmaku = access.get_danmaku_for(request.user, video_id, danmaku_id)
    return LikesOut(likes=likes.unlike_danmaku(danmaku, by=request.user), liked=False)


@router.post("/videos/{video_id}/danmaku/{danmaku_id}/block", response={204: None}, auth=signed_in)
def block(request: AuthedRequest, video_id: str, danmaku_id: str) -> None:
    """Do not show me this author: on any video where they have an account, else on this one."""
    services.block_author(access.get_danmaku_for(request.user, video_id, danmaku_id), by=request.user)


@router.delete("/videos/{video_id}/danmaku/{danmaku_id}/block", response={204: None}, auth=signed_in)
def unblock(request: AuthedRequest, video_id: str, danmaku_id: str) -> None:
    """Show me this author again."""
    services.unblock_author(access.get_danmaku_for(request.user, video_id, danmaku_id), by=request.user)


@router.delete("/videos/{video_id}/danmaku/{danmaku_id}", response={204: None}, auth=signed_in)
def delete(request: AuthedRequest, video_id: str, danmaku_id: str) -> None:
    """Take a danmaku back (one's own, for two minutes) or off the screens (those who teach the lesson)."""
    danmaku = access.get_danmaku_for(request.user, video_id, danmaku_id)
    services.withdraw_danmaku(danmaku, by=request.user)

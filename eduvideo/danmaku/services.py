"""Writes of danmaku."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from eduvideo.accounts.models import User
from eduvideo.catalog.access import is_editor
from eduvideo.catalog.models import Video
from eduvideo.core import clock
from eduvideo.core.errors import ForbiddenError, InvalidInputError
from eduvideo.danmaku import channel, queries
from eduvideo.danmaku.authors import author_key
from eduvideo.danmaku.bulk import NewDanmaku, insert_all
from eduvideo.danmaku.formats import reading
from eduvideo.danmaku.models import TEXT_CODE_POINTS, Danmaku, DanmakuCounter, DanmakuState, Kind, Mode
from eduvideo.danmaku.pace import check_pace
from eduvideo.danmaku.segments import LONGEST_MS, SIZES_PX, color_number, segment_of
from eduvideo.danmaku.sequence import take_seq
from eduvideo.danmaku.weight import weight_of
from eduvideo.moderation.services import check_text
from eduvideo.moderation.text import clean_line

__all__ = ["ImportResult", "NewDanmaku", "add_danmaku_bulk", "import_danmaku", "post_danmaku", "withdraw_danmaku"]

UNDO = timedelta(minutes=2)
END_TOLERANCE_MS = 1_000  # a player may report a moment after the end
SAME_PLACE_MS = 15_000
LAST_SAID = 200
HOUSE_KINDS = frozenset({Kind.TEACHER, Kind.ANSWER})


@dataclass(frozen=True, slots=True)
class ImportResult:
    """How many danmaku of a file were added, and how many could not be read."""

    added: int
    skipped: int


def post_danmaku(
    video: Video,
    *,
    author: User,
    position_ms: int,
    text: str,
    mode: str = Mode.SCROLL,
    color: str = "#ffffff",
    size_px: int = 25,
    kind: str = Kind.COMMENT,
    idempotency_key: str | None = None,
) -> Danmaku:
    """Keep one danmaku and send it to everyone who watches; the caller has checked that the author may do so.

    The same idempotency key of the same author on the same video gives the same danmaku, never a second one, also when
    both come at once. Raises InvalidInputError with the field, ForbiddenError for a kind that is not the author's to
    use, TooManyRequestsError.
    """
    if idempotency_key and (sent := _sent_before(video, author, idempotency_key)):
        return sent
    is_of_the_house = is_editor(author, video)
    if kind in HOUSE_KINDS and not is_of_the_house:
        raise ForbiddenError(_("Only the teacher of this lesson can send this kind."))
    line = _checked_text(text)
    _check_look(mode, size_px)
    place_ms = _checked_position(video, position_ms)
    check_pace(video_pk=video.pk, author_pk=author.pk)
    draft = Danmaku(
        video=video,
        position_ms=place_ms,
        segment=segment_of(place_ms),
        mode=mode,
        kind=kind,
        color=color_number(color),
        size_px=size_px,
        text=line,
        weight=weight_of(
            kind=kind,
            text=line,
            is_of_the_house=is_of_the_house,
            is_repeated=_is_repeated(video, place_ms, line),
        ),
        author=author,
        author_key=author_key(video.pk, f"user:{author.pk}"),
        idempotency_key=idempotency_key,
    )
    try:
        return _append(draft)
    except IntegrityError:
        sent = _sent_before(video, author, idempotency_key)
        if sent is None:
            raise
        return sent  # the same request came twice at once, and the other one won


@transaction.atomic
def withdraw_danmaku(danmaku: Danmaku, *, by: User) -> None:
    """Take a danmaku off the screens: its author within two minutes, the lesson's owner and staff at any time.

    Doing it again changes nothing. Raises ForbiddenError.
    """
    is_own = danmaku.author_id == by.pk
    if not is_editor(by, danmaku.video):
        if not is_own:
            raise ForbiddenError(_("This danmaku is not yours."))
        if clock.now() - danmaku.created_at > UNDO:
            raise ForbiddenError(_("A danmaku can be taken back for two minutes."))
    seq = take_seq(danmaku.video_id)
    state = DanmakuState.DELETED if is_own else DanmakuState.HIDDEN
    if Danmaku.objects.filter(pk=danmaku.pk, state=DanmakuState.VISIBLE).update(state=state):
        counter = DanmakuCounter.objects.filter(video=danmaku.video_id)
        counter.update(reset_seq=seq, visible_count=F("visible_count") - int(danmaku.mode != Mode.SPECIAL))
        transaction.on_commit(partial(channel.publish, danmaku.video_id, seq=seq))


def add_danmaku_bulk(video: Video, items: Iterable[NewDanmaku]) -> int:
    """Add many danmaku as they are, without limits on their speed, and return how many; for imports and the demo.

    Texts are cleaned, not judged. It is written in transactions of some thousands, so a failure may leave a part.
    """
    return insert_all(video, items)


def import_danmaku(video: Video, data: bytes) -> ImportResult:
    """Add what a file of Bilibili, AcFun, Niconico or our own holds; raises InvalidInputError and then adds nothing."""
    parsed = reading.parse(data)
    return ImportResult(add_danmaku_bulk(video, parsed.items), parsed.skipped)


@transaction.atomic
def _append(draft: Danmaku) -> Danmaku:
    draft.seq = take_seq(draft.video_id)
    draft.save(force_insert=True)
    DanmakuCounter.objects.filter(video=draft.video_id).update(visible_count=F("visible_count") + 1)
    item = queries.item_of(draft)
    transaction.on_commit(partial(channel.publish, draft.video_id, seq=item.seq, item_json=item.as_json()))
    return draft


def _sent_before(video: Video, author: User, idempotency_key: str | None) -> Danmaku | None:
    return Danmaku.objects.filter(video=video, author=author, idempotency_key=idempotency_key).first()


def _checked_text(text: str) -> str:
    clean, longest = clean_line(text), settings.EDUVIDEO.danmaku_max_length
    if not clean.length:
        raise InvalidInputError.of("text", _("Write something first."))
    if clean.length > longest or len(clean.text) > TEXT_CODE_POINTS:
        message = ngettext(
            "A danmaku has at most %(count)d character.", "A danmaku has at most %(count)d characters.", longest
        )
        raise InvalidInputError.of("text", message % {"count": longest})
    check_text(clean.text, field="text")
    return clean.text


def _check_look(mode: str, size_px: int) -> None:
    if mode not in Mode.values or mode == Mode.SPECIAL:
        raise InvalidInputError.of("mode", _("There is no such way to fly."))
    if size_px not in SIZES_PX:
        raise InvalidInputError.of("size_px", _("The size must be 18, 25 or 36."))


def _checked_position(video: Video, position_ms: int) -> int:
    duration_ms = video.asset.duration_ms
    end_ms = LONGEST_MS if duration_ms is None else duration_ms
    if not 0 <= position_ms <= end_ms + END_TOLERANCE_MS:
        raise InvalidInputError.of("position_ms", _("This moment is not within the lesson."))
    return min(position_ms, end_ms)


def _is_repeated(video: Video, position_ms: int, text: str) -> bool:
    """Tell whether one of the video's last danmaku says the same at about the same moment."""
    last = Danmaku.objects.filter(video=video).order_by("-seq").values_list("text", "position_ms")[:LAST_SAID]
    return any(said == text and abs(at_ms - position_ms) <= SAME_PLACE_MS for said, at_ms in last)

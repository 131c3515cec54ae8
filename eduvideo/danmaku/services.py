"""Writes of danmaku."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.core import clock
from eduvideo.core.errors import ForbiddenError, InvalidInputError, TooManyRequestsError
from eduvideo.core.ids import new_public_id
from eduvideo.danmaku import channel, pace, queries
from eduvideo.danmaku.access import may_moderate
from eduvideo.danmaku.authors import author_key
from eduvideo.danmaku.bulk import NewDanmaku, insert_all
from eduvideo.danmaku.decisions import decide
from eduvideo.danmaku.formats import reading
from eduvideo.danmaku.models import (
    TEXT_CODE_POINTS,
    Danmaku,
    DanmakuBlock,
    DanmakuCounter,
    DanmakuPolicy,
    DanmakuPreference,
    DanmakuState,
    Kind,
    Mode,
    PolicyState,
)
from eduvideo.danmaku.policy import LONGEST_PAUSE_S, SHORTEST_PAUSE_S, Policy
from eduvideo.danmaku.sameness import own_key, text_key
from eduvideo.danmaku.segments import LONGEST_MS, SIZES_PX, color_number, segment_of
from eduvideo.danmaku.sequence import take_seq
from eduvideo.danmaku.standing import standing
from eduvideo.danmaku.weight import weight_of
from eduvideo.moderation.models import Act, ThingKind
from eduvideo.moderation.services import check_text, close_reports
from eduvideo.moderation.text import clean_line

__all__ = [
    "ImportResult", "NewDanmaku", "add_danmaku_bulk", "block_author", "forget_preference", "import_danmaku",
    "post_danmaku", "save_preference", "set_policy", "unblock_author", "withdraw_danmaku",
]  # fmt: skip

UNDO = timedelta(minutes=2)
END_TOLERANCE_MS = 1_000  # a player may report a moment after the end
SAME_PLACE_MS = 15_000
LAST_SAID = 200
SAME_PER_MINUTE = 5


@dataclass(frozen=True, slots=True)
class ImportResult:
    """How many danmaku of a file were added, and how many could not be read."""

    added: int
    skipped: int


def post_danmaku(  # noqa: PLR0913 - an argument for each entry of the form
    video: Video,
    *,
    author: User,
    position_ms: int,
    text: str,
    mode: str = Mode.SCROLL,
    color: str = "#ffffff",
    size_px: int = 25,
    kind: str = Kind.COMMENT,
    reply_to: str = "",
    idempotency_key: str | None = None,
) -> Danmaku:
    """Keep one danmaku and send it to everyone who watches; the caller has checked that the author may do so.

    The same idempotency key of the same author on the same video gives the same danmaku, never a second one, also when
    both come at once. reply_to is, of an answer, the id of a question on the video. Raises InvalidInputError with the
    field, ForbiddenError where danmaku are switched off and for a kind that is not the author's to use,
    TooManyRequestsError.
    """
    if idempotency_key and (sent := _sent_before(video, author, idempotency_key)):
        return sent
    policy, is_moderator = queries.policy_of(video), may_moderate(author, video)
    _check_kind(policy, kind, is_moderator=is_moderator)
    line = _checked_text(text)
    _check_look(mode, size_px)
    place_ms = _checked_position(video, position_ms)
    _check_question(video, kind, reply_to)
    _check_variety(author, line)
    pace.check_pace(
        video_pk=video.pk,
        author_pk=author.pk,
        speaker=pace.speaker_of(joined_at=author.date_joined, now=clock.now(), is_moderator=is_moderator),
        pause_ms=policy.pause_ms,
        idempotency_key=idempotency_key,
    )
    weight = weight_of(
        kind=kind,
        text=line,
        is_of_the_house=is_moderator,
        is_repeated=_is_repeated(video, place_ms, line),
        standing=0 if is_moderator else standing(author),
    )
    public_id = new_public_id()
    draft = Danmaku(
        public_id=public_id,
        video=video,
        position_ms=place_ms,
        segment=segment_of(place_ms),
        mode=mode,
        kind=kind,
        color=color_number(color),
        size_px=size_px,
        text=line,
        weight=weight,
        own_weight=weight,
        author=author,
        author_key=author_key(video.pk, f"user:{author.pk}"),
        text_key=text_key(line) if kind == Kind.COMMENT else own_key(public_id),
        reply_to=reply_to,
        idempotency_key=idempotency_key,
    )
    try:
        return _append(draft)
    except IntegrityError:
        sent = _sent_before(video, author, idempotency_key) if idempotency_key else None
        if sent is None:
            raise
        return sent  # the same request came twice at once, and the other one won


@transaction.atomic
def withdraw_danmaku(danmaku: Danmaku, *, by: User) -> None:
    """Take a danmaku off the screens: its author within two minutes, those who moderate the lesson at any time.

    Doing it again changes nothing. Raises ForbiddenError.
    """
    is_moderator = may_moderate(by, danmaku.video)
    if danmaku.author_id != by.pk:
        if not is_moderator:
            raise ForbiddenError(_("This danmaku is not yours."))
        decide(danmaku.video, Act.HIDE, by=by, ids=[danmaku.public_id])
        return
    if not is_moderator and clock.now() - danmaku.created_at > UNDO:
        raise ForbiddenError(_("A danmaku can be taken back for two minutes."))
    seq = take_seq(danmaku.video_id)
    own = Danmaku.objects.filter(pk=danmaku.pk, state=DanmakuState.VISIBLE)
    if own.update(state=DanmakuState.DELETED):
        close_reports(ThingKind.DANMAKU, [danmaku.public_id])
        counter = DanmakuCounter.objects.filter(video=danmaku.video_id)
        counter.update(reset_seq=seq, visible_count=F("visible_count") - int(danmaku.mode != Mode.SPECIAL))
        transaction.on_commit(partial(channel.publish, danmaku.video_id, seq=seq))


def block_author(danmaku: Danmaku, *, by: User) -> None:
    """Show somebody nothing more of a danmaku's author; doing it again changes nothing.

    It counts on every video where the author has an account, else on this one. Raises ForbiddenError for oneself, and
    InvalidInputError where nothing tells one author from another.
    """
    if danmaku.author_id == by.pk:
        raise ForbiddenError(_("You cannot block yourself."))
    if danmaku.author_id is None and not danmaku.author_key:
        raise InvalidInputError(_("Nobody knows who wrote this."))
    DanmakuBlock.objects.bulk_create([DanmakuBlock(user=by, **_named(danmaku))], ignore_conflicts=True)


def unblock_author(danmaku: Danmaku, *, by: User) -> None:
    """Show somebody again what a danmaku's author says; nothing happens if it was never hidden."""
    DanmakuBlock.objects.filter(user=by, **_named(danmaku)).delete()


def set_policy(video: Video, *, state: str, pause_s: int) -> Policy:
    """Decide whether and how often danmaku may be sent; the caller has checked the permission. From now on it counts.

    Raises InvalidInputError with the field.
    """
    if state not in PolicyState.values:
        raise InvalidInputError.of("state", _("Choose one of the answers."))
    if not SHORTEST_PAUSE_S <= pause_s <= LONGEST_PAUSE_S:
        limits = {"shortest": SHORTEST_PAUSE_S, "longest": LONGEST_PAUSE_S}
        raise InvalidInputError.of("pause_s", _("From %(shortest)d to %(longest)d seconds.") % limits)
    DanmakuPolicy.objects.update_or_create(video=video, defaults={"state": state, "pause_s": pause_s})
    return queries.policy_of(video)


def save_preference(user: User, values: dict[str, Any]) -> None:
    """Keep how somebody wants to see danmaku, in place of what was kept. One query. `values`: a Preference as JSON."""
    row = DanmakuPreference(user=user, values=values, updated_at=clock.now())
    DanmakuPreference.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["user"], update_fields=["values", "updated_at"]
    )


def forget_preference(user: User) -> None:
    """Forget how somebody wants to see danmaku."""
    DanmakuPreference.objects.filter(user=user).delete()


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


def _sent_before(video: Video, author: User, idempotency_key: str) -> Danmaku | None:
    return Danmaku.objects.filter(video=video, author=author, idempotency_key=idempotency_key).first()


def _named(danmaku: Danmaku) -> dict[str, Any]:
    """Return how a block names the author of a danmaku."""
    if danmaku.author_id is not None:
        return {"author_id": danmaku.author_id}
    return {"video_id": danmaku.video_id, "author_key": danmaku.author_key}


def _check_kind(policy: Policy, kind: str, *, is_moderator: bool) -> None:
    if policy.state == PolicyState.OFF and not is_moderator:
        raise ForbiddenError(_("Danmaku are switched off for this lesson."))
    if kind not in policy.kinds_for(is_moderator=is_moderator):
        raise ForbiddenError(_("Only the teacher of this lesson can send this kind."))


def _check_question(video: Video, kind: str, reply_to: str) -> None:
    if not reply_to:
        return
    if kind != Kind.ANSWER:
        raise InvalidInputError.of("reply_to", _("Only an answer replies to something."))
    question = Danmaku.objects.filter(video=video, public_id=reply_to, kind=Kind.QUESTION, state=DanmakuState.VISIBLE)
    if not (reply_to.isalnum() and question.exists()):
        raise InvalidInputError.of("reply_to", _("There is no such question on this lesson."))


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


def _check_variety(author: User, text: str) -> None:
    """Refuse what somebody has just sent again and again, to any lesson."""
    recent = Danmaku.objects.filter(author=author, created_at__gt=clock.now() - timedelta(minutes=1))
    said, key = recent.values_list("text", flat=True)[:LAST_SAID], text_key(text)
    if sum(text_key(before) == key for before in said) >= SAME_PER_MINUTE:
        message = _("You have sent this several times in a minute. Say something else, or wait a little.")
        raise TooManyRequestsError(message, retry_after_s=60)


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

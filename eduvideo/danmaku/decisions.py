"""What people report, and what those who moderate a lesson decide: on many danmaku at once, each in the audit log.

Every change is told to viewers as a reset, and to the author on the page of their own danmaku.
"""

from collections.abc import Sequence
from functools import partial

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.core.errors import ForbiddenError, InvalidInputError, NotFoundError
from eduvideo.danmaku import channel
from eduvideo.danmaku.models import Care, Danmaku, DanmakuCounter, DanmakuState, Kind, Mode
from eduvideo.danmaku.sameness import own_key, text_key
from eduvideo.danmaku.sequence import take_seq
from eduvideo.danmaku.weight import weight_now
from eduvideo.moderation import queries as moderation
from eduvideo.moderation.models import Act, Authority, Report, ThingKind
from eduvideo.moderation.services import Ruling, record_decisions, report_thing

MOST_AT_ONCE = 500  # keeps a write transaction under 100 ms
NEVER_LOWERED = frozenset({Kind.TEACHER, Kind.ANSWER})


def decide(video: Video, act: Act, *, by: User, ids: Sequence[str], reason: str = "") -> int:
    """Decide on up to 500 danmaku of a lesson by their ids; the caller has checked that `by` moderates it.

    Return on how many something was decided: what stands so already, was taken back or is of another lesson is left
    as it is. Only staff shows what staff has hidden, also after others. Raises InvalidInputError for more ids.
    """
    if len(ids) > MOST_AT_ONCE:
        raise InvalidInputError.of("ids", _("At most 500 at once."))
    return _decide(video, Danmaku.objects.filter(public_id__in=ids), _ruling(video, act, by, reason))


def decide_on_author(video: Video, act: Act, *, by: User, author_key: str, reason: str = "") -> int:
    """Decide on everything that one author has sent to a lesson, in transactions of 500; see `decide`."""
    pks = list(Danmaku.objects.filter(video=video, author_key=author_key).values_list("pk", flat=True))
    ruling = _ruling(video, act, by, reason)
    chunks = (pks[start : start + MOST_AT_ONCE] for start in range(0, len(pks) if author_key else 0, MOST_AT_ONCE))
    return sum(_decide(video, Danmaku.objects.filter(pk__in=chunk), ruling) for chunk in chunks)


@transaction.atomic
def report_danmaku(danmaku: Danmaku, *, by: User, reason: str, note: str = "") -> Report:
    """Report a danmaku; a second time gives the first report.

    When as many people have reported it as the setting says, it weighs least until somebody decides. Raises
    ForbiddenError for one's own, NotFoundError for one that was taken off, InvalidInputError, TooManyRequestsError.
    """
    if danmaku.author_id == by.pk:
        raise ForbiddenError(_("This danmaku is yours. For two minutes you can take it back."))
    if danmaku.state != DanmakuState.VISIBLE:
        raise NotFoundError
    thing = danmaku.public_id
    report = report_thing(ThingKind.DANMAKU, thing, video=danmaku.video.public_id, by=by, reason=reason, note=note)
    if danmaku.care == Care.NONE and danmaku.kind not in NEVER_LOWERED:
        reporters = moderation.reporter_count(ThingKind.DANMAKU, thing)
        if reporters >= settings.EDUVIDEO.danmaku_reports_to_lower:
            _lower(danmaku)
    return report


def _ruling(video: Video, act: Act, by: User, reason: str) -> Ruling:
    if by.pk == video.owner_id:
        return Ruling(act, by, Authority.OWNER, reason)
    return Ruling(act, by, Authority.STAFF if by.is_staff else Authority.TEACHER, reason)


@transaction.atomic
def _decide(video: Video, chosen: QuerySet[Danmaku], ruling: Ruling) -> int:
    seq = take_seq(video.pk)  # from here on nobody else changes danmaku of this video
    rows = list(chosen.filter(video=video).exclude(state=DanmakuState.DELETED))
    bound = _bound(rows, ruling)
    free = [row for row in rows if row.public_id not in bound]
    reported = moderation.said_of(ThingKind.DANMAKU, [row.public_id for row in free])
    taken_over = _taken_over(free, ruling)
    shown_before = _count_drawn(free)
    changed = [row for row in free if _change(row, ruling.act)]
    decided = {row.public_id for row in changed} | reported.keys() | taken_over
    if not decided:
        transaction.set_rollback(True)  # the number is given back: nothing happened
        return 0
    _save(changed)
    record_decisions(ruling, ThingKind.DANMAKU, decided, video=video.public_id)
    _tell(video.pk, seq, drawn=_count_drawn(free) - shown_before)
    return len(decided)


def _bound(rows: Sequence[Danmaku], ruling: Ruling) -> set[str]:
    """Return what only staff may decide on, because staff has hidden it: the last decision says whose it is."""
    if ruling.authority == Authority.STAFF:
        return set()
    return _hidden(rows, is_of_staff=True)


def _taken_over(rows: Sequence[Danmaku], ruling: Ruling) -> set[str]:
    """Return what staff hides although it is hidden: who has hidden it before could show it again."""
    if (ruling.act, ruling.authority) != (Act.HIDE, Authority.STAFF):
        return set()
    return _hidden(rows, is_of_staff=False)


def _hidden(rows: Sequence[Danmaku], *, is_of_staff: bool) -> set[str]:
    """Return what is hidden, by staff or by others."""
    hidden = {row.public_id for row in rows if row.state == DanmakuState.HIDDEN}
    latest = moderation.latest_decisions(ThingKind.DANMAKU, list(hidden))
    of_staff = {thing for thing, decision in latest.items() if decision.authority == Authority.STAFF}
    return of_staff if is_of_staff else hidden - of_staff


def _change(row: Danmaku, act: Act) -> bool:
    """Change a danmaku as it was decided; True if anything is different afterwards."""
    before = row.state, row.care
    if act == Act.HIDE:
        row.state, row.care = DanmakuState.HIDDEN.value, Care.NONE.value
    elif act == Act.PROTECT:
        row.state, row.care = DanmakuState.VISIBLE.value, Care.PROTECTED.value
    elif act == Act.SHOW:
        row.state, row.care = DanmakuState.VISIBLE.value, Care.NONE.value if row.care == Care.REPORTED else row.care
    elif row.care == Care.PROTECTED:
        row.care = Care.NONE.value
    row.weight = weight_now(row.own_weight, row.likes, care=row.care)
    # What is protected is shown by itself, however many say the same.
    stands_alone = row.care == Care.PROTECTED or row.kind != Kind.COMMENT
    row.text_key = own_key(row.public_id) if stands_alone else text_key(row.text)
    return (row.state, row.care) != before


def _save(rows: Sequence[Danmaku]) -> None:
    """Write what was changed; Django's bulk_update takes half a second for as many."""
    table = Danmaku._meta.db_table  # noqa: SLF001 - the documented name of it
    values = [(row.state, row.care, row.weight, row.text_key, row.pk) for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET state = %s, care = %s, weight = %s, text_key = %s WHERE id = %s",  # noqa: S608 - our own
            values,
        )


def _lower(danmaku: Danmaku) -> None:
    seq = take_seq(danmaku.video_id)
    row = Danmaku.objects.get(pk=danmaku.pk)
    if row.state == DanmakuState.VISIBLE and row.care == Care.NONE:
        row.care = Care.REPORTED
        row.weight = weight_now(row.own_weight, row.likes, care=row.care)
        row.save(update_fields=["care", "weight"])
        _tell(danmaku.video_id, seq, drawn=0)


def _tell(video_pk: int, seq: int, *, drawn: int) -> None:
    counter = DanmakuCounter.objects.filter(video=video_pk)
    counter.update(reset_seq=seq, visible_count=F("visible_count") + drawn)
    transaction.on_commit(partial(channel.publish, video_pk, seq=seq))


def _count_drawn(rows: Sequence[Danmaku]) -> int:
    return sum(row.state == DanmakuState.VISIBLE and row.mode != Mode.SPECIAL for row in rows)

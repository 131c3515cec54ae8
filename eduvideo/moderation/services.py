"""What may be said in front of a class, what people report, and what is decided on it.

Whoever is refused is told why; nobody is silenced in secret. The services of whatever is decided on call
`record_decisions` in their own transaction.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from eduvideo.accounts.models import User
from eduvideo.core import clock
from eduvideo.core.errors import InvalidInputError, TooManyRequestsError
from eduvideo.moderation.blocklist import Blocklist, has_link
from eduvideo.moderation.models import MAX_NOTE, MAX_REASON, Act, Authority, Decision, Reason, Report, ThingKind
from eduvideo.moderation.text import clean_line, shortened

SHIPPED_WORDS = Path(__file__).with_name("words.txt")
OWN_WORDS = "block_words.txt"
REPORTS_PER_HOUR = 30
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What somebody decides on many things at once, by which right, and why."""

    act: Act
    by: User
    authority: Authority
    reason: str = ""


def check_text(text: str, *, field: str) -> None:
    """Raise InvalidInputError for a link or a blocked word, with a sentence for the sender; field is the request's."""
    if has_link(text):
        raise InvalidInputError.of(field, _("Links cannot be sent here."))
    if any(words.blocks(text) for words in _blocklists()):
        raise InvalidInputError.of(field, _("This has a word that is not welcome here. Please say it differently."))


def report_thing(kind: ThingKind, thing: str, *, video: str, by: User, reason: str, note: str = "") -> Report:
    """Keep a report; the same person's second one on the same thing changes nothing and gives the first.

    Raises InvalidInputError with the field, TooManyRequestsError for somebody who reports everything.
    """
    if reason not in Reason.values:
        raise InvalidInputError.of("reason", _("Please choose one of the list."))
    mine = Report.objects.filter(reporter=by)
    if before := mine.filter(kind=kind, thing=thing).first():
        return before
    if mine.filter(created_at__gt=clock.now() - HOUR).count() >= REPORTS_PER_HOUR:
        raise TooManyRequestsError(
            _("You have reported very much in an hour. Please wait a while."), retry_after_s=int(HOUR.total_seconds())
        )
    said = {"video": video, "reason": reason, "note": shortened(clean_line(note), MAX_NOTE)[:MAX_NOTE]}
    return Report.objects.get_or_create(reporter=by, kind=kind, thing=thing, defaults=said)[0]


def record_decisions(ruling: Ruling, kind: ThingKind, things: Collection[str], *, video: str) -> None:
    """Write a decision on each thing into the audit log, and close the reports on them."""
    now = clock.now()
    reason = _clean_reason(ruling.reason)
    Decision.objects.bulk_create(
        Decision(
            kind=kind, thing=thing, video=video, act=ruling.act, by=ruling.by, authority=ruling.authority,
            reason=reason, created_at=now,
        )
        for thing in things
    )  # fmt: skip
    close_reports(kind, things)


def close_reports(kind: ThingKind, things: Iterable[str]) -> None:
    """Close the reports on things of which nobody has to decide any more."""
    Report.objects.filter(kind=kind, thing__in=list(things), closed_at=None).update(closed_at=clock.now())


def close_reports_on_video(video: str) -> None:
    """Close the reports on everything of a video that is gone."""
    Report.objects.filter(video=video, closed_at=None).update(closed_at=clock.now())


def _clean_reason(reason: str) -> str:
    """Return a reason as it is kept: one of the reports' reasons, or a short sentence."""
    return shortened(clean_line(reason), MAX_REASON)[:MAX_REASON]


def _blocklists() -> tuple[Blocklist, Blocklist]:
    own = settings.EDUVIDEO.data_dir / OWN_WORDS
    try:
        changed_ns = own.stat().st_mtime_ns
    except FileNotFoundError:
        return _shipped(), Blocklist.of(())
    return _shipped(), _own(own, changed_ns)


@cache
def _shipped() -> Blocklist:
    return Blocklist.of(SHIPPED_WORDS.read_text(encoding="utf-8").splitlines())


@lru_cache(maxsize=1)
def _own(file: Path, changed_ns: int) -> Blocklist:  # noqa: ARG001 - the time of change is what makes it read again
    return Blocklist.of(file.read_text(encoding="utf-8", errors="replace").splitlines())

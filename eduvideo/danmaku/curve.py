"""How dense a lesson is with danmaku, and with questions, along its time: what is drawn over the seek bar.

Counting reads all of a video's danmaku (70 ms for 100,000 on SQLite), so the curve is kept in the broker and counted
anew only when it would look different: when one in a hundred came, or something was taken off.
"""

import json
import logging
from dataclasses import asdict, dataclass

from django.db.models import Count, F, Q, Value

from eduvideo.catalog.models import Video
from eduvideo.core.broker import BrokerError, broker
from eduvideo.danmaku.models import Danmaku, DanmakuCounter, Kind

logger = logging.getLogger(__name__)

STEPS = 200
SHORTEST_STEP_MS = 1_000
KEPT_S = 24 * 3600
SAME_WITHIN = 100  # one in so many danmaku more is not seen in a curve


@dataclass(frozen=True, slots=True)
class Curve:
    """How many danmaku, and how many questions among them, begin in each step of a lesson; as of a cursor."""

    cursor: int
    step_ms: int
    counts: tuple[int, ...]
    questions: tuple[int, ...]

    def is_right_at(self, last_seq: int, reset_seq: int) -> bool:
        """Tell whether the curve still looks the same at a later cursor."""
        changes = last_seq - self.cursor
        return reset_seq <= self.cursor and 0 <= changes <= sum(self.counts) // SAME_WITHIN


def step_ms_of(duration_ms: int) -> int:
    """Return the length of a step, so that at most 200 cover the lesson; never below a second."""
    return max(SHORTEST_STEP_MS, -(-duration_ms // STEPS))


def curve_of(video: Video) -> Curve:
    """Return a video's curve, empty before its length is known. One query, or two when it is counted anew."""
    duration_ms = video.asset.duration_ms or 0
    counter = DanmakuCounter.objects.filter(video=video).values_list("last_seq", "reset_seq").first()
    last_seq, reset_seq = counter or (0, 0)
    key = f"eduvideo:danmaku:curve:{video.public_id}:{duration_ms}"
    kept = _kept(key)
    if kept and kept.is_right_at(last_seq, reset_seq):
        return kept
    curve = _counted(video, duration_ms, cursor=last_seq)
    _keep(key, curve)
    return curve


def _counted(video: Video, duration_ms: int, *, cursor: int) -> Curve:
    step_ms = step_ms_of(duration_ms)
    counts = [0] * -(-duration_ms // step_ms)
    questions = counts.copy()
    drawn = Danmaku.objects.drawn().filter(video=video).order_by()
    steps = drawn.annotate(step=F("position_ms") / Value(step_ms)).values_list("step")
    if counts:
        for step, count, asked in steps.annotate(count=Count("*"), asked=Count("pk", filter=Q(kind=Kind.QUESTION))):
            place = min(step, len(counts) - 1)  # what is at the very end, or was imported from a longer recording
            counts[place] += count
            questions[place] += asked
    return Curve(cursor, step_ms, tuple(counts), tuple(questions))


def _kept(key: str) -> Curve | None:
    try:
        text = broker().get(key)
    except BrokerError as error:
        logger.warning("The broker is away (%s); the curve is counted", error)
        return None
    if text is None:
        return None
    entries = json.loads(str(text))
    return Curve(entries["cursor"], entries["step_ms"], tuple(entries["counts"]), tuple(entries["questions"]))


def _keep(key: str, curve: Curve) -> None:
    try:
        broker().set(key, json.dumps(asdict(curve)), ex=KEPT_S)
    except BrokerError:
        logger.warning("The broker is away; the curve will be counted again")

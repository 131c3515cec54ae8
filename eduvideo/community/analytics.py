"""What creators are told of how their lessons are watched: sums of people, never who.

Of fewer than five viewings nothing is told but their number: in a class of three, a curve would show a person.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet, Sum

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.catalog.queries import CARD_RELATIONS
from eduvideo.community.models import DailyViews, DailyWatching
from eduvideo.community.retention import PARTS
from eduvideo.core import clock

FEWEST = 5
SAME_LENGTH = 100  # recordings whose lengths differ by less than one in so many have the same parts


@dataclass(frozen=True, slots=True)
class Watching:
    """Sums over viewings; `parts` and `again` count those that played, and played again, each hundredth.

    `earlier_ms` is what was played of recordings that the lesson had before, whose viewings count nowhere else here.
    """

    viewings: int = 0
    watched_ms: int = 0
    finished: int = 0
    parts: tuple[int, ...] = (0,) * PARTS
    again: tuple[int, ...] = (0,) * PARTS
    earlier_ms: int = 0

    @property
    def is_told(self) -> bool:
        return self.viewings >= FEWEST

    @property
    def finish_rate(self) -> float | None:
        """Return the share of viewings that came to the end, 0 to 1; None when there are too few to tell."""
        return min(1.0, self.finished / self.viewings) if self.is_told else None

    @property
    def told_ms(self) -> int | None:
        """Return how much was played in all, at whatever speed; None when there are too few to tell."""
        return self.watched_ms + self.earlier_ms if self.is_told else None

    @property
    def mean_ms(self) -> int | None:
        """Return how much of the lesson one viewing played; None when there are too few to tell."""
        return self.watched_ms // self.viewings if self.is_told else None

    def shares(self) -> list[tuple[float, float]] | None:
        """Return for each hundredth the shares (0 to 1) that played it, and that played it again; None if too few."""
        if not self.is_told or not any(self.parts):
            return None
        whole = max(self.viewings, *self.parts)  # a viewing over midnight has begun the day before
        return [(part / whole, more / whole) for part, more in zip(self.parts, self.again, strict=True)]


@dataclass(frozen=True, slots=True)
class LessonViews:
    """One lesson and how it was watched in some days; of the watching there are sums only."""

    video: Video
    people: int
    watching: Watching


def views_by_day(*, since: date | None, video: Video | None = None, owner: User | None = None) -> dict[date, int]:
    """Return how many people watched a lesson, or all of somebody's, on each day since; days without any are left out.

    One query. A person who watched two lessons of somebody on one day counts twice.
    """
    days = DailyViews.objects.filter(video=video) if video else DailyViews.objects.filter(video__owner=owner)
    days = days.filter(day__gte=since) if since else days
    return dict(days.order_by("day").values_list("day").annotate(Sum("people")))


def framed_views(video: Video, *, since: date | None) -> int:
    """Return how many of a lesson's views were in frames of other sites. One query."""
    days = DailyViews.objects.filter(video=video)
    days = days.filter(day__gte=since) if since else days
    return days.aggregate(n=Sum("framed"))["n"] or 0


def view_counts(videos: Iterable[Video]) -> dict[int, int]:
    """Return how often lessons were watched in all, by their pk; one person counts once a day. One query."""
    rows = DailyViews.objects.filter(video__in=[video.pk for video in videos]).order_by()
    return dict(rows.values_list("video").annotate(Sum("people")))


def watching_of(video: Video, *, since: date | None) -> Watching:
    """Return how a lesson was watched: viewings and curves are those of the recording that it has now. One query."""
    rows = DailyWatching.objects.filter(video=video)
    rows = rows.filter(day__gte=since) if since else rows
    duration_ms = video.asset.duration_ms or 0
    viewings = watched_ms = finished = earlier_ms = 0
    parts, again = [0] * PARTS, [0] * PARTS
    for row in rows.iterator():
        if abs(row.duration_ms - duration_ms) * SAME_LENGTH > duration_ms:
            earlier_ms += row.watched_ms
            continue
        viewings += row.viewings
        watched_ms += row.watched_ms
        finished += row.finished
        parts = [a + b for a, b in zip(parts, row.parts or [0] * PARTS, strict=True)]
        again = [a + b for a, b in zip(again, row.again or [0] * PARTS, strict=True)]
    return Watching(viewings, watched_ms, finished, tuple(parts), tuple(again), earlier_ms)


def most_viewed(owner: User, *, since: date | None, limit: int) -> list[LessonViews]:
    """Return somebody's lessons that were watched, the most watched first, without curves. Three queries."""
    days = DailyViews.objects.filter(video__owner=owner)
    days = days.filter(day__gte=since) if since else days
    people = dict(days.order_by().values_list("video").annotate(n=Sum("people")).order_by("-n", "-video")[:limit])
    watching = _sums(DailyWatching.objects.filter(video__in=list(people)), since=since)
    videos = Video.objects.filter(pk__in=people).select_related(*CARD_RELATIONS).in_bulk()
    return [LessonViews(videos[pk], n, watching.get(pk, Watching())) for pk, n in people.items() if pk in videos]


def watching_of_owner(owner: User, *, since: date | None) -> Watching:
    """Return how all lessons of somebody were watched of which that may be told, without curves. One query.

    With the others the sums would tell of these, as what is left beside the lessons that are told apart.
    """
    of_lessons = _sums(DailyWatching.objects.filter(video__owner=owner), since=since)
    told = [one for one in of_lessons.values() if one.is_told]
    return Watching(
        sum(one.viewings for one in told), sum(one.watched_ms for one in told), sum(one.finished for one in told)
    )


def filled_days(counts: Mapping[date, int], *, since: date | None) -> list[tuple[date, int]]:
    """Return every day since, or since the first that has any, until today, with its number. Pure but for the clock."""
    today = clock.now().date()
    first = since or min(counts, default=today)
    days = (first + timedelta(days=number) for number in range((today - first).days + 1))
    return [(day, counts.get(day, 0)) for day in days]


def rewatched(watching: Watching, *, most: int = 3) -> Sequence[int]:
    """Return the hundredths that most viewings played again, in the order of the lesson, neighbors told once. Pure."""
    if not watching.is_told:
        return []
    chosen: list[int] = []
    for part in sorted(range(PARTS), key=lambda part: -watching.again[part]):
        is_enough = watching.again[part] * 10 >= watching.viewings
        if is_enough and len(chosen) < most and all(abs(part - other) > PARTS // 20 for other in chosen):
            chosen.append(part)
    return sorted(chosen)


def _sums(rows: QuerySet[DailyWatching], *, since: date | None) -> dict[int, Watching]:
    """Return sums of each lesson by its pk."""
    rows = rows.filter(day__gte=since) if since else rows
    sums = rows.order_by().values("video").annotate(n=Sum("viewings"), ms=Sum("watched_ms"), ends=Sum("finished"))
    return {row["video"]: Watching(row["n"], row["ms"], row["ends"]) for row in sums}

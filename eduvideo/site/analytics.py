"""Pages that tell creators how their lessons are watched. Each chart is a table, which an element draws."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.community import analytics
from eduvideo.community.analytics import FEWEST, Watching
from eduvideo.community.reception import reception
from eduvideo.core import clock
from eduvideo.danmaku.curve import Curve, curve_of
from eduvideo.site.studio import for_lesson_of_mine
from eduvideo.site.templatetags.edu import clock as clock_time

RANGES = {"7": 7, "28": 28, "90": 90, "all": None}
USUAL = "28"
MOST_DAYS = 120  # more are drawn by week
MOST_LESSONS, MOST_IN_FILE = 50, 10_000
PEAKS = 3
FORMULA_SIGNS = tuple("=+-@\t\r＝＋－＠")  # what a spreadsheet takes for a formula; of full width, a Chinese one does


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as it is drawn and as it is read."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class ChartRow:
    x: Cell
    href: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Chart:
    """A table to be drawn: its first column goes along, each other one is a line, or bars of days."""

    name: str
    title: str
    kind: str  # "days" or "moments"
    unit: str  # "count" or "percent"
    heads: Sequence[str]
    rows: Sequence[ChartRow]
    note: str = ""


@require_safe
@for_lesson_of_mine
def lesson(request: HttpRequest, video: Video) -> HttpResponse:
    """Show how one lesson is watched: when, how far, again where, and where danmaku and questions are."""
    chosen, since = _range(request)
    days = analytics.views_by_day(video=video, since=since)
    watching = analytics.watching_of(video, since=since)
    curve = curve_of(video)
    duration_ms = video.asset.duration_ms or 0
    received = reception(video, viewer=request.user)
    context = {
        "video": video,
        "people": sum(days.values()),
        "framed": analytics.framed_views(video, since=since),
        "watching": watching,
        "watched_hours": _hours(watching.told_ms),
        "mean_percent": _percent(watching.mean_ms / duration_ms) if watching.mean_ms and duration_ms else None,
        "finish_percent": _percent(watching.finish_rate),
        "received": received,
        "rewatched": [duration_ms * part // 100 for part in analytics.rewatched(watching)],
        "asked_at": _peaks(curve),
        "charts": [
            _views_chart(days, since=since),
            *_retention_charts(video, watching),
            *_danmaku_charts(video, curve),
        ],
        "fewest": FEWEST,
        **_choices(chosen),
    }
    return render(request, "site/analytics.html", context)


@login_required
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show how all of one's lessons are watched, and which of them most."""
    user = cast("User", request.user)
    chosen, since = _range(request)
    days = analytics.views_by_day(owner=user, since=since)
    watching = analytics.watching_of_owner(user, since=since)
    context = {
        "people": sum(days.values()),
        "watching": watching,
        "watched_hours": _hours(watching.told_ms),
        "finish_percent": _percent(watching.finish_rate),
        "charts": [_views_chart(days, since=since)],
        "rows": [
            (row, _hours(row.watching.told_ms), _percent(row.watching.finish_rate))
            for row in analytics.most_viewed(user, since=since, limit=MOST_LESSONS)
        ],
        "fewest": FEWEST,
        **_choices(chosen),
    }
    return render(request, "site/analytics_overview.html", context)


@require_safe
@for_lesson_of_mine
def lesson_file(request: HttpRequest, video: Video) -> HttpResponse:
    """Give the days of a lesson, or with `what=parts` its hundredths, as CSV."""
    chosen, since = _range(request)
    if request.GET.get("what") == "parts":
        watching = analytics.watching_of(video, since=since)
        length_ms = video.asset.duration_ms or 0
        heads = ["start_s", "watched_share", "watched_again_share"]
        shares = watching.shares() or []
        rows = [
            [round(length_ms * part / 100_000, 3), round(seen, 4), round(again, 4)]
            for part, (seen, again) in enumerate(shares)
        ]
        return _csv(f"{video.public_id}-parts-{chosen}", heads, rows)
    days = analytics.filled_days(analytics.views_by_day(video=video, since=since), since=since)
    return _csv(f"{video.public_id}-{chosen}", ["day", "views"], [[day.isoformat(), people] for day, people in days])


@login_required
@require_safe
def overview_file(request: HttpRequest) -> HttpResponse:
    """Give all of one's lessons that were watched as CSV, the most watched first."""
    chosen, since = _range(request)
    found = analytics.most_viewed(cast("User", request.user), since=since, limit=MOST_IN_FILE)
    rows = [
        [
            row.video.public_id,
            row.video.title,
            row.people,
            "" if row.watching.told_ms is None else row.watching.told_ms // 60_000,
            "" if row.watching.finish_rate is None else round(row.watching.finish_rate, 4),
        ]
        for row in found
    ]
    return _csv(f"lessons-{chosen}", ["id", "title", "views", "watched_minutes", "finish_rate"], rows)


def _range(request: HttpRequest) -> tuple[str, date | None]:
    """Return the name of the days that are asked for, and the first of them."""
    name = request.GET.get("range", USUAL)
    chosen = name if name in RANGES else USUAL
    days = RANGES[chosen]
    return chosen, clock.now().date() - timedelta(days=days - 1) if days else None


def _choices(chosen: str) -> dict[str, object]:
    names = {"7": _("7 days"), "28": _("28 days"), "90": _("90 days"), "all": _("All")}
    return {"ranges": [(name, names[name], name == chosen) for name in RANGES], "chosen": chosen}


def _views_chart(counts: dict[date, int], *, since: date | None) -> Chart:
    days = analytics.filled_days(counts, since=since)
    is_by_week = len(days) > MOST_DAYS
    if is_by_week:
        weeks: dict[date, int] = {}
        for day, people in days:
            monday = day - timedelta(days=day.weekday())
            weeks[monday] = weeks.get(monday, 0) + people
        days = list(weeks.items())
    rows = [
        ChartRow(Cell(day.isoformat(), date_format(day, "DATE_FORMAT")), "", [Cell(str(people), str(people))])
        for day, people in days
    ]
    title = _("Views by week") if is_by_week else _("Views by day")
    head = _("Week from") if is_by_week else _("Day")
    note = _("Each person counts once a day, from ten seconds on. Days are those of UTC.")
    return Chart("views", title, "days", "count", [head, _("Views")], rows, note)


def _retention_charts(video: Video, watching: Watching) -> list[Chart]:
    shares = watching.shares()
    if shares is None:
        return []
    length_ms = video.asset.duration_ms or 0
    rows = [
        _moment(video, length_ms * part // 100, [_share(seen), _share(again)])
        for part, (seen, again) in enumerate(shares)
    ]
    heads = [_("Time"), _("Played it"), _("Played it again")]
    note = _("Of all viewings, how many played each hundredth of the lesson.")
    return [Chart("retention", _("Who still watches"), "moments", "percent", heads, rows, note)]


def _danmaku_charts(video: Video, curve: Curve) -> list[Chart]:
    if not any(curve.counts):
        return []
    rows = [
        _moment(video, step * curve.step_ms, [Cell(str(count), str(count)), Cell(str(asked), str(asked))])
        for step, (count, asked) in enumerate(zip(curve.counts, curve.questions, strict=True))
    ]
    heads = [_("Time"), _("Danmaku"), _("Questions")]
    note = _("Where questions crowd, something is hard to follow.")
    return [Chart("danmaku", _("Danmaku and questions"), "moments", "count", heads, rows, note)]


def _moment(video: Video, at_ms: int, cells: Sequence[Cell]) -> ChartRow:
    return ChartRow(Cell(str(at_ms), clock_time(at_ms)), f"/watch/{video.public_id}?t={at_ms // 1000}", cells)


def _share(share: float) -> Cell:
    return Cell(f"{share:.4f}", f"{_percent(share)}%")


def _percent(share: float | None) -> int | None:
    return None if share is None else round(100 * min(1.0, share))


def _hours(time_ms: int | None) -> str:
    if time_ms is None:
        return ""
    minutes = time_ms // 60_000
    return f"{minutes // 60}:{minutes % 60:02}"


def _peaks(curve: Curve) -> list[int]:
    """Return the times at which most questions are, in the order of the lesson, neighbors told once."""
    chosen: list[int] = []
    apart = max(1, len(curve.questions) // 20)
    for step in sorted(range(len(curve.questions)), key=lambda step: -curve.questions[step]):
        is_new = curve.questions[step] and all(abs(step - other) > apart for other in chosen)
        if is_new and len(chosen) < PEAKS:
            chosen.append(step)
    return [step * curve.step_ms for step in sorted(chosen)]


def _csv(name: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["Cache-Control"] = "private, no-store"
    response.write("\ufeff")  # spreadsheets take it for UTF-8 by this
    writer = csv.writer(response)
    writer.writerow(heads)
    for row in rows:
        writer.writerow([_harmless(value) for value in row])
    return response


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_SIGNS) else value

"""One measured figure beside its baseline of the same run, and the limit that it has to keep."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """`ratio` is value / baseline; both are None where there is nothing to compare with.

    `limit` is the most that the ratio may be; without a baseline, the value; with `is_least` the least of it.
    """

    name: str
    value: float
    unit: str
    baseline: float | None = None
    baseline_name: str | None = None
    ratio: float | None = None
    limit: float | None = None
    is_least: bool = False

    @property
    def is_kept(self) -> bool | None:
        """Whether the figure keeps its limit; None where it has none."""
        if self.limit is None:
            return None
        measured = self.value if self.ratio is None else self.ratio
        return measured >= self.limit if self.is_least else measured <= self.limit


def compared(
    name: str, value: float, unit: str, *, baseline: float | None, baseline_name: str, limit: float | None = None
) -> Row:
    """Make a row with its ratio; without a baseline it stands alone, and no limit holds."""
    if not baseline:
        return Row(name, value, unit)
    return Row(name, value, unit, baseline, baseline_name, value / baseline, limit)

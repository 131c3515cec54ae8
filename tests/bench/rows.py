"""One measured figure beside its baseline of the same run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """`ratio` is value / baseline; both are None where there is nothing to compare with."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    baseline_name: str | None = None
    ratio: float | None = None


def compared(name: str, value: float, unit: str, *, baseline: float | None, baseline_name: str) -> Row:
    """Make a row with its ratio; without a baseline it stands alone."""
    if not baseline:
        return Row(name, value, unit)
    return Row(name, value, unit, baseline, baseline_name, value / baseline)

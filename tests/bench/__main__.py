"""`make bench`: run every *_bench module, print each figure beside its baseline, keep them as JSON under var/bench."""

import argparse
import dataclasses
import importlib
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import django
from rich.console import Console
from rich.table import Table

from tests.bench.rows import Row

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def main(arguments: list[str] | None = None) -> int:
    """Run the chosen benches (all by default); returns the exit code."""
    benches = sorted(path.stem.removesuffix("_bench") for path in HERE.glob("*_bench.py"))
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", default=[""], metavar="NAME",
        help=f"those whose name begins so: {', '.join(benches)}",
    )  # fmt: skip
    chosen = tuple(parser.parse_args(arguments).only)
    benches = [bench for bench in benches if bench.startswith(chosen)]
    if not benches:
        parser.error(f"no bench is named {' '.join(chosen)}")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eduvideo.config.settings")
    importlib.import_module("tests.environment")
    django.setup()
    out = ROOT / "var" / "bench"
    out.mkdir(parents=True, exist_ok=True)
    console = Console(width=150)
    for bench in benches:
        console.print(f"[bold]{bench}[/bold] ...")
        began = datetime.now(tz=UTC)
        rows = importlib.import_module(f"tests.bench.{bench}_bench").run()
        took_s = round((datetime.now(tz=UTC) - began).total_seconds())
        report = {"at": began.isoformat(), "took_s": took_s, "rows": [dataclasses.asdict(row) for row in rows]}
        (out / f"{bench}_bench.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
        console.print(table_of(rows))
    return 0


def table_of(rows: list[Row]) -> Table:
    """Show all figures; a limit that is not kept is said in red."""
    table = Table("figure", "value", "unit", "baseline", "of", "ratio", "limit", "")
    for row in rows:
        sign = {True: "kept", False: "[red]MISSED[/red]", None: ""}[row.is_kept]
        limit = f"{'≥' if row.is_least else '≤'} {_number(row.limit)}" if row.limit is not None else ""
        table.add_row(
            row.name,
            _number(row.value),
            row.unit,
            _number(row.baseline),
            row.baseline_name or "",
            _number(row.ratio),
            limit,
            sign,
        )
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


if __name__ == "__main__":
    sys.exit(main())

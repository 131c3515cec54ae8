"""`make bench`: run every *_bench module, print each figure beside its baseline, keep them as JSON under var/bench."""

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

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def main(names: list[str]) -> int:
    """Run the named benches (all by default); returns the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eduvideo.config.settings")
    importlib.import_module("tests.environment")
    django.setup()
    out = ROOT / "var" / "bench"
    out.mkdir(parents=True, exist_ok=True)
    console = Console(width=140)
    benches = sorted(path.stem for path in HERE.glob("*_bench.py"))
    for name in [bench for bench in benches if not names or bench.removesuffix("_bench") in names]:
        console.print(f"[bold]{name}[/bold] ...")
        rows = importlib.import_module(f"tests.bench.{name}").run()
        report = {"at": datetime.now(tz=UTC).isoformat(), "rows": [dataclasses.asdict(row) for row in rows]}
        (out / f"{name}.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
        table = Table("figure", "value", "unit", "baseline", "of", "ratio")
        for row in rows:
            table.add_row(
                row.name,
                _number(row.value),
                row.unit,
                _number(row.baseline),
                row.baseline_name or "",
                _number(row.ratio),
            )
        console.print(table)
    return 0


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""``make bench``: measure, print a Markdown table, write out/bench/summary.json."""

import argparse
import json
import platform
import sys
from pathlib import Path

from bench import features
from bench.comparison import Comparison

BENCHMARKS = (features.comparisons,)


def main() -> None:
    """Run all benchmarks."""
    parser = argparse.ArgumentParser(prog="make bench", description="Measure against named alternatives.")
    parser.add_argument("--out", type=Path, default=Path("out/bench"), help="folder for summary.json and table.md")
    arguments = parser.parse_args()
    rows = [row for benchmark in BENCHMARKS for row in benchmark()]
    arguments.out.mkdir(parents=True, exist_ok=True)
    document = {"python": platform.python_version(), "rows": [row.row() for row in rows]}
    (arguments.out / "summary.json").write_text(json.dumps(document, indent=2) + "\n")
    (arguments.out / "table.md").write_text(table(rows))
    sys.stdout.write(table(rows))


def table(rows: list[Comparison]) -> str:
    """The rows as a Markdown table."""
    head = "| what | ours | other | unit | ratio | goal | other is |\n|---|---|---|---|---|---|---|\n"
    return head + "".join(
        f"| {row.name} | {row.ours:,.0f} | {row.other:,.0f} | {row.unit} | {row.ratio:.1f} "
        f"| {'' if row.goal is None else f'{row.goal:g}'} | {row.other_name} |\n"
        for row in rows
    )


if __name__ == "__main__":
    main()

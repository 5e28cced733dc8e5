"""``make bench``: measure, print a Markdown table, write out/bench/summary.json."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench import detection, drift, enrichment, features, imports, lane, memory, serving, training, units
from bench.comparison import Comparison, Effort

BENCHMARKS = {
    "features": features.comparisons,
    "enrichment": enrichment.comparisons,
    "lane": lane.comparisons,
    "imports": imports.comparisons,
    "units": units.comparisons,
    "training": training.comparisons,
    "memory": memory.comparisons,
    "serving": serving.comparisons,
    "drift": drift.comparisons,
    "detection": detection.comparisons,
}
QUICK = Effort(runs=1, share=0.1)


def main() -> None:
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(
        prog="make bench",
        description="Measure against named alternatives, in turn, medians of several runs.",
        epilog='example: make bench ARGS="--only lane"',
    )
    parser.add_argument("--out", type=Path, default=Path("out/bench"), help="folder for summary.json and table.md")
    parser.add_argument("--only", action="append", choices=sorted(BENCHMARKS), help="run this one; may be repeated")
    parser.add_argument("--quick", action="store_true", help="one run on little data: shows that it works, no figures")
    arguments = parser.parse_args()
    effort = replace(QUICK if arguments.quick else Effort(), out=arguments.out)
    rows = list(_measured(arguments.only or list(BENCHMARKS), effort))
    arguments.out.mkdir(parents=True, exist_ok=True)
    document = {
        "python": sys.version,  # with its build: an optimised one is a sixth quicker
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
        "rows": [row.row() for row in rows],
    }
    (arguments.out / "summary.json").write_text(json.dumps(document, indent=2) + "\n")
    (arguments.out / "table.md").write_text(table(rows))
    sys.stdout.write(table(rows))


def _measured(names: list[str], effort: Effort) -> Iterator[Comparison]:
    for number, name in enumerate(names, start=1):
        sys.stderr.write(f"{number}/{len(names)} {name}\n")
        yield from BENCHMARKS[name](effort)


def table(rows: list[Comparison]) -> str:
    """The rows as a Markdown table."""
    head = "| what | ours | other | unit | ratio | goal | met | other is |\n|---|---|---|---|---|---|---|---|\n"
    return head + "".join(
        f"| {row.name} | {row.ours:,.0f} | {row.other:,.0f} | {row.unit} | {row.ratio:.2f} "
        f"| {'' if row.goal is None else f'{row.goal:g}'} | {_MET[row.met]} | {row.other_name} |\n"
        for row in rows
    )


_MET = {None: "", True: "yes", False: "no"}


if __name__ == "__main__":
    main()

"""One run of the monitor: read both tables, judge, write the documents and the page."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from rich.console import Console

import usecases
from cli.phases import Phases
from headrace.drift import Settings
from headrace.errors import UseCaseError
from headrace.usecase import UseCase
from pipelines.monitoring import page, watch
from pipelines.monitoring.counting import Seasons
from pipelines.monitoring.refusal import TableError


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is compared, how, and where the result goes.

    Attributes:
        baseline, current: files or folders.
        out: folder for the documents and the page.
        settings: what counts as a change.
        usecase: name of the use case whose events they are; None if of none.
        seasons: compare the same hours only.
        thresholds: whether the thresholds of the baseline's constraints count.
    """

    baseline: Path
    current: Path
    out: Path
    settings: Settings = field(default_factory=Settings)
    usecase: str | None = None
    seasons: Seasons | None = None
    thresholds: bool = False


def monitor(options: Options, console: Console) -> dict[str, object]:
    """Compare and write; the summary says what was found.

    Raises:
        UseCaseError: if an option or a file is wrong.
    """
    for option, place in (("--baseline", options.baseline), ("--current", options.current)):
        if not place.exists():
            raise UseCaseError(f"{option} {place}", "there is no such file or folder", "check the path")
    usecase = usecases.load(options.usecase) if options.usecase else None
    settings = options.settings
    if usecase is not None:
        settings = replace(settings, ignore=settings.ignore | _private(usecase))
    phases = Phases(console)
    try:
        with phases.phase("compare") as phase:
            watched = watch.watch(
                options.baseline,
                options.current,
                settings,
                seasons=options.seasons,
                thresholds=options.thresholds,
                report=lambda rows: phase.at(doing=f"{rows:,} rows read"),
            )
        titles = page.Titles(baseline=options.baseline.name, current=options.current.name, more={})
        written = watch.write(watched, options.out, page.render(watched, titles))
    except TableError as exc:
        raise _usage(exc) from exc
    return _summary(watched, written)


def _usage(exc: TableError) -> UseCaseError:
    """A table that cannot be read is wrong input; its message names the fix behind a semicolon."""
    where, _, rest = str(exc).partition(": ")
    problem, _, fix = rest.rpartition("; ")
    return UseCaseError(where, problem, fix)


def _private(usecase: UseCase) -> frozenset[str]:
    """Fields that say nothing about drift, ids and times, and those that nobody may see."""
    private = {it.name for it in usecase.event.fields if it.privacy != "clear"}
    return frozenset({usecase.event.id, usecase.event.timestamp} | private)


def _summary(watched: watch.Watched, page_path: Path) -> dict[str, object]:
    found = watched.findings
    return {
        "clean": not found.violations,
        "baseline_rows": found.rows[0],
        "current_rows": found.rows[1],
        "columns": len(found.columns),
        "drifted": list(found.drifted),
        "magnitude": round(found.magnitude, 6),
        "violations": [
            {"feature_name": it.feature_name, "constraint_check_type": it.check, "description": it.description}
            for it in found.violations
        ],
        "unreadable_lines": watched.unreadable,
        "report": str(page_path),
    }

"""One run of the monitor: read both tables, judge, write the documents and the page."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from rich.console import Console

import usecases
from cli.monitor.notes import notes
from cli.phases import Phases
from headrace.drift import Settings, documents
from headrace.errors import UseCaseError
from headrace.usecase import UseCase
from pipelines.monitoring import examples, page, quality, watch
from pipelines.monitoring.answers import Names
from pipelines.monitoring.counting import Seasons, Windows
from pipelines.monitoring.refusal import TableError
from pipelines.monitoring.truth import Labelled, model_quality

_EVEN = 0.5


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is compared, how, and where the result goes.

    Attributes:
        baseline, current: files or folders.
        out: folder for the documents and the page.
        settings: what counts as a change.
        usecase: name of the use case whose events they are; None if of none.
        seasons: compare the same hours only.
        windows: hold windows of the current table against the baseline too.
        quiet: how far windows of the baseline are apart is no drift.
        thresholds: whether the thresholds of the baseline's constraints count.
        labels: where labels are; None if quality is not judged.
        id, score, label: names of columns; None: those of the use case, or the usual ones.
        score_threshold: scores from here on are positive; None: as the baseline says.
    """

    baseline: Path
    current: Path
    out: Path
    settings: Settings = field(default_factory=Settings)
    usecase: str | None = None
    seasons: Seasons | None = None
    windows: Windows | None = None
    quiet: Windows | None = None
    thresholds: bool = False
    labels: Path | None = None
    id: str | None = None
    score: str | None = None
    label: str | None = None
    score_threshold: float | None = None


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
    labelled = _labelled(options, usecase, options.labels) if options.labels is not None else None
    if labelled is not None:
        # A baseline of answers may hold its labels, which a table of new answers cannot have.
        beside = {labelled.names.label, labelled.names.labelled_at}
        settings = replace(settings, ignore=settings.ignore | beside)
    phases = Phases(console)
    try:
        with phases.phase("compare") as phase:
            watched = watch.watch(
                options.baseline,
                options.current,
                settings,
                seasons=options.seasons,
                windows=options.windows,
                quiet=options.quiet,
                thresholds=options.thresholds,
                report=lambda rows: phase.at(doing=f"{rows:,} rows read"),
            )
        judged = None
        if labelled is not None:
            with phases.phase("quality") as phase:
                judged = model_quality(options.baseline, options.current, labelled)
                phase.at(doing=judged.verdict.status)
        return _written(options, watched, judged)
    except TableError as exc:
        raise _usage(exc) from exc


def _written(options: Options, watched: watch.Watched, judged: quality.QualityFound | None) -> dict[str, object]:
    more = {"Model quality": quality.section(judged)} if judged else {}
    rows = examples.examples(options.current, watched, id_column=options.id)
    titles = page.Titles(
        baseline=options.baseline.name,
        current=options.current.name,
        degraded=judged is not None and judged.verdict.status == "DEGRADED",
        more=more,
        rows={name: examples.shown(it) for name, it in rows.items()},
    )
    violations = judged.verdict.violations() if judged else []
    written = watch.write(
        watched,
        options.out,
        page.render(watched, titles),
        more={
            **({quality.DOCUMENT: judged.document} if judged else {}),
            **({examples.DOCUMENT: examples.document(rows)} if rows else {}),
        },
        violations=violations,
    )
    summary = _summary(watched, written)
    summary["violations"] = [*documents.violations(watched.findings)["violations"], *violations]
    summary["clean"] = not summary["violations"]
    summary["notes"] = [
        *notes(watched, judged, ignored=options.settings.ignore, places=(options.baseline, options.current))
    ]
    if judged is not None:
        summary["model_quality"] = {"status": judged.verdict.status, "reason": judged.verdict.reason}
    return summary


def _labelled(options: Options, usecase: UseCase | None, labels: Path) -> Labelled:
    """What columns are called: as the options say, else as the use case does, else as is usual."""
    usual = Names()
    if usecase is not None:
        event, label = usecase.event, usecase.label
        usual = Names(id=event.id, time=event.timestamp, label=label.field)
    names = Names(
        id=options.id or usual.id,
        score=options.score or usual.score,
        time=usual.time,
        label=options.label or usual.label,
    )
    bands = usecase.decision.bands if usecase else ()
    return Labelled(
        labels=labels,
        names=names,
        threshold=options.score_threshold,
        otherwise=bands[-1].from_score if bands else _EVEN,
        delay_s=float(usecase.label.delay_s) if usecase else None,
    )


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
        "clean": True,
        "baseline_rows": found.rows[0],
        "current_rows": found.rows[1],
        "columns": len(found.columns),
        "drifted": list(found.drifted),
        "magnitude": round(found.magnitude, 6),
        "violations": [],
        "unreadable_lines": watched.unreadable,
        "report": str(page_path),
    }

"""``headrace quality``: judge a training set before anything is trained on it."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

import usecases
from cli.phases import Phases
from headrace.usecase import UseCase
from pipelines.quality.gate import Verdict, check, write_report
from pipelines.quality.profile import EARLIEST, LATEST
from pipelines.quality.training_rows import FileRows, Rows


@dataclass(frozen=True, kw_only=True)
class Options:
    """Which training set, what its times may be (epoch seconds; None: from 1970 to 2200), where the report goes."""

    training_set: Path
    usecase: str
    since: int | None
    until: int | None
    out: Path


def quality(options: Options, console: Console) -> Verdict:
    """Judge, and write quality.json and quality.html.

    Raises:
        TrainingSetError: if the training set cannot be read.
    """
    usecase = usecases.load(options.usecase)
    return judged(
        usecase,
        FileRows(options.training_set),
        options.out,
        Phases(console),
        since=options.since,
        until=options.until,
    )


def judged(
    usecase: UseCase,
    rows: Rows,
    out: Path,
    phases: Phases,
    *,
    labelled: bool = True,
    since: int | None = None,
    until: int | None = None,
) -> Verdict:
    """Judge rows under a phase of their own, and write the report.

    Raises:
        TrainingSetError: if the rows cannot be read.
    """
    with phases.phase("quality") as phase:
        total = len(rows)
        verdict = check(
            usecase,
            rows,
            labelled=labelled,
            since=EARLIEST if since is None else since,
            until=LATEST if until is None else until,
            report=lambda done: phase.report(done, max(done, total), "reading"),
        )
        page = write_report(verdict, out)
        phase.at(doing=f"{len(verdict.failures)} rules failed, {len(verdict.warnings)} odd: {page}")
    return verdict


def summary(verdict: Verdict, page: Path) -> dict[str, object]:
    """The verdict in a few words, for a summary."""
    return {
        "passed": verdict.passed,
        "rows": verdict.profile.rows,
        "positives": verdict.profile.positives,
        "failed": [it.words for it in verdict.failures],
        "warnings": [it.words for it in verdict.warnings],
        "report": str(page),
    }

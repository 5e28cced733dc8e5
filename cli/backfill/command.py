"""``headrace backfill``: files of past events into a deployed platform."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

import usecases
from cli import event_file
from cli.backfill.history import History, known
from cli.backfill.removal import remove_others
from cli.backfill.writing import backfill
from cli.deployment import Deployment, DeploymentError, deployed
from cli.label_file import GIVEN, read_labels
from cli.lookup_file import filled
from cli.phases import Phases
from headrace.errors import UseCaseError
from headrace.usecase import UseCase


@dataclass(frozen=True, kw_only=True)
class Options:
    """Which history goes where.

    Attributes:
        files, usecase, columns, labels, lookups: as for ``headrace features``.
        until: where history ends, in epoch seconds; the second after the last event if None.
        stage, region: the deployment; the region of the credentials if None.
        resume: refuse to begin a new backfill.
        replace: remove another history of the stage first.
        out: folder of the quality report.
    """

    files: Sequence[Path]
    usecase: str
    columns: Mapping[str, str]
    labels: Sequence[Path]
    until: int | None
    stage: str
    region: str | None
    resume: bool
    replace: bool
    out: Path
    lookups: Sequence[str] = ()


def run(options: Options, console: Console) -> dict[str, object]:
    """Read the files, write the platform, return what was written.

    Raises:
        UseCaseError: if the options do not fit the files or each other.
        DeploymentError: if the stage is not deployed, or AWS refuses.
        HeadraceError: as ``backfill``.
    """
    started, phases = time.perf_counter(), Phases(console)
    usecase = usecases.load(options.usecase)
    with phases.phase("read") as phase:
        history = _history(options, usecase, console)
        phase.at(doing=f"{len(history.events):,} events, {len(history.labels):,} labels known by {_text(history.at)}")
    try:
        deployment = deployed(usecase, options.stage, options.region)
        removed = _removed(options, deployment, history, phases)
        with phases.phase("backfill") as phase:
            written = backfill(deployment, history, options.out, phase.report, only_resume=options.resume)
    except KeyboardInterrupt:
        console.print("the same command goes on where this one stopped", soft_wrap=True)
        raise
    except (ClientError, BotoCoreError) as exc:
        raise DeploymentError(f"AWS: {exc}; run the same command again to go on where it stopped") from exc
    return {
        "usecase": usecase.name,
        "stage": options.stage,
        "until": _text(history.at),
        "backfill": history.digest,
        "removed": removed,
        **asdict(written),
        "seconds": round(time.perf_counter() - started, 2),
    }


def _removed(options: Options, deployment: Deployment, history: History, phases: Phases) -> int:
    if not options.replace:
        return 0
    with phases.phase("remove") as phase:
        return remove_others(deployment, history.digest, phase.report)


def _history(options: Options, usecase: UseCase, console: Console) -> History:
    columns = {name: column for name, column in options.columns.items() if name != GIVEN}
    events = filled(usecase, event_file.read(options.files, usecase, columns).frame, options.lookups)
    times, field = events[usecase.event.timestamp], usecase.label.field
    at = int(times.max()) + 1 if options.until is None else options.until
    past = events[times < at]
    if past.empty:
        raise UseCaseError("--until", "no event lies before it", f"the first one is of {_text(int(times.min()))}")
    if options.labels:
        labels = read_labels(options.labels, usecase, options.columns, past).frame
    else:
        labels = past[past[field].notna()] if field in past else past.head(0).assign(**{field: 0})
    if GIVEN not in labels:
        labels = labels.assign(**{GIVEN: labels[usecase.event.timestamp] + usecase.label.delay_s})
    labels = known(usecase, labels[labels[GIVEN] < at])
    if labels.empty:
        console.print(f"[yellow]![/] no label is known by {_text(at)}: there will be no training set", soft_wrap=True)
    return History(usecase=usecase, events=past.drop(columns=field, errors="ignore"), labels=labels, at=at)


def _text(moment: int) -> str:
    return f"{pd.Timestamp(moment, unit='s')} UTC"

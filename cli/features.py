"""``headrace features``: the feature vector of every event of a file, as the stream would have answered it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from rich.console import Console

import usecases
from cli import event_file, quality, table_file
from cli.label_file import Labels, last_known, read_labels
from cli.lookup_file import filled
from cli.phases import Phases
from cli.training_columns import presented
from headrace.errors import UseCaseError
from headrace.usecase import UseCase
from headrace.windows_columnar import training_frame
from pipelines.jobs.training_set import EVENT_ID, LABEL
from pipelines.quality.gate import PAGE_NAME, Verdict
from pipelines.quality.training_rows import FrameRows


@dataclass(frozen=True, kw_only=True)
class Options:
    """Which events, how their columns are called, and which part of time is wanted; moments are epoch seconds."""

    files: Sequence[Path]
    usecase: str
    columns: Mapping[str, str]
    labels: Sequence[Path]
    since: int | None
    until: int | None
    out: Path
    check: bool = False
    lookups: Sequence[str] = ()

    @property
    def report(self) -> Path:
        """The folder of the quality report: beside the file, under its name."""
        return self.out.with_name(f"{self.out.stem}.quality")


def features(options: Options, console: Console) -> tuple[dict[str, object], Verdict | None]:
    """Compute, write the file, return what there is to say about it and, if it was checked, the verdict.

    Raises:
        UseCaseError: if the options do not fit the files or each other.
    """
    started, phases = time.perf_counter(), Phases(console)
    usecase = usecases.load(options.usecase)
    table_file.require_writable(options.out)
    with phases.phase("read") as phase:
        source = event_file.read(options.files, usecase, _of_events(options.columns))
        source = replace(source, frame=filled(usecase, source.frame, options.lookups))
        _require_some(options, usecase, source.frame)
        labels = _labels(options, usecase, source.frame)
        phase.at(doing=f"{len(source.frame):,} events, {0 if labels is None else len(labels.frame):,} labels")
    notices = list(_notices(usecase, labels))
    for notice in notices:
        console.print(f"[yellow]![/] {notice}", soft_wrap=True)
    with phases.phase("features") as phase:
        phase.at(doing=f"{len(usecase.feature_names)} features of {len(source.frame):,} events")
        known = None if labels is None else labels.frame
        frame = training_frame(usecase, source.frame, known, since=options.since, until=options.until)
        frame = _presented(usecase, frame, source, labels)
    with phases.phase("write") as phase:
        table_file.write(frame, options.out, lambda done, total: phase.report(done, total, str(options.out)))
    verdict = _judged(options, usecase, frame, phases) if options.check else None
    summary = _summary(options, usecase, frame, verdict)
    return {**summary, "notices": notices, "seconds": round(time.perf_counter() - started, 2)}, verdict


def _summary(options: Options, usecase: UseCase, frame: pd.DataFrame, verdict: Verdict | None) -> dict[str, object]:
    summary: dict[str, object] = {
        "usecase": usecase.name,
        "out": str(options.out),
        "rows": len(frame),
        "features": len(usecase.feature_names),
        "labelled_rows": int(frame[LABEL].notna().sum()) if LABEL in frame else 0,
        "positives": int(frame[LABEL].sum()) if LABEL in frame else 0,
    }
    if verdict is not None:
        summary["quality"] = quality.summary(verdict, options.report / PAGE_NAME)
    return summary


def _judged(options: Options, usecase: UseCase, frame: pd.DataFrame, phases: Phases) -> Verdict:
    """Only labelled rows are trained on; without any label the rules on labels have nothing to say."""
    labelled = LABEL in frame
    rows = FrameRows(frame[frame[LABEL].notna()] if labelled and frame[LABEL].hasnans else frame)
    return quality.judged(
        usecase, rows, options.report, phases, labelled=labelled, since=options.since, until=options.until
    )


def _of_events(columns: Mapping[str, str]) -> dict[str, str]:
    return {name: column for name, column in columns.items() if name != "labelled_at"}


def _labels(options: Options, usecase: UseCase, events: pd.DataFrame) -> Labels | None:
    """Those of the label file, else those of the events' own column; None if there are none."""
    field = usecase.label.field
    if options.labels:
        return read_labels(options.labels, usecase, options.columns, events)
    return Labels(events[events[field].notna()], 0) if field in events else None


def _notices(usecase: UseCase, labels: Labels | None) -> list[str]:
    windows = [feature.name for feature in usecase.window_features if feature.source == "labels"]
    if labels is None:
        return [
            f"the files have no label, so {', '.join(windows) or 'no feature'} see none: "
            "name its column with --map label=COLUMN, or give --labels FILE"
        ]
    return [f"{labels.unknown:,} labels are of events that are not in the files"] if labels.unknown else []


def _require_some(options: Options, usecase: UseCase, events: pd.DataFrame) -> None:
    times = events[usecase.event.timestamp]
    since = int(times.min()) if options.since is None else options.since
    until = int(times.max()) + 1 if options.until is None else options.until
    if not times.between(since, until, inclusive="left").any():
        first, last = (pd.Timestamp(int(it), unit="s") for it in (times.min(), times.max()))
        raise UseCaseError(
            "--from", "no event lies between --from and --until", f"the files hold {first} to {last} (UTC)"
        )


def _presented(
    usecase: UseCase, frame: pd.DataFrame, source: event_file.EventFile, labels: Labels | None
) -> pd.DataFrame:
    """The columns of a training set, after the id as the files hold it."""
    frame = presented(usecase, frame, source.frame)
    if labels is not None:
        frame[LABEL] = frame[EVENT_ID].map(last_known(usecase, labels.frame)).astype("Int8")
    ids = source.ids.loc[frame[EVENT_ID]].to_numpy()
    if source.id_column == EVENT_ID:
        return frame.assign(**{EVENT_ID: ids})
    if source.id_column in frame:
        raise UseCaseError(
            "--map", f"the id's column {source.id_column!r} is called like a column of the result", "rename it"
        )
    frame.insert(0, source.id_column, ids)
    return frame

"""``headrace replay``: real events from files go through the deployed loop and are scored in the stream."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from rich.console import Console

import usecases
from cli import event_file
from cli.loop_run import run_loop
from cli.plan import Plan
from cli.results import write_results
from headrace import duration
from headrace.errors import UseCaseError
from headrace.usecase import UseCase


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to replay: files, how their columns are called, and which part of time. Moments are epoch seconds."""

    files: Sequence[Path]
    usecase: str
    columns: Mapping[str, str]
    history_from: int | None
    start: int
    until: int
    label_delay: str | None
    out: Path


def replay(options: Options, console: Console) -> dict[str, object]:
    """Replay; write predictions.parquet, summary.json and index.html; return the summary.

    Raises:
        UseCaseError: if the options do not fit the files or each other.
    """
    usecase = usecases.load(options.usecase)
    label_delay_s = _label_delay_s(options, usecase)
    source = event_file.read(options.files, usecase, options.columns)
    history, events = _split(options, usecase, source.frame)
    plan = Plan(
        usecase=usecase, history=history, events=events, at=options.start, out=options.out, label_delay_s=label_delay_s
    )
    result = run_loop(plan, console)
    summary = {"usecase": usecase.name, **result.summary()}
    write_results(options.out, plan, result, summary, mode="replay")
    predictions = result.predictions
    if source.id_column not in predictions.columns:
        predictions = predictions.assign(**{source.id_column: source.ids.loc[predictions["event_id"]].to_numpy()})
    predictions = predictions.assign(timestamp=pd.to_datetime(predictions["timestamp"], unit="s", utc=True))
    predictions.to_parquet(options.out / "predictions.parquet", index=False)
    return summary


def _label_delay_s(options: Options, usecase: UseCase) -> int:
    """How late labels arrive in this replay, in seconds."""
    if options.label_delay is None:
        return usecase.label.delay_s
    try:
        delay_s = duration.seconds(options.label_delay)
    except ValueError as exc:
        raise UseCaseError("--label-delay", "wrong duration", str(exc)) from exc
    if delay_s > usecase.label.delay_s:
        raise UseCaseError(
            "--label-delay",
            f"is longer than {usecase.name}'s label delay of {usecase.label.delay}, which its windows wait for",
            "raise Label.delay and the delays of its windows in the use case",
        )
    return delay_s


def _split(options: Options, usecase: UseCase, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    if usecase.label.field not in frame:
        raise UseCaseError("--map", "the file has no label", "name its column with label=COLUMN")
    if options.until <= options.start:
        raise UseCaseError("--until", "is not after --from", "give a later moment")
    moment = frame[usecase.event.timestamp]
    first = options.history_from if options.history_from is not None else int(moment.min())
    history = frame[(moment >= first) & (moment < options.start)].reset_index(drop=True)
    events = frame[(moment >= options.start) & (moment < options.until)].reset_index(drop=True)
    if events.empty:
        raise UseCaseError(
            "--from",
            "no event lies between --from and --until",
            f"the files hold {_text(moment.min())} to {_text(moment.max())}",
        )
    if history.empty:
        option = "--from" if options.history_from is None else "--history-from"
        raise UseCaseError(
            option,
            "no event lies before the stream and after the start of history",
            "history trains the model: start later or add files",
        )
    return history, events


def _text(moment: int) -> str:
    return str(pd.Timestamp(int(moment), unit="s"))

"""Commands for files of past events: compute their features, judge a training set, fill a deployed platform."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cli.options import FilesArgument, JsonOption, MapOption, UsecaseOption, moment_or_none
from cli.output import one_line_errors, print_json, progress_console

app = typer.Typer()

_MAP = (
    "--map event_id=TRANSACTION_ID,timestamp=TX_DATETIME,customer_id=CUSTOMER_ID,terminal_id=TERMINAL_ID,"
    "amount=TX_AMOUNT,label=TX_FRAUD"
)
LabelsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--labels",
        help="File with event id, label and, if labels are late or corrected, labelled_at. Several may be given. "
        "They replace the label column of the events' own files.",
    ),
]
LookupsOption = Annotated[
    list[str] | None,
    typer.Option("--lookup", help="NAME=FILE with readings of a look-up, for fields that the events do not bring."),
]


@app.command(
    epilog=f"Examples: headrace features tx.parquet -u fraud {_MAP} --out out/features.parquet\n\n"
    "headrace features june.csv july.csv -u fraud --labels chargebacks.csv --from 2018-07-01 --out out/july.csv"
)
@one_line_errors
def features(
    *,
    files: FilesArgument,
    out: Annotated[Path, typer.Option(help="The file to write: .parquet or .csv. Its folder is made.")],
    usecase: UsecaseOption = "fraud",
    columns: MapOption = "",
    labels: LabelsOption = None,
    lookups: LookupsOption = None,
    since: Annotated[
        str | None, typer.Option("--from", help="Write events from here on (UTC date or time); older ones still count.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", help="Write events up to here, exclusive.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Judge the result as `headrace quality` does; report beside the file.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Compute every feature of every event of a file, as the stream would have answered it.

    A label counts from its time on: its event's time and the use case's label delay, or `labelled_at` if that is later.
    """
    from cli.event_file import parse_map
    from cli.features import Options
    from cli.features import features as run
    from pipelines.quality.gate import PAGE_NAME

    options = Options(
        files=files,
        usecase=usecase,
        columns=parse_map(columns),
        labels=labels or [],
        lookups=lookups or [],
        since=moment_or_none("--from", since),
        until=moment_or_none("--until", until),
        out=out,
        check=check,
    )
    summary, verdict = run(options, progress_console)
    _show(summary, json)
    if verdict is not None:
        verdict.require(str(options.report / PAGE_NAME))


@app.command(epilog="Example: headrace quality out/features.parquet -u fraud --out out/quality")
@one_line_errors
def quality(
    *,
    training_set: Annotated[Path, typer.Argument(help="A .parquet or .csv file, or a folder of .parquet files.")],
    usecase: UsecaseOption = "fraud",
    since: Annotated[str | None, typer.Option("--from", help="No event may be older (UTC date or time).")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Every event must be older than this.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for quality.json and quality.html.")] = Path("out/quality"),
    json: JsonOption = False,
) -> None:
    """Judge a training set before anything is trained on it. Exit code 3 if a rule does not hold."""
    from cli.quality import Options, summary
    from cli.quality import quality as run
    from pipelines.quality.gate import PAGE_NAME

    options = Options(
        training_set=training_set,
        usecase=usecase,
        since=moment_or_none("--from", since),
        until=moment_or_none("--until", until),
        out=out,
    )
    verdict = run(options, progress_console)
    _show(summary(verdict, out / PAGE_NAME), json)
    verdict.require(str(out / PAGE_NAME))


@app.command(
    epilog=f"Example: headrace backfill tx.parquet -u fraud --stage dev --region eu-west-1 {_MAP} --until 2018-08-08"
)
@one_line_errors
def backfill(
    *,
    files: FilesArgument,
    stage: Annotated[str, typer.Option(help="The deployed stage: dev, staging, prod or local.")],
    region: Annotated[str | None, typer.Option(help="AWS region; that of the credentials by default.")] = None,
    usecase: UsecaseOption = "fraud",
    columns: MapOption = "",
    labels: LabelsOption = None,
    lookups: LookupsOption = None,
    until: Annotated[
        str | None, typer.Option("--until", help="History ends here, exclusive (UTC); after the last event by default.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Only go on with a backfill that was begun.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Remove another history that was backfilled into the stage first.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Folder for the quality report of the training set.")] = Path(
        "out/backfill"
    ),
    json: JsonOption = False,
) -> None:
    """Fill a deployed platform with the past: lake, window state, Feature Store and training set.

    It must end before the first event is streamed. Stopped at any point, the same command goes on where it was and
    writes nothing twice. Exit code 3 if the training set does not pass the quality gate; then nothing was written.
    """
    from cli.backfill.command import Options, run
    from cli.event_file import parse_map

    options = Options(
        files=files,
        usecase=usecase,
        columns=parse_map(columns),
        labels=labels or [],
        lookups=lookups or [],
        until=moment_or_none("--until", until),
        stage=stage,
        region=region,
        resume=resume,
        replace=replace,
        out=out,
    )
    _show(run(options, progress_console), json)


def _show(summary: dict[str, object], json: bool) -> None:
    if json:
        print_json(summary)
        return
    table = Table(box=None, show_header=False)
    for key, value in summary.items():
        if not isinstance(value, dict | list):
            table.add_row(key, _words(value))
    progress_console.print(table)


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)

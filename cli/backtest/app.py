"""The command ``headrace backtest`` and its options."""

from pathlib import Path
from typing import Annotated, cast

import typer
from rich.markup import escape
from rich.table import Table

from cli.options import FilesArgument, JsonOption, MapOption, UsecaseOption, moment, moment_or_none
from cli.output import one_line_errors, print_json, progress_console

app = typer.Typer()
_MAP = (
    "--map event_id=TRANSACTION_ID,timestamp=TX_DATETIME,customer_id=CUSTOMER_ID,terminal_id=TERMINAL_ID,"
    "amount=TX_AMOUNT,label=TX_FRAUD"
)
_SHOWN = {
    "average_precision": "avg prec", "auc": "AUC", "entity_precision_100": "prec@100", "recall_at_1pct_fpr": "rec@1%",
    "alerts": "alerts", "missed": "missed", "cost": "cost", "trainings": "trained", "rejected": "rejected",
}  # fmt: skip


@app.command(
    epilog=f"Examples: headrace backtest tx.parquet -u fraud {_MAP} --policy never,weekly,labels:500 --from 2018-07-01 "
    f"--until 2018-09-01 --out out/backtest\n\nThe handbook's protocol: headrace backtest tx.parquet {_MAP} "
    "--policy never --from 2018-08-08 --until 2018-08-15 --train-days 7 --delay 7d --predictions scores.parquet"
)
@one_line_errors
def backtest(
    *,
    files: FilesArgument,
    policy: Annotated[
        list[str],
        typer.Option(
            "--policy",
            help="When to train again: never, weekly, every:<duration>, labels:<n> (so many new labels), drift, or "
            "some joined by + (drift+weekly). Several, with commas or by giving the option again, are compared.",
        ),
    ],
    start: Annotated[str, typer.Option("--from", help="Events from here on are answered (UTC date or time).")],
    until: Annotated[
        str | None, typer.Option("--until", help="Up to here, exclusive; after the last event by default.")
    ] = None,
    usecase: UsecaseOption = "fraud",
    columns: MapOption = "",
    labels: Annotated[
        list[Path] | None,
        typer.Option(
            "--labels",
            help="File with event id, label and, if labels are late or corrected, labelled_at; instead of the label "
            "column of the events' own files. Several may be given.",
        ),
    ] = None,
    train_days: Annotated[
        int, typer.Option("--train-days", min=1, help="How many days of labelled events a training set spans.")
    ] = 60,
    delay: Annotated[
        str | None,
        typer.Option(
            "--delay",
            help="How long after its event a label is known, for example 7d; the use case's delay "
            "by default. Labels with labelled_at are known from then on.",
        ),
    ] = None,
    step: Annotated[str, typer.Option("--step", help="How often policies are asked, for example 1d.")] = "7d",
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Of training and judging; the use case's own by default.")
    ] = None,
    freeze_labels: Annotated[
        bool,
        typer.Option(
            "--freeze-labels",
            help="With `--policy never`: let no label that becomes known after --from reach any window either, as if "
            "labelling had ended.",
        ),
    ] = False,
    ignore_gates: Annotated[
        bool, typer.Option("--ignore-gates", help="Deploy candidates that do not pass their gates, and say so.")
    ] = False,
    exact: Annotated[
        bool,
        typer.Option(
            "--exact",
            help="Send every event through the enrichment function, every label through "
            "ground_truth, instead of computing the same vectors in columns. Slow.",
        ),
    ] = False,
    predictions: Annotated[
        Path | None,
        typer.Option(
            "--predictions", help=".parquet or .csv to write: the file's own id and the score of every event."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for summary.json, index.html and the candidates' reports.")] = Path(
        "out/backtest"
    ),
    json: JsonOption = False,
) -> None:
    """Replay past events, and compare when to train again in detection quality and money.

    Every policy begins with one training at --from. Training sets hold the events from --from (later: the step's
    moment) minus --delay minus --train-days to that moment minus --delay, with the labels known by then. Candidates run
    through the pipeline's jobs and gates; one that fails is not deployed. Without a model the fallback decides. Exit
    code 1 if no candidate was ever deployed.
    """
    from cli.backtest.command import backtest as run
    from cli.backtest.command import require_model
    from cli.backtest.terms import Options
    from cli.event_file import parse_map

    options = Options(
        files=files,
        usecase=usecase,
        columns=parse_map(columns),
        labels=labels or [],
        policies=policy,
        start=moment("--from", start),
        until=moment_or_none("--until", until),
        train_days=train_days,
        delay=delay,
        step=step,
        seed=seed,
        freeze_labels=freeze_labels,
        ignore_gates=ignore_gates,
        exact=exact,
        predictions=predictions,
        out=out,
    )
    summary = run(options, progress_console)
    for notice in summary["notices"]:
        progress_console.print(f"[yellow]![/] {escape(notice)}", soft_wrap=True)
    if json:
        print_json(summary)
    else:
        progress_console.print(_table(summary["policies"]))
        progress_console.print(f"open {out / 'index.html'}", soft_wrap=True)
    require_model(summary)


def _table(policies: list[dict[str, object]]) -> Table:
    table = Table("policy", *_SHOWN.values(), box=None)
    for it in policies:
        total = cast("dict[str, object]", it["total"])
        table.add_row(escape(str(it["policy"])), *(_words(total[name]) for name in _SHOWN))
    return table


def _words(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) and value <= 1 else f"{value:,.0f}"

"""The ``headrace`` command: what it can do and which options each part takes."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.markup import escape
from rich.table import Table

from cli import changes, history, output
from cli import doctor as examination
from cli.backtest.app import app as backtest_app
from cli.check.app import app as check_app
from cli.erase.app import app as erase_app
from cli.loadtest.app import app as loadtest_app
from cli.monitor.app import app as monitor_app
from cli.new.app import app as new_app
from cli.openapi import app as openapi_app
from cli.options import FilesArgument, JsonOption, MapOption, UsecaseOption, moment, moment_or_none
from cli.output import one_line_errors, print_json, progress_console
from cli.reaction import app as reaction_app
from cli.redrive.app import app as redrive_app
from cli.simulate import app as simulate_app
from cli.trial.app import app as trial_app
from headrace.errors import HeadraceError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Event-driven ML on AWS, and the whole loop on your own machine.",
)
app.add_typer(history.app)
app.add_typer(changes.app)
app.add_typer(monitor_app)
app.add_typer(backtest_app)
app.add_typer(reaction_app)
app.add_typer(loadtest_app)
app.add_typer(new_app)
app.add_typer(check_app)
app.add_typer(redrive_app)
app.add_typer(erase_app)
app.add_typer(openapi_app)
app.add_typer(simulate_app)
app.add_typer(trial_app)


class LoopFailedError(HeadraceError):
    """The run ended, and its stores show that the loop is not healthy."""


@app.command(
    epilog="Examples: headrace demo --events 5000 · headrace demo --scenario concept --out out/concept · "
    "headrace demo -u shop"
)
@one_line_errors
def demo(
    *,
    usecase: UsecaseOption = "fraud",
    events: Annotated[
        int | None, typer.Option(min=200, max=200_000, help="About how many events to stream; enough by default.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same events.")] = 7,
    scenario: Annotated[
        str,
        typer.Option(
            help="How the simulated world changes while the loop is watched: concept, covariate, upstream-break, "
            "seasonal, flash-sale, none; usual: two days without any. Each simulator has its own."
        ),
    ] = "usual",
    out: Annotated[Path, typer.Option(help="Folder for summary.json, index.html and logs.")] = Path("out/demo"),
    json: JsonOption = False,
) -> None:
    """Run the whole loop on this machine, without an AWS account.

    Deploys, trains, rolls out, streams, predicts, accounts. With a scenario the world changes, and the loop reacts.
    """
    from cli.demo import Options
    from cli.demo import demo as run

    summary = run(Options(usecase=usecase, events=events, seed=seed, scenario=scenario, out=out), progress_console)
    _finish(summary, json, f"open {out / 'index.html'}")


@app.command(
    epilog="Example: headrace replay tx.parquet -u fraud --map event_id=TRANSACTION_ID,timestamp=TX_DATETIME,"
    "customer_id=CUSTOMER_ID,terminal_id=TERMINAL_ID,amount=TX_AMOUNT,label=TX_FRAUD "
    "--from 2018-08-08 --until 2018-08-15 --out out/replay"
)
@one_line_errors
def replay(
    *,
    files: FilesArgument,
    start: Annotated[str, typer.Option("--from", help="Events from here on are streamed (UTC date or time).")],
    until: Annotated[str, typer.Option("--until", help="Events up to here, exclusive.")],
    usecase: UsecaseOption = "fraud",
    columns: MapOption = "",
    history_from: Annotated[
        str | None, typer.Option("--history-from", help="Ignore events before this moment.")
    ] = None,
    label_delay: Annotated[
        str | None, typer.Option("--label-delay", help="How late labels arrive, for example 7d.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for predictions.parquet, summary.json and logs.")] = Path(
        "out/replay"
    ),
    json: JsonOption = False,
) -> None:
    """Stream a file of past events through the deployed loop and score them in the stream."""
    from cli.event_file import parse_map
    from cli.replay import Options
    from cli.replay import replay as run

    options = Options(
        files=files,
        usecase=usecase,
        columns=parse_map(columns),
        start=moment("--from", start),
        until=moment("--until", until),
        history_from=moment_or_none("--history-from", history_from),
        label_delay=label_delay,
        out=out,
    )
    _finish(run(options, progress_console), json, f"predictions in {out / 'predictions.parquet'}")


@app.command(
    epilog="Examples: headrace train -u fraud --dataset out/training --out out/model · then, on newer data, "
    "headrace train -u fraud --dataset out/newer --champion out/model --out out/candidate --json"
)
@one_line_errors
def train(
    *,
    dataset: Annotated[
        Path, typer.Option("--dataset", "-d", help="A training set: a .parquet file, or a folder of them.")
    ],
    usecase: UsecaseOption = "fraud",
    champion: Annotated[
        Path | None, typer.Option(help="The model to compare with: a model.tar.gz, or the --out of an earlier run.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for model, evaluation, gates, report and baselines.")] = Path(
        "out/train"
    ),
    json: JsonOption = False,
) -> None:
    """Run the training pipeline on this machine, step by step. Exit code 3 if the model does not pass its gates."""
    from cli.train import Options
    from cli.train import train as run

    summary = run(Options(usecase=usecase, dataset=dataset, out=out, champion=champion), progress_console)
    if json:
        print_json(summary)
    if not summary["registered"]:
        progress_console.print(f"[red]✗[/] the model is refused: {escape(summary['reason'])}", soft_wrap=True)
        raise typer.Exit(output.EXIT_REFUSED)
    progress_console.print(f"the model passes every gate; report in {out / 'report.html'}", soft_wrap=True)


@app.command(epilog="Example: headrace doctor --json")
@one_line_errors
def doctor(json: JsonOption = False) -> None:
    """Say what is missing on this machine and how to get it. Exit code 1 if something needed is missing."""
    findings = examination.examine()
    if json:
        print_json(
            {"ok": all(one.ok or not one.needed for one in findings), "findings": [asdict(one) for one in findings]}
        )
    else:
        table = Table("", "what", "found", "how to get it", box=None)
        for one in findings:
            mark = "[green]✓[/]" if one.ok else "[red]✗[/]" if one.needed else "[yellow]-[/]"
            table.add_row(mark, one.name, one.found, "" if one.ok else one.remedy)
        progress_console.print(table)
    if not all(one.ok or not one.needed for one in findings):
        raise typer.Exit(output.EXIT_FAILED)


def _finish(summary: dict[str, object], json: bool, where: str) -> None:
    if json:
        print_json(summary)
    else:
        table = Table(box=None, show_header=False)
        for key, value in summary.items():
            if not isinstance(value, dict | list):
                table.add_row(key, f"{value:,}" if isinstance(value, int) else str(value))
        progress_console.print(table)
        progress_console.print(where)
    if summary["failures"]:
        raise LoopFailedError("; ".join(map(str, cast(list[str], summary["failures"]))))

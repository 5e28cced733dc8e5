"""``headrace monitor``: its options."""

from pathlib import Path
from typing import Annotated, Literal, cast

import typer
from rich.markup import escape

from cli.options import JsonOption, length
from cli.output import EXIT_REFUSED, one_line_errors, print_json, progress_console

app = typer.Typer()


@app.command(
    epilog="Examples: headrace monitor --baseline last_week.parquet --current today.csv --out out/monitor\n\n"
    "headrace monitor -b model/baseline -c capture/ -o out/monitor --json"
)
@one_line_errors
def monitor(
    *,
    baseline: Annotated[
        Path,
        typer.Option(
            "--baseline", "-b", help="What is normal: a table, a folder of tables, or Model Monitor's statistics.json."
        ),
    ],
    current: Annotated[
        Path, typer.Option("--current", "-c", help="What is judged: a table, a folder of tables, or data capture.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for statistics, constraints, violations and report.html.")
    ] = Path("out/monitor"),
    labels: Annotated[
        Path | None,
        typer.Option("--labels", "-l", help="Ground-truth lines, or a table of ids and labels: judges answers too."),
    ] = None,
    usecase: Annotated[
        str | None,
        typer.Option("--usecase", "-u", help="A file in usecases/: its ids, times and private fields are left out."),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(help="A column that is not looked at. Several may be given.")
    ] = None,
    time: Annotated[
        str | None, typer.Option(help="The column that says when a row was, for --season, --every and --quiet.")
    ] = None,
    season: Annotated[
        Literal["hour-of-day", "day-of-week", "hour-of-week"] | None,
        typer.Option(help="Compare with the baseline's rows of the same hours only (UTC)."),
    ] = None,
    every: Annotated[
        str | None, typer.Option(help="Show drift over time in windows of this length, for example 6h or 1d.")
    ] = None,
    quiet: Annotated[
        str | None,
        typer.Option(help="How far the baseline's windows of this length, for example 7d, are apart is no drift."),
    ] = None,
    least_effect: Annotated[
        float, typer.Option(min=0, max=0.99, help="The smallest distance (0 to 1) that matters.")
    ] = 0.02,
    false_alarms: Annotated[
        float, typer.Option(min=1e-9, max=0.5, help="The chance that an unchanged table is called changed.")
    ] = 0.01,
    minimum_rows: Annotated[int, typer.Option(min=1, help="Columns with fewer values are not judged for drift.")] = 200,
    id: Annotated[str | None, typer.Option(help="The column of ids; event_id by default.")] = None,
    score: Annotated[str | None, typer.Option(help="The column of scores; score by default.")] = None,
    label: Annotated[str | None, typer.Option(help="The column of labels in --labels; label by default.")] = None,
    score_threshold: Annotated[
        float | None, typer.Option(help="Scores from here on are positive; as the baseline's evaluation.json says.")
    ] = None,
    thresholds: Annotated[
        Literal["adapt", "baseline"],
        typer.Option(help="adapt: beyond noise and large enough. baseline: those of the baseline's constraints.json."),
    ] = "adapt",
    json: JsonOption = False,
) -> None:
    """Say what changed between two tables: any Parquet, CSV or JSON lines, no AWS needed. Exit code 3 on violations."""
    from cli.monitor.run import Options
    from cli.monitor.run import monitor as run
    from headrace.drift import Settings
    from headrace.drift.season import Season
    from headrace.errors import UseCaseError
    from pipelines.monitoring.counting import Seasons, Windows

    timed = season is not None or every is not None or quiet is not None
    if time is None and timed:
        raise UseCaseError("--time", "is needed by --season, --every and --quiet", "name the column of times with it")
    if time is not None and not timed:
        raise UseCaseError("--time", "is needed by --season, --every and --quiet only", "give it with one of them")
    seasons = None
    if time is not None and season is not None:
        seasons = Seasons(time=time, season=cast(Season, season.replace("-", "_")))
    windows, calm = (
        None if time is None or text is None else Windows(time=time, length_s=length(option, text))
        for option, text in (("--every", every), ("--quiet", quiet))
    )
    settings = Settings(
        false_alarms=false_alarms,
        least_effect=least_effect,
        minimum_rows=minimum_rows,
        ignore=frozenset(ignore or ()),
    )
    summary = run(
        Options(
            baseline=baseline,
            current=current,
            out=out,
            settings=settings,
            usecase=usecase,
            seasons=seasons,
            windows=windows,
            quiet=calm,
            thresholds=thresholds == "baseline",
            labels=labels,
            id=id,
            score=score,
            label=label,
            score_threshold=score_threshold,
        ),
        progress_console,
    )
    if json:
        print_json(summary)
    else:
        _show(summary)
    if not summary["clean"]:
        raise typer.Exit(EXIT_REFUSED)


def _show(summary: dict[str, object]) -> None:
    violations = cast(list[dict[str, str]], summary["violations"])
    for it in violations:
        name, check = escape(it.get("feature_name") or it["metric_name"]), it["constraint_check_type"]
        progress_console.print(f"[red]✗[/] [b]{name}[/] {check}: {escape(it['description'])}", soft_wrap=True)
    for note in cast(list[str], summary["notes"]):
        progress_console.print(f"[yellow]![/] {escape(note)}", soft_wrap=True)
    words = (
        ("1 violation" if len(violations) == 1 else f"{len(violations)} violations")
        if violations
        else "nothing changed that matters"
    )
    progress_console.print(f"{words}; report in {escape(str(summary['report']))}", soft_wrap=True)

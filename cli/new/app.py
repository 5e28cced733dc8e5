"""The command that begins a use case: ``headrace new``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cli.options import JsonOption
from cli.output import one_line_errors, print_json, progress_console

app = typer.Typer()


@app.command(
    epilog="Example: headrace new lending --from loans.csv --label defaulted --entity customer_id --time applied_at"
)
@one_line_errors
def new(
    *,
    name: Annotated[str, typer.Argument(help="Name of the use case: lower case letters, digits and _.")],
    sample: Annotated[Path, typer.Option("--from", help="A .csv (.gz), .parquet or .jsonl file of past events.")],
    label: Annotated[
        str | None, typer.Option(help="The column of the truth: 0 and 1, true and false, yes and no.")
    ] = None,
    entity: Annotated[str | None, typer.Option(help="The column that says whose the events are.")] = None,
    time: Annotated[str | None, typer.Option(help="The column of the event's time.")] = None,
    folder: Annotated[
        Path | None, typer.Option("--into", help="Folder of use cases; usecases/ of this checkout by default.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a use case that is there.")] = False,
    json: JsonOption = False,
) -> None:
    """Propose a use case for a file of events: complete, commented, and proved on the file before it is written.

    Where the file lacks something, it says what, and which option or change fixes it; then nothing is written.
    """
    from cli.new.command import FOLDER, Options, propose
    from cli.new.roles import Wanted

    wanted = Wanted(label=label, entity=entity, time=time)
    options = Options(name=name, sample=sample, wanted=wanted, folder=folder or FOLDER, force=force)
    found = propose(options)
    commands = found.commands(sample)
    if json:
        print_json(
            {
                "usecase": name,
                "file": str(found.path),
                "map": found.mapping,
                "features": len(found.usecase.feature_names),
                "left_out": found.left_out,
                "notices": found.notices,
                "next": commands,
            }
        )
        return
    progress_console.print(f"[green]✓[/] {escape(str(found.path))}: {len(found.usecase.feature_names)} features")
    for column, why in found.left_out.items():
        progress_console.print(f"[dim]left out[/] {escape(column)}: {escape(why)}", soft_wrap=True)
    for notice in found.notices:
        progress_console.print(f"[yellow]![/] {escape(notice)}", soft_wrap=True)
    progress_console.print("next:")
    for command in commands:
        progress_console.print(f"  {escape(command)}", soft_wrap=True)

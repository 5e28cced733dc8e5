"""``headrace openapi``: what the inference API of a use case takes and answers, for whoever has to call it."""

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

import usecases
from cli.options import JsonOption, UsecaseOption
from cli.output import one_line_errors, print_json, progress_console
from headrace.openapi import document

app = typer.Typer()


@app.command(epilog="Example: headrace openapi --usecase fraud --url https://api.example.com --out openapi.json")
@one_line_errors
def openapi(
    *,
    usecase: UsecaseOption = "fraud",
    url: Annotated[str | None, typer.Option(help="The API's address, the output ApiUrl of the stack serving.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; without it standard output.")] = None,
    json: JsonOption = False,
) -> None:
    """Print the OpenAPI 3.1 document of a use case's API: the one that the API serves at GET /openapi.json."""
    made = document(usecases.load(usecase), url=url)
    if out is None:
        print_json(made)  # the document is JSON whether or not it is asked for
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json_module.dumps(made, indent=2) + "\n")
    if json:
        print_json({"usecase": usecase, "out": str(out)})
    else:
        progress_console.print(f"the document is in {out}", soft_wrap=True)

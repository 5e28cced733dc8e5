"""Options that several commands share, and how their texts are read."""

import calendar
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from headrace.duration import seconds
from headrace.errors import UseCaseError

UsecaseOption = Annotated[str, typer.Option("--usecase", "-u", help="Name of a file in usecases/.")]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on standard output, and nothing else there.")
]
FilesArgument = Annotated[list[Path], typer.Argument(help="Parquet, CSV (.gz) or JSONL files of past events.")]
MapOption = Annotated[str, typer.Option("--map", help="field=COLUMN,...; `label` means the use case's label.")]


def moment(option: str, text: str) -> int:
    """Epoch seconds of a date or time; without an offset it is UTC.

    Raises:
        UseCaseError: naming the option, if it is neither.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError as exc:
        raise UseCaseError(option, f"{text!r} is not a date", "for example 2018-08-08 or 2018-08-08T06:00:00Z") from exc
    return calendar.timegm(at.utctimetuple())


def length(option: str, text: str) -> int:
    """Seconds of a duration such as ``6h``.

    Raises:
        UseCaseError: naming the option, if it is none or is nothing.
    """
    try:
        found = seconds(text)
    except ValueError as exc:
        raise UseCaseError(option, f"{text!r} is not a duration", "for example 6h or 1d") from exc
    if not found:
        raise UseCaseError(option, "is nothing", "for example 6h or 1d")
    return found


def moment_or_none(option: str, text: str | None) -> int | None:
    """``moment``, None where the option is not given."""
    return None if text is None else moment(option, text)

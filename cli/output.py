"""What the command prints: results on standard output, progress and errors on standard error, one line per error."""

import json
import signal
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec

import typer
from rich.console import Console
from rich.markup import escape

from headrace.errors import HeadraceError, RejectedError, UseCaseError
from pipelines.quality.refusal import QualityError

P = ParamSpec("P")

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_REFUSED = 3
EXIT_INTERRUPTED = 130

progress_console = Console(stderr=True, highlight=False)


def print_json(document: Mapping[str, object]) -> None:
    """Print one JSON object, and nothing else, on standard output."""
    sys.stdout.write(json.dumps(document, indent=2, default=str) + "\n")


def one_line_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Turn our errors into one clear line and an exit code.

    2 for wrong input, 3 for a training set or model that is refused, 1 for what failed, 130 for Ctrl-C or SIGTERM.
    """

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends in order, as Ctrl-C does
        try:
            command(*args, **kwargs)
        except (UseCaseError, RejectedError) as exc:
            _fail(str(exc), EXIT_USAGE)
        except QualityError as exc:
            _fail(str(exc), EXIT_REFUSED)
        except HeadraceError as exc:
            _fail(str(exc), EXIT_FAILED)
        except KeyboardInterrupt:
            _fail("interrupted; everything that was started has been stopped", EXIT_INTERRUPTED)

    return guarded


def _fail(message: str, code: int) -> None:
    progress_console.print(f"[bold red]headrace:[/] {escape(message)}", soft_wrap=True)
    raise typer.Exit(code)

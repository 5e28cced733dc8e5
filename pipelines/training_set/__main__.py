"""``python -m pipelines.training_set``: build a training set on one machine; the summary goes to standard output."""

import json
import sys
from collections.abc import Sequence

from headrace.errors import HeadraceError
from pipelines.training_set.arguments import parse
from pipelines.training_set.build import build


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point: 0, or 1 with the reason on standard error."""
    try:
        store, order = parse(sys.argv[1:] if argv is None else argv)
        built = build(store, order, report=lambda done, total, what: print_error(f"{done} of {total} days, {what}"))
    except HeadraceError as exc:
        print_error(f"{type(exc).__name__}: {exc}")
        return 1
    sys.stdout.write(json.dumps(built.summary(), indent=1) + "\n")
    return 0


def print_error(line: str) -> None:
    """One line to standard error."""
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())

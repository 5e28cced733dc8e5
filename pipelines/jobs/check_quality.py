"""The data quality gate as a job: judge a training set, leave the report, and fail where it must not be trained on.

Reads a folder of Parquet files, writes ``quality.json`` and ``quality.html``. Exit codes: 0 passed, 3 refused, 1 could
not be read; every failed rule is in the reason file.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import usecases
from pipelines.jobs import outcome
from pipelines.quality.gate import check, write_report
from pipelines.quality.refusal import QualityError
from pipelines.quality.training_rows import FileRows

EXIT_REFUSED = 3


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The command line; paths default to those of a processing container."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usecase", required=True)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input/data"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output/quality"))
    parser.add_argument("--reason-file", type=Path, default=Path("/opt/ml/output/message"))
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; see the module."""
    args = parse(sys.argv[1:] if argv is None else argv)
    refused: list[QualityError] = []

    def job() -> None:
        verdict = check(usecases.load(args.usecase), FileRows(args.input))
        page = write_report(verdict, args.output)
        sys.stdout.write(f"{verdict.profile.rows} rows, {len(verdict.failures)} rules failed: {page}\n")
        try:
            verdict.require(page.name)
        except QualityError as exc:
            refused.append(exc)
            raise

    code = outcome.run(job, args.reason_file)
    return EXIT_REFUSED if refused else code


if __name__ == "__main__":
    sys.exit(main())

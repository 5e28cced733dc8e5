"""How a job ends: a wrong input becomes one named reason where SageMaker looks for it, and exit code 1."""

import sys
from collections.abc import Callable
from pathlib import Path

from headrace.errors import HeadraceError

_LONGEST = 1_000
"""SageMaker keeps the first 1,024 characters of a reason."""


def run(job: Callable[[], None], reason_file: Path) -> int:
    """Run a job and return its exit code.

    Args:
        job: does the work and raises a HeadraceError when its input cannot be used.
        reason_file: where the container's platform reads the reason of a failure: ``/opt/ml/output/message`` for a
            processing job, ``/opt/ml/output/failure`` for a training job.
    """
    try:
        job()
    except HeadraceError as error:
        reason = str(error)
        reason_file.parent.mkdir(parents=True, exist_ok=True)
        reason_file.write_text(reason[:_LONGEST])
        sys.stderr.write(f"{type(error).__name__}: {reason}\n")
        return 1
    return 0

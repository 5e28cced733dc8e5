"""Cold start: how long a function's modules take to import on top of the Powertools and boto3 that it uses anyway.

What is imported is the bundle that is deployed, nothing written beside it, as on Lambda. Processor time counts: on a
function's whole processor it is what the clock shows, and here it does not depend on what else runs.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.comparison import Comparison, Effort
from local.emulator.lambda_bundle import runtime_packages
from stacks.components import bytecode
from stacks.components.bundle import RUNTIME_PYTHON, bundle

USECASE = "fraud"
BUDGET_MS = 40
RUNS = 9
FUNCTIONS = {
    "enrichment": """
from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import event_source, KinesisStreamEvent""",
    "inference": "",
}
"""What each uses of Powertools besides the logger."""
_PROGRAM = """
import sys, time
sys.path[:0] = {paths!r}
import boto3, botocore.config, botocore.exceptions, concurrent.futures, json
from aws_lambda_powertools import Logger
{powertools}
from aws_lambda_powertools.utilities.typing import LambdaContext
started = time.process_time()
import lambdas.{function}.handler, usecases.{usecase}
print(time.process_time() - started)
"""


def comparisons(effort: Effort) -> Iterator[Comparison]:
    """The rows of this benchmark: with bytecode, as a machine with the runtime's Python ships it, and without."""
    python = bytecode.interpreter(RUNTIME_PYTHON)
    runs = effort.of(RUNS)
    with tempfile.TemporaryDirectory() as folder:
        for function in FUNCTIONS:
            compiled, bare = (Path(folder, function, kind) for kind in ("compiled", "bare"))
            for copy in (compiled, bare):
                pycache = shutil.ignore_patterns("__pycache__")
                shutil.copytree(bundle(function, usecase=USECASE), copy, ignore=pycache)
            bytecode.compile_folder(compiled, python or Path(sys.executable))
            yield _row(function, compiled, "bytecode in the bundle", goal=1, python=python, runs=runs)
            without = f"sources only, as built where there is no Python {RUNTIME_PYTHON}"
            yield _row(function, bare, without, goal=None, python=python, runs=runs)


def _row(function: str, code: Path, how: str, *, goal: float | None, python: Path | None, runs: int) -> Comparison:
    paths = [str(code), str(runtime_packages(code.parent))]
    program = _PROGRAM.format(paths=paths, powertools=FUNCTIONS[function], function=function, usecase=USECASE)
    command = [python or sys.executable, "-I", "-S", "-B", "-c", program]
    shares = [
        float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603 - our own
        for _ in range(runs)
    ]
    return Comparison(
        name=f"import of {function}, own share, {how}",
        ours=statistics.median(shares) * 1_000,
        other=BUDGET_MS,
        other_name="the budget, a constant, on top of Powertools and boto3",
        unit="ms",
        goal=goal,
        less_is_better=True,
    )

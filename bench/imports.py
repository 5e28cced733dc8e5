"""Cold start: how long a function's modules take to import on top of the Powertools and boto3 that it uses anyway."""

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator

from bench.comparison import Comparison, Effort

BUDGET_MS = 40
RUNS = 9
_LIBRARIES = (
    "import boto3, botocore.config, botocore.exceptions, concurrent.futures, json\n"
    "from aws_lambda_powertools import Logger, Metrics\n"
    "from aws_lambda_powertools.metrics import MetricUnit\n"
    "from aws_lambda_powertools.utilities.data_classes import event_source, {event}\n"
    "from aws_lambda_powertools.utilities.typing import LambdaContext\n"
)
_TIMED = "import time; started = time.perf_counter()\n{body}\nprint(time.perf_counter() - started)"
FUNCTIONS = {"enrichment": "KinesisStreamEvent", "inference": "APIGatewayProxyEventV2"}


def comparisons(effort: Effort) -> Iterator[Comparison]:
    """The rows of this benchmark."""
    for function, event in FUNCTIONS.items():
        libraries = _LIBRARIES.format(event=event)
        handler = f"{libraries}import lambdas.{function}.handler, usecases.fraud"
        shares = [_seconds(handler) - _seconds(libraries) for _ in range(effort.of(RUNS))]
        yield Comparison(
            name=f"import of {function}, own share",
            ours=statistics.median(shares) * 1_000,
            other=BUDGET_MS,
            other_name="the budget, a constant, on top of Powertools and boto3",
            unit="ms",
            goal=1,
            less_is_better=True,
        )


def _seconds(body: str) -> float:
    command = [sys.executable, "-c", _TIMED.format(body=body)]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}  # imports are timed, not the compiler of the first run
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)  # noqa: S603 - our own
    return float(done.stdout)

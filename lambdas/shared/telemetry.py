"""Publishes what became of a batch as metrics, under the same dimensions for every function."""

from collections.abc import Mapping

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from lambdas.shared.settings import EnvSettings
from lambdas.shared.stream import Outcome


def count(metrics: Metrics, settings: EnvSettings, counts: Mapping[str, int]) -> None:
    """Add counters by name. Dimensions: ``service``, ``UseCase``, ``Stage``."""
    metrics.set_default_dimensions(UseCase=settings.usecase, Stage=settings.stage)
    for name, value in counts.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def publish(metrics: Metrics, settings: EnvSettings, outcome: Outcome, *, age_s: float) -> None:
    """Add a stream batch: its counters, whether it is retried, and how long its last record waited, in seconds."""
    count(metrics, settings, {**outcome.counts, "Retried": int(outcome.failed_from is not None)})
    metrics.add_metric(name="RecordAge", unit=MetricUnit.Seconds, value=max(0.0, age_s))

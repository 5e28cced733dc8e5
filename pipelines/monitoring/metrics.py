"""CloudWatch metrics of a run, one JSON line each, in the form that Model Monitor's containers hand over.

A job calls no AWS service: whoever runs it puts these lines into the namespace ``Headrace/Monitor``.
"""

import json
from collections.abc import Iterator, Mapping

from headrace.drift import Findings
from pipelines.monitoring.quality import QualityFound

FILE = "cloudwatch_metrics.jsonl"


def lines(
    found: Findings,
    quality: QualityFound | None,
    *,
    more: Mapping[str, float],
    violations: int,
    dimensions: Mapping[str, str],
    timestamp: str,
) -> str:
    """Every metric of a run as JSON lines.

    Args:
        found: what the comparison found.
        quality: of the model; None if it was not judged.
        more: further figures by metric name.
        violations: how many there are of all kinds.
        dimensions: ``UseCase``, ``Stage``, ``Monitor``.
        timestamp: ISO 8601, of the rows that were judged.
    """
    figures = {**dict(_figures(found, quality)), **more, "violations": float(violations)}
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    return "".join(
        json.dumps({"MetricName": name, "Timestamp": timestamp, "Dimensions": named, "Value": value}) + "\n"
        for name, value in figures.items()
    )


def _figures(found: Findings, quality: QualityFound | None) -> Iterator[tuple[str, float]]:
    yield "rows", float(found.rows[1])
    yield "drifted_columns", float(len(found.drifted))
    yield "drift_magnitude", found.magnitude
    for name, it in found.columns.items():
        if it.judged:
            yield f"feature_baseline_drift_{name}", it.distance
    if quality is not None:
        yield "degraded", float(quality.verdict.status == "DEGRADED")
        for name, figure in quality.current.figures.items():
            yield name, figure.value

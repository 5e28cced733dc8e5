"""CloudWatch metrics of a run, one JSON line each, in the form that Model Monitor's containers hand over.

A job calls no AWS service: the monitoring function puts these lines into the namespace ``Headrace/Monitor``.
"""

import json
from collections.abc import Iterator, Mapping

from headrace.drift import Findings
from headrace.monitoring import METRICS as FILE
from pipelines.monitoring.quality import QualityFound

__all__ = ["FILE", "lines"]


def lines(
    found: Findings | None,
    quality: QualityFound | None,
    *,
    more: Mapping[str, float],
    dimensions: Mapping[str, str],
    timestamp: str,
) -> str:
    """Every metric of a run as JSON lines.

    Args:
        found: what the comparison of data found; None if data was not judged.
        quality: of the model; None if it was not judged.
        more: further figures by metric name.
        dimensions: ``UseCase``, ``Stage``, ``Monitor``.
        timestamp: ISO 8601, of the rows that were judged.
    """
    figures = {**dict(_figures(found, quality)), **more}
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    return "".join(
        json.dumps({"MetricName": name, "Timestamp": timestamp, "Dimensions": named, "Value": value}) + "\n"
        for name, value in figures.items()
    )


def _figures(found: Findings | None, quality: QualityFound | None) -> Iterator[tuple[str, float]]:
    if found is not None:
        yield "drifted_columns", float(len(found.drifted))
        yield "drift_magnitude", found.magnitude
        for name, it in found.columns.items():
            if it.judged:
                yield f"feature_baseline_drift_{name}", it.distance
    if quality is not None:
        for name, figure in quality.current.figures.items():
            yield name, figure.value

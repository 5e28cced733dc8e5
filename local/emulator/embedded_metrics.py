"""CloudWatch's embedded metric format: metrics that functions write into their logs.

Format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from collections.abc import Iterator
from typing import Any

from local.emulator import metrics


def record(log: str) -> None:
    """Publish every metric that a log holds; lines that are not in the format are only log."""
    for line in log.splitlines():
        if '"CloudWatchMetrics"' not in line:
            continue
        try:
            document = json.loads(line)
            directives = document["_aws"]["CloudWatchMetrics"]
        except (ValueError, KeyError, TypeError):
            continue
        for namespace, name, value, unit, dimensions in _data(document, directives):
            metrics.put(namespace, name, value, unit, dimensions)


def _data(
    document: dict[str, Any], directives: list[dict[str, Any]]
) -> Iterator[tuple[str, str, float, str, dict[str, str]]]:
    for directive in directives:
        for keys in directive.get("Dimensions") or [[]]:
            dimensions = {key: str(document[key]) for key in keys if key in document}
            for metric in directive.get("Metrics", []):
                values = document.get(metric["Name"])
                for value in values if isinstance(values, list) else [values]:
                    if isinstance(value, int | float):
                        yield directive["Namespace"], metric["Name"], value, metric.get("Unit", "None"), dimensions

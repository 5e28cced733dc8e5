"""``statistics.json``, ``constraints.json`` and ``constraint_violations.json`` as SageMaker Model Monitor writes them.

Its monitors, its SDK and ours read the same files. Quantile sketches are written in the form of KLL (Karnin, Lang,
Liberty 2016): an item of level i stands for 2^i values.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

import numpy as np

from headrace.drift.aligned import categories
from headrace.drift.column import Column
from headrace.drift.finding import Findings
from headrace.drift.numbers import Numbers
from headrace.drift.rules import rules
from headrace.drift.settings import Settings
from headrace.drift.summary import Summary

STATISTICS, CONSTRAINTS, VIOLATIONS = "statistics.json", "constraints.json", "constraint_violations.json"
NOISE = "noise.json"
"""Ours beside a baseline: how far quiet windows are from it, by column; see ``headrace.drift.unrest``."""
OTHER_SPELLING = "constraints_violations.json"
"""One page of AWS spells it so."""
VERSION: Final = 0.0
MONITORING: Final[Mapping[str, Any]] = {
    "evaluate_constraints": "Enabled",
    "emit_metrics": "Enabled",
    "datatype_check_threshold": 0.1,
    "domain_content_threshold": 0.1,
    "distribution_constraints": {
        "perform_comparison": "Enabled",
        "comparison_threshold": 0.1,
        "comparison_method": "Robust",
        "categorical_comparison_threshold": 0.1,
        "categorical_drift_method": "LInfinity",
    },
}
NOT_COMPARED: Final = {"distribution_constraints": {"perform_comparison": "Disabled"}}
_SKETCH = {"c": 0.64, "k": 2_048.0}
_MOST_ITEMS = 2_048
_BUCKETS = 10


def statistics(summary: Summary) -> dict[str, Any]:
    """``statistics.json`` of a table."""
    return {
        "version": VERSION,
        "dataset": {"item_count": summary.rows},
        "features": [_statistics(name, column) for name, column in summary.columns.items()],
    }


def constraints(summary: Summary, settings: Settings | None = None) -> dict[str, Any]:
    """``constraints.json`` that a table suggests as a baseline, with Model Monitor's own thresholds.

    Columns whose distribution means nothing, times and names of rows, are not to be compared.
    """
    features = []
    for rule in rules(summary, settings or Settings()).values():
        found: dict[str, Any] = {
            "name": rule.name,
            "inferred_type": rule.inferred_type,
            "completeness": rule.completeness if summary.rows else 0.0,
        }
        column = summary.columns[rule.name]
        if rule.inferred_type != "String":
            found["num_constraints"] = {
                "is_non_negative": column.numbers.count > 0 and column.numbers.minimum >= 0,
            }
        elif rule.domains is not None:
            found["string_constraints"] = {"domains": sorted(rule.domains)}
        if not rule.compares and column.present:
            found["monitoringConfigOverrides"] = NOT_COMPARED
        features.append(found)
    return {"version": VERSION, "features": features, "monitoring_config": MONITORING}


def violations(found: Findings) -> dict[str, Any]:
    """``constraint_violations.json``; its list is empty if all is well."""
    return {
        "violations": [
            {"feature_name": it.feature_name, "constraint_check_type": it.check, "description": it.description}
            for it in found.violations
        ]
    }


def kll(numbers: Numbers) -> list[list[float]]:
    """Levels of evenly spaced order statistics whose weights sum to how many numbers there are, which must be some."""
    count, level = numbers.count, 0
    while count >> level > _MOST_ITEMS:
        level += 1
    whole = count >> level << level
    levels: list[list[float]] = [[] for _ in range(level + 1)]
    # Middle of each run rather than its first value, or every quantile would lie low.
    runs = np.arange(whole >> level) * (1 << level) + ((1 << level) - 1) // 2
    levels[level] = numbers.ranked(runs).tolist()
    reached = whole
    for bit in range(level):
        if count >> bit & 1:
            levels[bit] = numbers.ranked(np.array([reached])).tolist()
            reached += 1 << bit
    return levels


def _statistics(name: str, column: Column) -> dict[str, Any]:
    common = {"num_present": column.present, "num_missing": column.missing}
    if column.kind == "text":
        found = categories(column)
        buckets = [{"value": text, "count": times} for text, times in sorted(found.named.items())]
        return {
            "name": name,
            "inferred_type": "String",
            "string_statistics": {
                "common": common,
                "distinct_count": float(found.distinct.count),
                "distribution": {"categorical": {"buckets": buckets}},
            },
        }
    return {
        "name": name,
        "inferred_type": column.inferred_type,
        "numerical_statistics": {"common": common, **(_moments(column.numbers) if column.numbers.count else {})},
    }


def _moments(numbers: Numbers) -> dict[str, Any]:
    edges = np.linspace(numbers.minimum, numbers.maximum, _BUCKETS + 1)
    if not numbers.minimum < numbers.maximum or not np.isfinite(edges).all():
        edges = np.array([numbers.minimum, numbers.maximum])
    values = np.clip(numbers.values, edges[0], edges[-1])
    counts = np.bincount(
        np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2), numbers.counts, len(edges) - 1
    )
    return {
        "mean": numbers.mean,
        "sum": float(np.nan_to_num(numbers.mean * np.float64(numbers.count))),
        "std_dev": numbers.std,
        "min": numbers.minimum,
        "max": numbers.maximum,
        "distribution": {
            "kll": {
                "buckets": [
                    {"lower_bound": float(low), "upper_bound": float(high), "count": float(count)}
                    for (low, high), count in zip(pairwise(edges), counts, strict=True)
                ],
                "sketch": {"parameters": dict(_SKETCH), "data": kll(numbers)},
            }
        },
    }

"""Baselines in the JSON of SageMaker Model Monitor, so that its monitors and ours read the same files.

Quantile sketches are written in the form of KLL (Karnin, Lang, Liberty 2016): an item of level i stands for 2^i values.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

_SKETCH = {"c": 0.64, "k": 2_048.0}
_MOST_ITEMS = 2_048
_BUCKETS = 10
STATISTICS, CONSTRAINTS = "statistics.json", "constraints.json"


def statistics(columns: Mapping[str, np.ndarray], texts: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """``statistics.json``.

    Args:
        columns: values by name, each of shape (n,), NaN where missing.
        texts: the texts that the positions of a coded column stand for, by its name.
    """
    rows = len(next(iter(columns.values())))
    return {
        "version": 0.0,
        "dataset": {"item_count": rows},
        "features": [
            _of_texts(name, values, texts[name]) if name in texts else _of_numbers(name, values)
            for name, values in columns.items()
        ],
    }


def constraints(columns: Mapping[str, np.ndarray], texts: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """``constraints.json``; arguments as of ``statistics``."""
    return {
        "version": 0.0,
        "features": [_constraint(name, values, texts.get(name)) for name, values in columns.items()],
        "monitoring_config": {
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
        },
    }


def sketch(values: np.ndarray) -> list[list[float]]:
    """Levels of evenly spaced order statistics whose weights sum to the number of values.

    Args:
        values: ascending, shape (n,), n > 0.
    """
    level = 0
    while len(values) >> level > _MOST_ITEMS:
        level += 1
    whole = len(values) >> level << level
    levels: list[list[float]] = [[] for _ in range(level + 1)]
    # Middle of each run rather than its first value, or every quantile would lie low.
    middles = np.arange(whole >> level) * (1 << level) + ((1 << level) - 1) // 2
    levels[level] = values[middles].tolist()
    rest = values[whole:]
    for bit in range(level):
        if len(values) >> bit & 1:
            levels[bit], rest = [float(rest[0])], rest[1 << bit :]
    return levels


def _of_numbers(name: str, values: np.ndarray) -> dict[str, Any]:
    known = np.sort(values[~np.isnan(values)].astype(np.float64))
    found: dict[str, Any] = {"common": _common(values)}
    if len(known):
        edges = np.linspace(known[0], known[-1], _BUCKETS + 1)
        counts = np.histogram(known, edges)[0] if edges[0] < edges[-1] else np.array([len(known)])
        spans = list(pairwise(edges)) if edges[0] < edges[-1] else [(edges[0], edges[-1])]
        found |= {
            "mean": float(known.mean()),
            "sum": float(known.sum()),
            "std_dev": float(known.std()),
            "min": float(known[0]),
            "max": float(known[-1]),
            "distribution": {
                "kll": {
                    "buckets": [
                        {"lower_bound": float(low), "upper_bound": float(high), "count": float(count)}
                        for (low, high), count in zip(spans, counts, strict=True)
                    ],
                    "sketch": {"parameters": dict(_SKETCH), "data": sketch(known)},
                }
            },
        }
    return {"name": name, "inferred_type": _type(known), "numerical_statistics": found}


def _of_texts(name: str, values: np.ndarray, texts: Sequence[str]) -> dict[str, Any]:
    counts = _counts(values, texts)
    return {
        "name": name,
        "inferred_type": "String",
        "string_statistics": {
            "common": _common(values),
            "distinct_count": float(len(counts)),
            "distribution": {
                "categorical": {"buckets": [{"value": text, "count": count} for text, count in counts.items()]}
            },
        },
    }


def _constraint(name: str, values: np.ndarray, texts: Sequence[str] | None) -> dict[str, Any]:
    known = values[~np.isnan(values)]
    common = {"name": name, "completeness": len(known) / len(values)}
    if texts is not None:
        domains = list(_counts(values, texts))
        return {**common, "inferred_type": "String", "string_constraints": {"domains": domains}}
    bounds = {"is_non_negative": bool(len(known) > 0 and known.min() >= 0)}
    return {**common, "inferred_type": _type(known), "num_constraints": bounds}


def _common(values: np.ndarray) -> dict[str, int]:
    missing = int(np.isnan(values).sum())
    return {"num_present": len(values) - missing, "num_missing": missing}


def _counts(values: np.ndarray, texts: Sequence[str]) -> dict[str, int]:
    counts = np.bincount(values[~np.isnan(values)].astype(np.int64), minlength=len(texts))
    return {text: int(count) for text, count in zip(texts, counts, strict=True) if count}


def _type(known: np.ndarray) -> str:
    if not len(known):
        return "Unknown"
    return "Integral" if (known == np.round(known)).all() else "Fractional"

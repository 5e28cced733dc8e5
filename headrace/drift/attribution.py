"""Does the model still decide by the same features? Attribution drift, by the order of what moves its scores."""

import math
from collections.abc import Mapping
from typing import Any

from headrace.errors import RejectedError

LEAST_NDCG = 0.9
"""Below it SageMaker Clarify's monitor reports a drift."""


def ndcg(baseline: Mapping[str, float], current: Mapping[str, float]) -> float:
    """How well today's order of features keeps the baseline's: 1 if it is the same.

    DCG / iDCG with DCG = sum a(o_i) / log2(i + 1): ``a`` are the baseline's attributions, ``o`` today's order of
    features, and iDCG the same sum in the baseline's own order (SageMaker Clarify, "Feature attribution drift";
    Jarvelin and Kekalainen 2002). A feature that one side lacks counts as 0 there.

    Args:
        baseline: mean absolute SHAP value by feature.
        current: the same of what is judged.

    Raises:
        RejectedError: if the baseline attributes nothing to any feature.
    """
    names = sorted({*baseline, *current})
    before = {name: abs(baseline.get(name, 0.0)) for name in names}
    ideal = _gain(sorted(before.values(), reverse=True))
    if not ideal:
        raise RejectedError("attributes nothing to any feature; explain some rows of the baseline first")
    order = sorted(names, key=lambda name: -abs(current.get(name, 0.0)))
    return _gain([before[name] for name in order]) / ideal


def violations(found: float, *, label: str, least: float = LEAST_NDCG) -> dict[str, Any]:
    """Clarify's ``constraint_violations.json`` of attributions: no feature is named, the order is what drifted.

    Args:
        found: ``ndcg``.
        label: the name of the label.
        least: below it there is a violation.
    """
    listed = []
    if found < least:
        listed.append(
            {
                "label": label,
                "metric_name": "shap",
                "constraint_check_type": "feature_attribution_drift_check",
                "description": f"Feature attribution drift: NDCG {found:.4f} is below threshold {least:g}.",
            }
        )
    return {"version": "1.0", "violations": listed}


def _gain(attributions: list[float]) -> float:
    return sum(it / math.log2(place + 2) for place, it in enumerate(attributions))

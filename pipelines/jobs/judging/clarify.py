"""``explanation.json``: what moves the scores, in the form of SageMaker Clarify's ``analysis.json``.

A registered package carries it in ``DriftCheckBaselines.Explainability``, so that Clarify's monitor and Headrace's
read the same document. Its key says kernel SHAP because Clarify knows no other; the values are exact Shapley values of
the log odds, see ``explanation``.
"""

from collections.abc import Mapping
from typing import Any

FILE = "explanation.json"


def document(found: Mapping[str, Any] | None) -> dict[str, Any]:
    """The whole file, without a feature if the algorithm cannot say.

    Args:
        found: ``explanation`` of the test rows.
    """
    told = found or {"features": []}
    shap: dict[str, Any] = {"global_shap_values": {it["feature"]: it["mean_absolute"] for it in told["features"]}}
    if "base" in told:
        shap["expected_value"] = told["base"]
    return {"version": "1.0", "explanations": {"kernel_shap": {"label0": shap}}}

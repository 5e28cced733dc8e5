"""SageMaker's own SDK takes our files for Model Monitor's."""

import json
from typing import Any

import numpy as np
import pytest

from headrace.drift import Settings, compare, documents, imported, summarize

monitoring_files = pytest.importorskip("sagemaker.core.model_monitor.monitoring_files")


def plain(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(document, allow_nan=False))
    return found


def test_constraints_are_switched_off_and_on_by_the_sdk() -> None:
    before = summarize({"amount": np.arange(500.0), "shop": np.array(["a", "b"] * 250, dtype=object)})
    constraints = monitoring_files.Constraints(plain(documents.constraints(before)), "s3://bucket/constraints.json")
    constraints.set_monitoring(False, feature_name="amount")
    changed = summarize({"amount": np.arange(500.0) * 9, "shop": np.array(["a", "c"] * 250, dtype=object)})

    def drifted() -> tuple[str, ...]:
        back = imported.read(documents.statistics(before), constraints.body_dict, Settings())
        return compare(back.summary, changed, back.settings, demanded=back.rules).drifted

    assert drifted() == ("shop",)
    constraints.set_monitoring(True, feature_name="amount")
    assert drifted() == ("amount", "shop")
    constraints.set_monitoring(False)
    assert drifted() == ("amount",), "a column's own flag counts before that of all"


def test_statistics_and_violations_are_held_by_the_sdks_classes() -> None:
    before, after = (summarize({"amount": np.arange(500.0) * factor}) for factor in (1, 3))
    statistics = monitoring_files.Statistics(plain(documents.statistics(after)), "s3://bucket/statistics.json")
    assert statistics.body_dict["features"][0]["numerical_statistics"]["max"] == 1_497
    violations = monitoring_files.ConstraintViolations(
        plain(documents.violations(compare(before, after))), "s3://bucket/constraint_violations.json"
    )
    assert violations.body_dict["violations"][0]["feature_name"] == "amount"

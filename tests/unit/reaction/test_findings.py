"""Reading violations: ours and native, four kinds; what is broken is told from what changed."""

from typing import Any

import numpy as np
import pytest

from headrace.drift import attribution, compare, documents, summarize
from headrace.errors import RejectedError
from headrace.reaction import Finding, finding

RANDOM = np.random.default_rng(3)
AMOUNTS, HOURS = RANDOM.gamma(2, 30, 5_000), RANDOM.integers(0, 24, 5_000).astype(float)


def read(*violations: dict[str, str], null_share: float = 0.05) -> Finding:
    document = {"violations": list(violations)}
    return finding(document, kind="data_quality", at=0, source="s3://x", null_share=null_share)


def ours(current: dict[str, Any]) -> Finding:
    """What our own comparison says of a table."""
    found = compare(summarize({"amount": AMOUNTS, "hour": HOURS}), summarize(current))
    return finding(documents.violations(found), kind="data_quality", at=0, source="s3://x", null_share=0.05)


def test_a_table_that_did_not_change_is_clean() -> None:
    assert ours({"amount": AMOUNTS, "hour": HOURS}).clean


def test_a_shift_is_a_distance_of_its_column() -> None:
    found = ours({"amount": AMOUNTS * 1.5, "hour": HOURS})
    assert set(found.distances) == {"amount"}
    assert 0.1 < found.distances["amount"] < 0.5
    assert not found.upstream


@pytest.mark.parametrize(
    ("broken", "column"),
    [
        ({"amount": AMOUNTS * 100, "hour": HOURS}, "amount"),
        ({"amount": HOURS, "hour": AMOUNTS}, "amount"),
        ({"amount": np.full(5_000, np.nan), "hour": HOURS}, "amount"),
        ({"hour": HOURS}, "amount"),
        ({"amount": AMOUNTS.astype(str).astype(object) + " EUR", "hour": HOURS}, "amount"),
    ],
    ids=["unit", "swapped", "null", "missing", "type"],
)
def test_what_no_change_of_the_world_does_is_broken_upstream(broken: dict[str, Any], column: str) -> None:
    assert column in ours(broken).upstream


def test_a_few_more_missing_values_are_no_breakage() -> None:
    amounts = AMOUNTS.copy()
    amounts[:100] = np.nan
    found = ours({"amount": amounts, "hour": HOURS})
    assert found.missing["amount"] == pytest.approx(0.02)
    assert not found.upstream
    assert not found.clean


def test_values_that_hardly_overlap_are_broken_whatever_the_words_say() -> None:
    line = {"feature_name": "amount", "constraint_check_type": "baseline_drift_check", "description": "distance: 0.93"}
    document = {"violations": [line]}
    torn, moved = (
        finding(document, kind="data_quality", at=0, source="s3://x", null_share=0.05, broken_from=bound)
        for bound in (0.8, 0.95)
    )
    assert set(torn.upstream) == {"amount"}
    assert moved.distances == {"amount": 0.93}


def test_native_lines_are_read_too() -> None:
    found = read(
        {
            "feature_name": "amount",
            "constraint_check_type": "baseline_drift_check",
            "description": "Baseline drift distance: 0.4325 exceeds threshold: 0.1",
        },
        {
            "feature_name": "hour",
            "constraint_check_type": "completeness_check",
            "description": "Data completeness requirement is not met. Expected: 1.0. Observed: 0.2.",
        },
        {
            "feature_name": "new",
            "constraint_check_type": "extra_column_check",
            "description": "There are extra columns.",
        },
    )
    assert found.distances == {"amount": 0.4325, "new": 0.0}
    assert found.missing == {"hour": pytest.approx(0.8)}
    assert set(found.upstream) == {"hour"}


def test_a_metric_misses_its_bound_by_a_share_of_it() -> None:
    found = read(
        {
            "metric_name": "accuracy",
            "constraint_check_type": "LessThanThreshold",
            "description": "Metric accuracy with 0.72 +/- 0.01 was LessThanThreshold '0.9' (baseline 0.93).",
        }
    )
    assert found.distances == {"accuracy": pytest.approx(0.2)}


def test_bias_and_attribution_have_no_feature_and_are_read() -> None:
    bias = {"facet": "country", "metric_name": "DI", "constraint_check_type": "bias_drift_check", "description": "0.7"}
    assert read(bias).distances == {"country DI": 0.0}
    told = "Value 0.62, before 0.99 with interval [0.59, 0.65] does not meet the bounds [0.8, 1.25]."
    assert read({**bias, "description": told}).distances == {"country DI": pytest.approx(0.18)}
    told = "Value 0.3 with interval [0.2, 0.4] does not meet the baseline's interval [-inf, 0.1]."
    assert read({**bias, "description": told}).distances == {"country DI": pytest.approx(0.2)}
    drifted = attribution.violations(0.72, label="fraud")["violations"]
    assert read(*drifted).distances == {"shap": pytest.approx(0.2)}


def test_a_line_without_a_figure_counts_without_one() -> None:
    silent = {"metric_name": "auc", "constraint_check_type": "LessThanThreshold", "description": "worse"}
    odd = {"feature_name": "x", "constraint_check_type": "baseline_drift_check", "description": "distance: e exceeds"}
    gone = {"feature_name": "y", "constraint_check_type": "completeness_check", "description": "incomplete"}
    found = read(silent, odd, gone)
    assert found.distances == {"auc": 0.0, "x": 0.0}
    assert found.missing == {"y": 1.0}


@pytest.mark.parametrize("document", [None, [], {}, {"violations": {}}, {"violations": ["x"]}])
def test_what_is_no_list_of_violations_is_refused(document: object) -> None:
    with pytest.raises(RejectedError, match="violations: is no list"):
        finding(document, kind="bias", at=0, source="s3://x", null_share=0.05)

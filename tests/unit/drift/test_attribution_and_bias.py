"""Attributions and bias of a deployed model: what changed is named, what did not or has few rows is not."""

import math
from typing import Any

import pytest

from headrace.drift import attribution, bias
from headrace.errors import RejectedError
from headrace.usecase import Facet
from pipelines.jobs.judging.bias import judge_facet
from pipelines.jobs.judging.bias_metrics import Tally


def test_the_same_order_of_attributions_is_1_and_the_published_formula_holds() -> None:
    before = {"a": 0.5, "b": 0.3, "c": 0.1}
    assert attribution.ndcg(before, {"a": 9, "b": 5, "c": 1}) == 1
    ideal = 0.5 + 0.3 / math.log2(3) + 0.1 / 2
    swapped = 0.3 + 0.5 / math.log2(3) + 0.1 / 2
    assert attribution.ndcg(before, {"b": 0.5, "a": -0.3, "c": 0.1}) == pytest.approx(swapped / ideal)
    missing = 0.3 + 0.1 / math.log2(3) + 0.5 / 2
    assert attribution.ndcg(before, {"b": 0.5, "c": 0.3}) == pytest.approx(missing / ideal)
    with pytest.raises(RejectedError, match="explain some rows"):
        attribution.ndcg({"a": 0.0}, before)


def test_an_attribution_drift_names_no_feature_and_needs_less_than_nine_tenths() -> None:
    assert attribution.violations(0.9, label="fraud")["violations"] == []
    (line,) = attribution.violations(0.8999, label="fraud")["violations"]
    assert line["constraint_check_type"] == "feature_attribution_drift_check"
    assert (line["label"], line["metric_name"]) == ("fraud", "shap")
    assert "feature_name" not in line


def facet(called: int, rows: int = 2_000) -> dict[str, Any]:
    """One facet: so many of the disadvantaged are called favourable, 1,600 of 2,000 of the others."""
    advantaged = Tally(tp=1_600, fn=0, fp=0, tn=400)
    disadvantaged = Tally(tp=called, fn=0, fp=0, tn=rows - called)
    return judge_facet(Facet(field="age", below=25.0), (advantaged, disadvantaged), (advantaged, disadvantaged))


def test_bias_that_left_its_bounds_is_named_with_facet_and_metric() -> None:
    found = bias.drifted([facet(1_500)], [facet(1_100)])
    assert {it.metric for it in found} == {"DI", "DPL", "DPPL"}
    impact = next(it for it in found if it.metric == "DI")
    assert (impact.before, impact.after) == (pytest.approx(0.9375), pytest.approx(0.6875))
    document = bias.violations(found)
    assert document["version"] == "1.0"
    line = next(it for it in document["violations"] if it["metric_name"] == "DI")
    assert line["facet"] == "age"
    assert line["facet_value"] == "< 25"
    assert "bounds [0.8, 1.25]" in line["description"]


def test_bias_that_is_what_it_was_or_of_few_rows_is_silent() -> None:
    assert bias.drifted([facet(1_500)], [facet(1_480)]) == []
    assert bias.drifted([facet(1_500)], [facet(20, rows=150)]) == []
    assert {it.metric for it in bias.drifted([], [facet(1_100)])} == {"DI"}, "without a baseline bounds decide alone"

"""Native Model Monitor is given the baseline of whichever model is deployed, and flat records."""

import json
from dataclasses import replace
from types import SimpleNamespace

from monitoring_lake import ARN, ENDPOINT, MemoryLake, function

import usecases
from headrace.usecase import Facet
from lambdas.monitoring.logic import Monitoring
from lambdas.monitoring.native import adopt, quality_constraints
from lambdas.monitoring.requests import DeployedModel
from pipelines.jobs.native_records import preprocess_handler

PLACE = f"monitoring-baselines/{ENDPOINT}/"
EVALUATION = {"binary_classification_metrics": {"auc": {"value": 0.9, "standard_deviation": "NaN"}, "f2": {"value": 1}}}


def model() -> DeployedModel:
    return DeployedModel(
        package_arn=ARN, baseline="s3://lake/models/7/baseline", evaluation="s3://lake/models/7/evaluation",
        model="s3://lake/m.tar.gz", model_name="model-7",
    )  # fmt: skip


def lake() -> MemoryLake:
    found = MemoryLake("models/7/baseline/statistics.json", "models/7/baseline/constraints.json")
    found.put("models/7/baseline/constraints.json", b"{}")
    found.put("models/7/evaluation/evaluation.json", json.dumps(EVALUATION).encode())
    return found


def test_a_deployed_models_documents_are_where_the_definitions_look() -> None:
    there = lake()
    keys = adopt(function(there, model()))
    names = ("statistics.json", "constraints.json", "model_quality_constraints.json", "explainability_config.json")
    assert keys == [f"{PLACE}{name}" for name in names]
    assert there.objects[f"{PLACE}statistics.json"] == b"x"
    config = json.loads(there.objects[f"{PLACE}explainability_config.json"])
    assert config["predictor"]["model_name"] == "model-7"
    assert config["headers"][0] == "amount"


def test_a_use_case_with_facets_has_its_bias_watched() -> None:
    there, wired = lake(), function(lake(), model())
    facets = replace(wired.usecase.model, facets=(Facet(field="amount", below=2.0),))
    adopt(replace(wired, lake=there, usecase=replace(wired.usecase, model=facets)))
    assert json.loads(there.objects[f"{PLACE}bias_config.json"])["facet"] == [{"name_or_index": "amount"}]


def test_clarify_is_given_what_the_package_found_with_groups_named_its_way() -> None:
    churn = usecases.load("churn")
    plan = churn.event.field("plan")
    facet = Facet(field="plan", values=(plan.allowed[1],))
    young = {"value_or_threshold": "< 25", "metrics": []}
    group = {"value_or_threshold": facet.condition, "metrics": []}
    analysis = {"post_training_bias_metrics": {"facets": {"plan": [group], "age": [young]}}}
    there = lake()
    there.put("models/7/bias/bias.json", json.dumps(analysis).encode())
    there.put("models/7/why/explanation.json", b"{}")
    brings = replace(model(), bias="s3://lake/models/7/bias", explanation="s3://lake/models/7/why")
    wired = replace(function(there, brings), usecase=replace(churn, model=replace(churn.model, facets=(facet,))))
    keys = adopt(wired)
    assert {f"{PLACE}bias_constraints.json", f"{PLACE}explainability_constraints.json"} <= set(keys)
    groups = json.loads(there.objects[f"{PLACE}bias_constraints.json"])["post_training_bias_metrics"]["facets"]
    assert groups["age"] == [young]
    code = plan.codes[plan.allowed[1]]
    assert groups["plan"] == [{"value_or_threshold": str(code), "metrics": []}]
    (asked,) = json.loads(there.objects[f"{PLACE}bias_config.json"])["facet"]
    assert asked == {"name_or_index": "plan", "value_or_threshold": [code]}


def shop(there: MemoryLake) -> Monitoring:
    return replace(function(there, model()), usecase=usecases.load("shop"))


def test_positions_are_compared_with_positions_where_the_package_brings_them() -> None:
    there = lake()
    for name in ("statistics", "constraints"):
        there.put(f"models/7/baseline/native_{name}.json", name.encode())
    adopt(shop(there))
    assert {it: there.objects[f"{PLACE}{it}.json"] for it in ("statistics", "constraints")} == {
        "statistics": b"statistics",
        "constraints": b"constraints",
    }


def test_a_package_of_before_says_of_its_texts_that_they_are_whole_numbers_and_are_not_compared() -> None:
    there, amount = lake(), {"name": "amount", "inferred_type": "Fractional", "completeness": 1.0}
    text = {"inferred_type": "String", "completeness": 0.98, "string_constraints": {"domains": ["books", "toys"]}}
    named, other = {"name": "category", **text}, {"name": "note", **text}
    given = {"version": 0.0, "features": [amount, named, other], "monitoring_config": {"emit_metrics": "Enabled"}}
    there.put("models/7/baseline/constraints.json", json.dumps(given).encode())
    adopt(shop(there))
    found = json.loads(there.objects[f"{PLACE}constraints.json"])
    assert (found["version"], found["monitoring_config"]) == (0.0, {"emit_metrics": "Enabled"})
    coded = {
        "name": "category", "inferred_type": "Integral", "completeness": 0.98,
        "num_constraints": {"is_non_negative": True},
        "monitoringConfigOverrides": {"distribution_constraints": {"perform_comparison": "Disabled"}},
    }  # fmt: skip
    assert found["features"] == [amount, coded, other]
    assert there.objects[f"{PLACE}statistics.json"] == b"x"


def test_a_model_without_texts_is_compared_with_its_own_documents() -> None:
    there = lake()
    there.put("models/7/baseline/native_constraints.json", b"of nobody")
    adopt(function(there, model()))
    assert there.objects[f"{PLACE}constraints.json"] == b"{}"


def test_without_a_model_nothing_is_adopted() -> None:
    assert adopt(function(lake(), None)) == []


def test_no_metric_may_fall_by_more_than_the_use_case_allows() -> None:
    found = quality_constraints(function(MemoryLake()).usecase, EVALUATION)
    bounds = {"threshold": 0.87, "comparison_operator": "LessThanThreshold"}
    assert found["binary_classification_constraints"] == {"auc": bounds}


def test_a_captured_call_becomes_flat_rows() -> None:
    record = SimpleNamespace(
        endpoint_input=SimpleNamespace(data='{"instances": [{"a": 1}, {"a": 2}]}'),
        endpoint_output=SimpleNamespace(data='{"predictions": [{"score": 0.1}, {"score": 0.2}]}'),
    )
    assert preprocess_handler(record) == [{"a": 1, "score": 0.1}, {"a": 2, "score": 0.2}]

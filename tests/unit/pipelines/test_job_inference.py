"""The endpoint's answers: what it accepts, what it refuses, and the reasons it gives."""

import json
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from job_runs import Trained

from headrace.decisions import decide
from headrace.usecase import UseCase
from pipelines.jobs import inference
from pipelines.jobs.served.columns import Columns

JSON = "application/json"


@pytest.fixture(scope="session")
def model(trained: Trained) -> inference.ServedModel:
    return inference.model_fn(str(trained.model))


@pytest.fixture(scope="session")
def instances(trained: Trained, fraud: UseCase) -> list[dict[str, Any]]:
    rows = pd.read_parquet(trained.splits / "test").head(500)[list(fraud.feature_names)]
    return json.loads(rows.to_json(orient="records"))


def ask(model: inference.ServedModel, instances: list[dict[str, Any]]) -> dict[str, Any]:
    request = inference.input_fn(json.dumps({"instances": instances}), JSON)
    body, content_type = inference.output_fn(inference.predict_fn(request, model), JSON)
    assert content_type == JSON
    return json.loads(body)


def test_answers_come_in_request_order_with_the_scores_of_training(
    model: inference.ServedModel, instances: list[dict[str, Any]], trained: Trained, fraud: UseCase
) -> None:
    rows = pd.read_parquet(trained.splits / "test").head(500)[list(fraud.feature_names)]
    booster = xgb.Booster(model_file=trained.model / "model.ubj")
    expected = booster.inplace_predict(rows.to_numpy(np.float32))
    answered = [it["score"] for it in ask(model, instances)["predictions"]]
    assert answered == expected.tolist()
    assert len(set(answered)) > 100


def test_decisions_are_those_of_the_domain(
    model: inference.ServedModel, instances: list[dict[str, Any]], fraud: UseCase
) -> None:
    predictions = ask(model, instances)["predictions"]
    assert all(it["decision"] == decide(it["score"], fraud.decision.bands) for it in predictions)
    assert {it["decision"] for it in predictions} >= {"APPROVE", "BLOCK"}


def test_every_answer_names_the_model_version(model: inference.ServedModel, instances: list[dict[str, Any]]) -> None:
    assert ask(model, instances[:1])["model_version"] == "execution-1"


def test_features_are_matched_by_name(model: inference.ServedModel, instances: list[dict[str, Any]]) -> None:
    turned = [dict(reversed(list(it.items()))) for it in instances[:20]]
    assert ask(model, turned) == ask(model, instances[:20])


def test_a_missing_feature_counts_as_null_and_an_unknown_one_is_ignored(
    model: inference.ServedModel, instances: list[dict[str, Any]]
) -> None:
    instance = instances[0]
    without = {name: value for name, value in instance.items() if name != "amount"}
    assert ask(model, [without]) == ask(model, [{**instance, "amount": None}]) != ask(model, [instance])
    assert ask(model, [{**instance, "shoe_size": 44}]) == ask(model, [instance])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "Expecting value"),
        ("{", "Expecting"),
        ("[]", "instances"),
        ('{"rows": []}', "instances"),
        ('{"instances": []}', "one or more"),
        ('{"instances": {"amount": 1}}', "instances"),
        ('{"instances": [{}, 7]}', r"instances\[1\] is not an object"),
        ('{"instances": [{"amount": NaN}]}', "NaN is not JSON"),
        ('{"instances": [{}], "explain": -1}', "explain is no count"),
        ('{"instances": [{}], "explain": "all"}', "explain is no count"),
        ('{"instances": [{}], "ids": ["a", "b"]}', "ids are not one per instance"),
        ('{"instances": [{}], "ids": "ab"}', "ids are not one per instance"),
        ('{"instances": [{}], "ids": null}', "ids are not one per instance"),
    ],
)
def test_a_malformed_request_is_refused_with_what_is_wrong(body: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        inference.input_fn(body, JSON)


@pytest.mark.parametrize("value", ["12.5", [1], {"a": 1}, 1e300, 10**400])
def test_a_feature_that_is_no_number_is_named(value: object, model: inference.ServedModel) -> None:
    with pytest.raises(ValueError, match=r"instances\[1\].amount"):
        inference.predict_fn(inference.Request(instances=[{"amount": 1}, {"amount": value}]), model)


def test_another_content_type_is_refused() -> None:
    with pytest.raises(ValueError, match="text/csv"):
        inference.input_fn("1,2", "text/csv")


def test_a_charset_beside_the_content_type_is_accepted() -> None:
    assert inference.input_fn(b'{"instances": [{}]}', "application/json; charset=utf-8") == inference.Request(
        instances=[{}]
    )


@pytest.mark.parametrize(
    ("score", "decision"), [(0.0, "LOW"), (0.49, "LOW"), (0.5, "MIDDLE"), (0.9, "HIGH"), (1.0, "HIGH")]
)
def test_a_band_begins_at_its_score(score: float, decision: str) -> None:
    class Constant:
        def scores(self, rows: np.ndarray) -> np.ndarray:
            return np.full(len(rows), score)

        def contributions(self, rows: np.ndarray) -> None:
            del rows

    bands = {"edges": (0.0, 0.5, 0.9), "decisions": ("LOW", "MIDDLE", "HIGH")}
    columns = Columns.plain(("a",))
    model = inference.ServedModel(scorer=Constant(), columns=columns, features=("a",), version="v", **bands)
    assert inference.predict_fn(inference.Request(instances=[{"a": 1}]), model).decisions == [decision]
    assert inference.predict_fn(inference.Request(instances=[{"a": 1}], explain=2), model).reasons == [[]]


def test_five_hundred_instances_take_a_few_milliseconds(
    model: inference.ServedModel, instances: list[dict[str, Any]]
) -> None:
    many = (instances * 2)[:500]
    ask(model, many)
    took = []
    for _ in range(7):
        start = time.thread_time()  # a busy machine makes no request longer by this clock
        ask(model, many)
        took.append(time.thread_time() - start)
    assert min(took) < 0.05


def test_reasons_are_the_strongest_contributions_in_falling_order(
    model: inference.ServedModel, instances: list[dict[str, Any]]
) -> None:
    request = inference.input_fn(json.dumps({"instances": instances[:50], "explain": 3}), JSON)
    answered = json.loads(inference.output_fn(inference.predict_fn(request, model), JSON)[0])["predictions"]
    values = model.contributions(np.array([[it[name] for name in model.features] for it in instances[:50]], np.float32))
    assert values is not None
    for prediction, instance, row in zip(answered, instances, values, strict=False):
        strongest = sorted(zip(model.features, row[:-1], strict=True), key=lambda it: -abs(it[1]))[:3]
        assert [it["feature"] for it in prediction["reasons"]] == [name for name, _ in strongest]
        assert [it["contribution"] for it in prediction["reasons"]] == pytest.approx([it for _, it in strongest])
        assert all(it["value"] == pytest.approx(instance[it["feature"]]) for it in prediction["reasons"])


def test_contributions_sum_to_the_log_odds_of_the_score(
    model: inference.ServedModel, instances: list[dict[str, Any]]
) -> None:
    rows = np.array([[it[name] for name in model.features] for it in instances], np.float32)
    scores, values = model.scores(rows), model.contributions(rows)
    assert values is not None
    assert values.sum(axis=1) == pytest.approx(np.log(scores / (1 - scores)), abs=1e-4)


def test_no_reasons_are_given_where_none_are_asked_for(
    model: inference.ServedModel, instances: list[dict[str, Any]]
) -> None:
    assert set(ask(model, instances[:1])["predictions"][0]) == {"score", "decision"}

"""The benchmark of serving has to compare like with like: the same answers on both sides, single calls, percentiles."""

import json

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb

import usecases
from bench import serving
from headrace.features import FeatureSet
from lambdas.inference.exchange import Request
from lambdas.inference.logic import Inference, respond
from lambdas.shared.endpoint import SageMakerEndpoint
from lambdas.shared.scoring import Scorer
from pipelines.jobs import inference

EVENT = {
    "event_id": "e1",
    "timestamp": "2026-01-31T12:00:00Z",
    "customer_id": "c1",
    "terminal_id": "t1",
    "amount": 12.5,
}


class Empty:
    """A state table that holds nothing."""

    def read(self, keys: object) -> dict[object, object]:
        """Nothing of each."""
        return {}


def test_the_bare_handler_answers_what_the_proxy_answers() -> None:
    endpoint = SageMakerEndpoint(serving._Runtime(), "e")  # type: ignore[arg-type]  # the part that is used
    scorer = Scorer(endpoint=endpoint, call_s=1, deadline_s=1)
    features = FeatureSet(usecases.load("fraud"))
    function = Inference(features=features, reader=Empty(), scorer=scorer)  # type: ignore[arg-type]  # nothing stored
    ours = respond(Request("POST", "/predict", None, json.dumps(EVENT).encode()), function)
    bare = serving.bare_handler(serving._event(EVENT))
    assert json.loads(str(bare["body"])) == ours.body


def test_both_scorers_give_a_row_the_same_score() -> None:
    usecase, random = usecases.load("fraud"), np.random.default_rng(1)
    matrix = random.normal(size=(200, len(usecase.feature_names))).astype(np.float32)
    frame = pd.DataFrame(matrix, columns=list(usecase.feature_names))
    classifier = xgb.XGBClassifier(n_estimators=5, max_depth=3, n_jobs=1).fit(frame, matrix[:, 0] > 0)
    model = serving.served(usecase, classifier.get_booster())
    answer = inference.predict_fn(inference.Request(instances=[frame.iloc[0].to_dict()]), model)
    assert answer.scores[0] == pytest.approx(classifier.predict_proba(frame.head(1))[0, 1])


def test_percentiles_are_those_of_single_calls_and_the_warm_up_does_not_count() -> None:
    calls: list[str] = []
    ours, other = serving._timed(lambda it: calls.append(f"o{it}"), lambda it: calls.append(f"p{it}"), [1, 2], 2)
    assert calls == ["o1", "o2", "p1", "p2"] * 3
    assert ours.p99 >= ours.p50 >= 0
    assert other.p99 >= other.p50 >= 0

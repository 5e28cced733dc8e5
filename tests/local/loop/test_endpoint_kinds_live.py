"""Serverless, asynchronous and batch, deployed from their templates, answer with the script of the real container."""

import json
import math
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost as xgb
from served_kinds import FEATURES, Served

from headrace.features import FeatureSet
from headrace.openapi.example import example_event
from headrace.schema import coerce_event
from headrace.usecase import Batch, Serverless, Serving
from lambdas.inference.exchange import Answer, Request
from lambdas.inference.intake import Intake
from lambdas.inference.lake_queue import GuardedQueue
from lambdas.inference.logic import Inference, respond
from lambdas.shared.breaker import Breaker
from lambdas.shared.scoring import EndpointError, Scorer
from lambdas.shared.window_state import EntityKey, Stored
from local.loop import Loop

pytestmark = pytest.mark.nightly
LINES = 25


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    with Loop(log_dir=tmp_path / "logs") as running:
        yield running


def test_a_serverless_endpoint_answers_and_takes_the_next_model(loop: Loop, tmp_path: Path) -> None:
    served = Served(loop, tmp_path, Serving(kind="serverless", serverless=Serverless(max_concurrency=2)))
    for seed in (1, 2):
        booster = served.deploy(seed=seed)
        rows = served.rows(LINES)
        body = json.dumps({"instances": rows})
        answer = loop.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=served.target.endpoint_name, Body=body, ContentType="application/json"
        )
        predictions = json.load(answer["Body"])
        assert predictions["model_version"] == f"v{seed}"
        assert [it["score"] for it in predictions["predictions"]] == pytest.approx(_scores(booster, rows), rel=1e-6)
    described = loop.client("sagemaker").describe_endpoint(EndpointName=served.target.endpoint_name)
    assert described["ProductionVariants"][0]["CurrentServerlessConfig"]["MaxConcurrency"] == 2


def test_batch_scores_every_line_of_every_file_with_the_model_that_is_approved(loop: Loop, tmp_path: Path) -> None:
    served = Served(loop, tmp_path, Serving(kind="batch", batch=Batch(concurrent=2)))
    assert served.run() == "SUCCEEDED", served.ended_with
    booster = served.deploy(seed=3)
    assert served.run() == "SUCCEEDED", served.ended_with
    assert not served.predictions()
    rows = served.rows(LINES)
    for number, name in enumerate(("batch/a.jsonl", "batch/2026/b.jsonl")):
        lines = [json.dumps({"customer": f"{number}-{it}", **row}) for it, row in enumerate(rows)]
        served.put(name, "\n".join(lines) + "\n")
    assert served.run() == "SUCCEEDED", served.ended_with
    scored = served.predictions()
    assert {key.split("/", 2)[2] for key in scored} == {"a.jsonl.out", "2026/b.jsonl.out"}
    assert all(key.startswith("predictions/dt=20") for key in scored)
    expected = _scores(booster, rows)
    for number, key in enumerate(sorted(scored, key=lambda it: "2026/" in it)):
        assert [it["customer"] for it in scored[key]] == [f"{number}-{it}" for it in range(LINES)]
        outputs = [it["SageMakerOutput"] for it in scored[key]]
        assert [it["score"] for it in outputs] == pytest.approx(expected, rel=1e-6)
        assert {it["model_version"] for it in outputs} == {"v3"}
    served.put("batch/bad.jsonl", "[1]\n")
    assert served.run() == "FAILED"
    assert "line 1 is not an object" in served.ended_with


def test_an_asynchronous_endpoint_answers_every_event_once_into_the_lake(loop: Loop, tmp_path: Path) -> None:
    served = Served(loop, tmp_path, Serving(kind="asynchronous"))
    queue = served.queue()
    rows = served.rows(LINES)
    with pytest.raises(EndpointError, match="no_model"):
        queue.submit("e0", rows[0], event_id="e0", explain=0)
    booster = served.deploy(seed=4)
    tickets = [queue.submit(f"e{it}", row, event_id=f"e{it}", explain=0) for it, row in enumerate(rows)]
    assert queue.submit("e3", rows[4], event_id="e3", explain=0) == tickets[3]
    assert len({it.output for it in tickets}) == LINES
    for it in tickets:
        served.stored(it.output)
    found = [queue.outcome(f"e{it}") for it in range(LINES)]
    answers = [it.answer for it in found if it is not None and it.state == "done" and it.answer is not None]
    assert [it.score for it in answers] == pytest.approx(_scores(booster, rows), rel=1e-6)
    assert {it.model_version for it in answers} == {"v4"}
    bad = queue.submit("bad", {"amount": "text"}, event_id="bad", explain=0)  # type: ignore[dict-item]  # no vector
    assert served.stored(bad.failure or "")["error"]
    outcome = queue.outcome("bad")
    assert outcome is not None
    assert outcome.state == "failed"
    _a_batch_is_answered_event_by_event(served, booster)


def _a_batch_is_answered_event_by_event(served: Served, booster: xgb.Booster) -> None:
    usecase = served.target.usecase
    events = [{**example_event(usecase), usecase.event.id: f"b{it}", "amount": it / 13} for it in range(1, 13)]
    with ThreadPoolExecutor(4) as executor:
        function = _api(served, executor)
        answer = _post(function, [*events, {"amount": 1}, events[0]])
        told: Any = answer.body["answers"]
        assert (answer.status, answer.counts["Refused"], "error" in told[12]) == (202, 1, True)
        assert told[13] == told[0]
        for it in told[:12]:
            served.stored(it["output_location"])
        found: list[Any] = [respond(Request("GET", it["result"], None, b""), function).body for it in told[:12]]
        assert _post(function, events).body == {"answers": told[:12]}
    checked = [coerce_event(usecase, it, unknown_fields="reject") for it in events]
    rows = [{name: dict(it.vector or {})[name] for name in FEATURES} for it in function.predictor.valued(checked)]
    assert [it["prediction"]["event_id"] for it in found] == [it[usecase.event.id] for it in events]
    assert [it["prediction"]["score"] for it in found] == pytest.approx(_scores(booster, rows), rel=1e-6)
    assert len({it["prediction"]["score"] for it in found}) > 1


class _Strangers:
    """Window state of entities that nobody has seen yet."""

    def read(self, keys: Iterable[EntityKey]) -> Stored:
        return {key: () for key in keys}


def _api(served: Served, executor: ThreadPoolExecutor) -> Inference:
    """The API's function, whose queue is the deployed one."""
    queue = GuardedQueue(served.queue(), Breaker())
    return Inference(
        features=FeatureSet(served.target.usecase),
        reader=_Strangers(),
        scorer=Scorer(endpoint=None, call_s=1.0, deadline_s=1.0),
        intake=Intake(queue=queue, executor=executor, deadline_s=60.0),
    )


def _post(function: Inference, events: list[Any]) -> Answer:
    body = json.dumps({"events": events}).encode()
    return respond(Request("POST", "/predict/batch", "application/json", body), function)


def _scores(booster: xgb.Booster, rows: list[dict[str, Any]]) -> list[float]:
    matrix = np.array([[math.nan if it is None else it for it in row.values()] for row in rows], dtype=np.float32)
    found: list[float] = booster.inplace_predict(matrix).tolist()
    return found

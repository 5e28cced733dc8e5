"""A batch is fed with the vectors of streamed events, followed to its end, and read back line by line."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pyarrow as pa
import pytest
from rich.console import Console

import usecases
from cli import batch_scoring
from cli.batch_scoring import BatchError, read_batch, score_batch
from cli.demo import Options, demo
from cli.deployment import Deployment
from headrace.errors import UseCaseError
from headrace.usecase import Serving

CHURN = usecases.load("churn")


class Stores:
    """An S3 that keeps what is put, and a state machine whose runs end as they are told."""

    def __init__(self, *ends: dict[str, str]) -> None:
        self.put: dict[str, bytes] = {}
        self.started: list[str] = []
        self._ends = list(ends)
        self.s3 = SimpleNamespace(put_object=self._put)
        self.stepfunctions = SimpleNamespace(start_execution=self._start, describe_execution=self._describe)

    def _put(self, *, Bucket: str, Key: str, Body: bytes) -> None:
        self.put[Key] = Body

    def _start(self, *, stateMachineArn: str, **_: Any) -> dict[str, str]:
        self.started.append(stateMachineArn)
        return {"executionArn": "run"}

    def _describe(self, **_: Any) -> dict[str, str]:
        return self._ends.pop(0)

    def deployment(self) -> Deployment:
        output = {("serving", "BatchStateMachineArn"): "machine"}
        made = SimpleNamespace(
            usecase=CHURN, bucket="lake", s3=self.s3, stepfunctions=self.stepfunctions, output=lambda *it: output[it]
        )
        return cast(Deployment, made)


@pytest.fixture(autouse=True)
def lake(monkeypatch: pytest.MonkeyPatch) -> None:
    times = pd.to_datetime([10, 20, 20], unit="s")
    features = {name: [0.1, 0.2, 0.2] for name in CHURN.feature_names}
    vectors = pa.table({"event_id": ["a", "b", "b"], "timestamp": times, **features})
    answer = {"score": 0.25, "decision": "OFFER", "model_version": "m"}
    lines = [
        {"event_id": "b", "timestamp": 20, "SageMakerOutput": answer},
        {"event_id": "a", "timestamp": 10, "SageMakerOutput": answer},
    ]
    monkeypatch.setattr(batch_scoring.lake, "read_parquet", lambda *_: vectors)
    monkeypatch.setattr(batch_scoring.lake, "read_json_lines", lambda *_: iter(lines))
    monkeypatch.setattr(batch_scoring, "POLL_S", 0)


def test_every_event_is_one_line_of_the_input() -> None:
    stores, said = Stores({"status": "RUNNING"}, {"status": "SUCCEEDED"}), []
    score_batch(stores.deployment(), lambda *it: said.append(it))
    lines = [json.loads(line) for line in stores.put["batch/events.jsonl"].splitlines()]
    assert [line["event_id"] for line in lines] == ["a", "b"]
    assert set(CHURN.feature_names) <= set(lines[0])
    assert stores.started == ["machine"]
    assert said[-1][2].startswith("scored")


def test_a_run_that_fails_says_why() -> None:
    stores = Stores({"status": "FAILED", "cause": "no model"})
    with pytest.raises(BatchError, match="batch scoring failed: no model"):
        score_batch(stores.deployment(), lambda *_: None)


def test_predictions_come_in_the_order_of_their_events() -> None:
    frame = read_batch(Stores().deployment())
    assert frame["event_id"].tolist() == ["a", "b"]
    assert frame["decision"].tolist() == ["OFFER", "OFFER"]
    assert frame["latency_ms"].isna().all()


def test_the_demo_refuses_a_use_case_whose_answers_it_cannot_follow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = replace(CHURN, serving=Serving())
    monkeypatch.setattr(usecases, "load", lambda _: silent)
    with pytest.raises(UseCaseError, match="churn neither scores its stream nor is scored in batch"):
        demo(Options(usecase="churn", events=200, seed=7, out=tmp_path), Console())

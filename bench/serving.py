"""Serving: what the proxy adds to an answer, and what scoring one row takes, call by call on one core.

Processor time counts: nothing here waits, so it is what the clock shows on a processor of one's own.

The proxy is the whole handler on adapters in memory: an API Gateway event in, window state decoded, every feature
evaluated, the model's request written and its answer read, the response out, with metrics and some log lines. Next to
it stands a handler that parses the same body and answers the same JSON, and does nothing else.

One row is scored by the inference script as the endpoint runs it, JSON in and out, next to what a scikit-learn user
writes: a DataFrame of one row and ``predict_proba``. Both run trees of the same size on one thread.
"""

import contextlib
import io
import json
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast
from unittest import mock

import numpy as np
import pandas as pd
import xgboost as xgb

import usecases
from bench.comparison import Comparison, Effort
from bench.enrichment import context
from bench.stream_world import USECASE, world
from headrace.features import FeatureSet
from headrace.usecase import UseCase
from lambdas.inference import adapters
from lambdas.inference.handler import handler, logger
from lambdas.inference.logic import Inference
from lambdas.inference.settings import Settings
from lambdas.shared.breaker import Breaker
from lambdas.shared.endpoint import SageMakerEndpoint
from lambdas.shared.guarded import GuardedEndpoint, GuardedStates
from lambdas.shared.scoring import Scorer
from pipelines.jobs import inference
from pipelines.jobs.algorithms.xgboost import Trees
from pipelines.jobs.served.columns import Columns

CALLS = 2_000
PROXY_GOALS_US = {"p50": 300, "p99": 1_000}
SCORING_GOALS_US = {"p99": 1_000}
ROUNDS, DEPTH, ROWS = 400, 6, 20_000
_UNIT = "µs"
T = TypeVar("T")


class Timed(NamedTuple):
    """Percentiles of single calls in microseconds."""

    p50: float
    p99: float


def comparisons(effort: Effort) -> Iterator[Comparison]:
    """The rows of this benchmark."""
    calls = effort.of(CALLS)
    bare = "a handler that only parses and answers JSON"
    ours, other = _proxy(calls, effort.runs)
    yield from _rows("proxy, handler in to handler out, in memory", ours, other, bare, PROXY_GOALS_US)
    ours, other = _scoring(calls, effort)
    name = f"inference script, one row, {effort.of(ROUNDS)} trees"
    yield from _rows(name, ours, other, "DataFrame and predict_proba", SCORING_GOALS_US)


def _rows(name: str, ours: Timed, other: Timed, other_name: str, goals: Mapping[str, int]) -> Iterator[Comparison]:
    for at, goal in goals.items():
        yield _row(f"{name}, {at}", getattr(ours, at), goal, "the goal, a constant", goal=1)
    for at in Timed._fields:
        yield _row(f"{name}, {at}", getattr(ours, at), getattr(other, at), other_name, goal=None)


def _row(name: str, ours: float, other: float, other_name: str, *, goal: float | None) -> Comparison:
    return Comparison(
        name=name, ours=ours, other=other, other_name=other_name, unit=_UNIT, goal=goal, less_is_better=True
    )


def _proxy(calls: int, runs: int) -> tuple[Timed, Timed]:
    it = world(batches=-(-calls // 500))
    asked = [_event(event) for batch in it.events for event in batch][:calls]
    breakers = Breaker(), Breaker()
    endpoint = GuardedEndpoint(SageMakerEndpoint(cast(Any, _Runtime()), "e"), breakers[0])
    function = Inference(
        features=FeatureSet(it.usecase),
        reader=GuardedStates(it.table(), breakers[1]),
        scorer=Scorer(endpoint=endpoint, call_s=1, deadline_s=1),
    )
    settings = Settings(usecase=USECASE, stage="bench", state_table="t", endpoint_name="e")
    lambda_context = context()
    cast(Any, logger.registered_handler).setStream(io.StringIO())
    with (
        mock.patch.object(adapters, "connect", lambda: function),
        mock.patch.object(adapters, "settings", lambda: settings),
        contextlib.redirect_stdout(io.StringIO()),
    ):
        return _timed(lambda event: handler(event, lambda_context), bare_handler, asked, runs)


class _Runtime:
    """An endpoint whose answer is ready: what remains is our own work on request and answer."""

    def invoke_endpoint(self, **_: object) -> dict[str, object]:
        """The same prediction for every row."""
        return {"Body": io.BytesIO(b'{"predictions": [{"score": 0.25, "decision": "APPROVE"}], "model_version": "7"}')}


def _event(event: Mapping[str, object]) -> dict[str, Any]:
    """As an HTTP API sends it."""
    return {
        "version": "2.0",
        "rawPath": "/predict",
        "headers": {"content-type": "application/json", "x-correlation-id": "bench"},
        "requestContext": {"http": {"method": "POST", "path": "/predict"}, "stage": "$default"},
        "body": json.dumps(event),
        "isBase64Encoded": False,
    }


def bare_handler(event: Mapping[str, Any]) -> dict[str, object]:
    """The least that a handler does: the body is read, and an answer of the same form is written."""
    asked = json.loads(event["body"])
    body = {
        "event_id": asked["event_id"],
        "score": 0.25,
        "decision": "APPROVE",
        "model_version": "7",
        "degraded": False,
    }
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}


def _scoring(calls: int, effort: Effort) -> tuple[Timed, Timed]:
    usecase, rounds = usecases.load(USECASE), effort.of(ROUNDS)
    random = np.random.default_rng(1)
    matrix = random.normal(size=(effort.of(ROWS), len(usecase.feature_names))).astype(np.float32)
    truth = (matrix[:, :5].sum(axis=1) + random.normal(size=len(matrix)) > 1).astype(int)
    classifier = xgb.XGBClassifier(n_estimators=rounds, max_depth=DEPTH, n_jobs=1)
    classifier.fit(pd.DataFrame(matrix, columns=list(usecase.feature_names)), truth)
    model = served(usecase, classifier.get_booster())
    rows = [
        dict(zip(usecase.feature_names, map(float, row), strict=True)) for row in random.permutation(matrix)[:calls]
    ]
    bodies = [json.dumps({"instances": [row]}) for row in rows]

    def ours(body: str) -> object:
        return inference.output_fn(
            inference.predict_fn(inference.input_fn(body, inference.JSON), model), inference.JSON
        )

    def other(body: str) -> object:
        frame = pd.DataFrame(json.loads(body)["instances"])
        score = float(classifier.predict_proba(frame)[0, 1])
        return json.dumps({"predictions": [{"score": score}]})

    return _timed(ours, other, bodies, effort.runs)


def served(usecase: UseCase, booster: xgb.Booster) -> inference.ServedModel:
    """The model as the endpoint holds it: one thread, the use case's features and bands."""
    booster.set_param({"nthread": 1})
    bands = usecase.decision.bands
    return inference.ServedModel(
        scorer=Trees(booster),
        features=usecase.feature_names,
        columns=Columns.plain(usecase.feature_names),
        edges=tuple(band.from_score for band in bands),
        decisions=tuple(band.decision for band in bands),
        version="bench",
    )


def _timed(
    ours: Callable[[T], object], other: Callable[[T], object], asked: Sequence[T], runs: int
) -> tuple[Timed, Timed]:
    """Medians over the runs of each one's percentiles; both in turn, after one warm-up each."""
    taken: tuple[list[Timed], list[Timed]] = ([], [])
    for number in range(runs + 1):
        for run, times in zip((ours, other), taken, strict=True):
            found = _percentiles(run, asked)
            if number:
                times.append(found)
    first, second = (Timed(*map(statistics.median, zip(*times, strict=True))) for times in taken)
    return first, second


def _percentiles(run: Callable[[T], object], asked: Sequence[T]) -> Timed:
    clock, taken = time.process_time_ns, []
    for one in asked:
        started = clock()
        run(one)
        taken.append(clock() - started)
    taken.sort()
    return Timed(taken[len(taken) // 2] / 1_000, taken[min(len(taken) - 1, len(taken) * 99 // 100)] / 1_000)

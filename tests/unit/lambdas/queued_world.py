"""An asynchronous endpoint in memory behind the inference function."""

import json
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from jsonschema import Draft202012Validator
from lambda_fakes import FakeEndpoint, FakeTable, Faults

from headrace.features import FeatureSet, Vector
from headrace.openapi import document
from headrace.usecase import Serving
from lambdas.inference.exchange import Answer, Request
from lambdas.inference.intake import Intake
from lambdas.inference.logic import Inference, respond
from lambdas.inference.queued import Outcome, Ticket
from lambdas.shared.scoring import Scored, Scorer
from usecases import load

T = TypeVar("T")
USECASE = replace(load("fraud"), serving=Serving(kind="asynchronous"), alerts=None)
FEATURES = FeatureSet(USECASE)
DOCUMENT: Any = document(USECASE)


@dataclass
class FakeQueue:
    """What was handed in, by name, and how far it has got."""

    taken: dict[str, tuple[Vector, str, int]] = field(default_factory=dict)
    answers: dict[str, Scored] = field(default_factory=dict)
    failure: Exception | None = None
    handed: list[str] = field(default_factory=list)

    def submit(self, name: str, vector: Vector, *, event_id: str, explain: int) -> Ticket:
        if self.failure:
            raise self.failure
        self.handed.append(name)
        self.taken.setdefault(name, (vector, event_id, explain))
        return self._ticket(name)

    def outcome(self, name: str) -> Outcome | None:
        if self.failure:
            raise self.failure
        if name not in self.taken:
            return None
        answer = self.answers.get(name)
        if answer is None:
            return Outcome(self._ticket(name), "pending")
        return Outcome(self._ticket(name), "failed" if answer.degraded else "done", answer)

    def _ticket(self, name: str) -> Ticket:
        return Ticket(self.taken[name][1], f"s3://lake/answers/{name}.out", None, 0.0)


class AtOnce(Executor):
    """Runs what it is given before it says so."""

    def submit(self, call: Callable[..., T], /, *args: Any, **kwargs: Any) -> "Future[T]":
        done: Future[T] = Future()
        done.set_result(call(*args, **kwargs))
        return done


def wired(queue: FakeQueue, faults: Faults | None = None, executor: Executor | None = None) -> Inference:
    scorer = Scorer(endpoint=FakeEndpoint(), call_s=0.1, deadline_s=1.0)
    intake = Intake(queue=queue, executor=executor or AtOnce(), deadline_s=0.05)
    return Inference(features=FEATURES, reader=FakeTable(faults or Faults()), scorer=scorer, intake=intake)


def ask(function: Inference, method: str, path: str, body: object = None, **query: str) -> Answer:
    """The answer, which must be as the document says."""
    data = json.dumps(body).encode() if body is not None else b""
    answer = respond(Request(method, path, "application/json", data, query=query), function)
    route = "/predict/{inference_id}" if method == "GET" else path
    content = DOCUMENT["paths"][route][method.lower()]["responses"][str(int(answer.status))]["content"]
    schema = {**content["application/json"]["schema"], "components": DOCUMENT["components"]}
    Draft202012Validator(schema).validate(dict(answer.body))
    return answer

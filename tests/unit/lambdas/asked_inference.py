"""One inference function asked for one event or for many, with a limit of five."""

import json
from dataclasses import replace

from lambda_fakes import FakeEndpoint, FakeTable

from headrace.features import FeatureSet
from headrace.usecase import Api
from lambdas.inference.exchange import Answer, Request
from lambdas.inference.logic import Inference, respond
from lambdas.shared.scoring import Scorer
from usecases import load

FRAUD = load("fraud")
FEATURES = FeatureSet(replace(FRAUD, api=Api(batch_events=5, batch_bytes=65_536)))


def wired(endpoint: FakeEndpoint | None = None, table: FakeTable | None = None) -> Inference:
    scorer = Scorer(endpoint=endpoint or FakeEndpoint(), call_s=0.1, deadline_s=1.0, sleep=lambda _: None)
    return Inference(features=FEATURES, reader=table or FakeTable(), scorer=scorer)


def ask(path: str, body: object, function: Inference | None = None, explain: str | None = None) -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    query = {} if explain is None else {"explain": explain}
    return respond(Request("POST", path, "application/json", data, query), function or wired())


def batch(*events: object, function: Inference | None = None, explain: str | None = None) -> Answer:
    return ask("/predict/batch", {"events": events}, function, explain)


def bodies(answer: Answer) -> list[dict[str, object]]:
    found = answer.body["answers"]
    assert isinstance(found, list)
    return found

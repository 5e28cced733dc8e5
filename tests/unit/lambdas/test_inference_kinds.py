"""The API of each kind of endpoint: each tenant has its model's answer; what cannot answer says where to ask."""

import io
import json
from dataclasses import replace

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber
from lambda_fakes import FakeEndpoint, FakeTable
from shard_records import event

from headrace.features import FeatureSet
from headrace.usecase import MultiModel, Serving
from lambdas.inference.exchange import Answer, Request
from lambdas.inference.logic import Inference, respond
from lambdas.inference.tenants import TenantScorers, model_of
from lambdas.shared.endpoint import SageMakerEndpoint
from lambdas.shared.scoring import EndpointError, Scored, Scorer
from usecases import load

FRAUD = load("fraud")
MANY = Serving(kind="multi_model", multi_model=MultiModel(tenant="terminal_id"))


def features(serving: Serving) -> FeatureSet:
    return FeatureSet(replace(FRAUD, serving=serving, alerts=None))


def scorer(endpoint: FakeEndpoint | None) -> Scorer:
    return Scorer(endpoint=endpoint, call_s=0.1, deadline_s=1.0, sleep=lambda _: None)


def of(number: int, tenant: str) -> dict[str, object]:
    """An event of a tenant."""
    return {**event(number), "terminal_id": tenant}


def post(path: str, body: object, function: Inference) -> Answer:
    return respond(Request("POST", path, "application/json", json.dumps(body).encode()), function)


@pytest.fixture
def endpoints() -> dict[str, FakeEndpoint]:
    return {}


@pytest.fixture
def many(endpoints: dict[str, FakeEndpoint]) -> Inference:
    def make(model: str) -> Scorer:
        assert model not in endpoints, "a tenant's scorer is made once"
        return scorer(endpoints.setdefault(model, FakeEndpoint()))

    return Inference(features=features(MANY), reader=FakeTable(), scorer=TenantScorers(make))


def test_each_tenants_events_are_scored_together_by_its_own_model(
    many: Inference, endpoints: dict[str, FakeEndpoint]
) -> None:
    events = [of(number, name) for number, name in enumerate(("t1", "t2", "t1"))]
    answer = post("/predict/batch", {"events": events}, many)
    assert answer.status == 200
    answers = answer.body["answers"]
    assert isinstance(answers, list)
    assert [it["event_id"] for it in answers] == [it["event_id"] for it in events]
    assert {model: it.calls for model, it in endpoints.items()} == {
        "t1/model.tar.gz": [(2, "e000000")],
        "t2/model.tar.gz": [(1, "e000001")],
    }
    assert post("/predict", of(9, "t2"), many).body["degraded"] is False


def test_one_tenants_trouble_is_not_another_ones(many: Inference, endpoints: dict[str, FakeEndpoint]) -> None:
    post("/predict", of(1, "t1"), many)
    endpoints["t1/model.tar.gz"].failures = [EndpointError("endpoint_error", passing=False)]
    events = [of(2, "t1"), of(3, "t2")]
    answers = post("/predict/batch", {"events": events}, many).body["answers"]
    assert isinstance(answers, list)
    assert [it.get("reason") for it in answers] == ["endpoint_error", None]


@pytest.mark.parametrize("name", ["../t1", "a/b", "", "-t", "t" * 129, "tä"])
def test_a_tenant_that_can_be_no_place_has_no_model(name: str) -> None:
    assert model_of(name) is None
    scorers = TenantScorers(lambda _: pytest.fail("nothing may be asked"))
    assert scorers.score([name], [{}], ["e1"], explain=0) == [Scored(degraded="no_model")]


def test_scorers_of_very_many_tenants_are_not_kept_for_ever() -> None:
    made: list[str] = []

    def make(model: str) -> Scorer:
        made.append(model)
        return scorer(None)

    scorers = TenantScorers(make)
    for number in (*range(1_001), 0):
        scorers.score([f"t{number}"], [{}], ["e1"], explain=0)
    assert len(made) == 1_002


def test_the_endpoint_is_told_which_model_to_ask() -> None:
    client = boto3.client(
        "sagemaker-runtime", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    body = json.dumps({"predictions": [{"score": 0.5, "decision": "A"}], "model_version": "7"}).encode()
    expected = {
        "EndpointName": "many",
        "TargetModel": "t1/model.tar.gz",
        "ContentType": "application/json",
        "Accept": "application/json",
        "InferenceId": "e1",
        "Body": b'{"instances":[{"amount":1.0}]}',
    }
    with Stubber(client) as stub:
        answer = {"Body": StreamingBody(io.BytesIO(body), len(body)), "ContentType": "application/json"}
        stub.add_response("invoke_endpoint", answer, expected)
        endpoint = SageMakerEndpoint(client, "many", target_model="t1/model.tar.gz")
        assert endpoint.predict([{"amount": 1.0}], ids=["e1"]) == [Scored(0.5, "A", "7")]


@pytest.mark.parametrize(("kind", "where"), [("batch", "predictions/")])
@pytest.mark.parametrize("path", ["/predict", "/predict/batch"])
def test_what_cannot_answer_at_once_says_where_scores_are(kind: str, where: str, path: str) -> None:
    endpoint = FakeEndpoint()
    function = Inference(features=features(Serving(kind=kind)), reader=FakeTable(), scorer=scorer(endpoint))
    answer = post(path, event(1), function)
    assert answer.status == 409
    assert where in str(answer.body["error"])
    assert not endpoint.calls
    health = respond(Request("GET", "/health", None, b""), function)
    assert health.status == 200

"""The API of an asynchronous endpoint: its routes, and exactly what the function behind them may do; nag and lint."""

import json
from dataclasses import replace
from typing import Any

import pytest
from aws_cdk.assertions import Template
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from endpoint_kinds import application
from synthesized import joined, listed, text

from headrace.usecase import Api, Serving
from stacks.features import FeaturesStack
from stacks.ingestion import IngestionStack
from stacks.lake import LakeStack
from stacks.serving import ServingStack

Body = dict[str, Any]


@pytest.fixture(scope="module", params=["http", "rest"])
def serving(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Body:
    """The stack ``serving`` behind either API."""
    app = application(tmp_path_factory.mktemp("asynchronous"), Serving(kind="asynchronous"))
    app.target = replace(app.target, usecase=replace(app.target.usecase, api=Api(kind=request.param)))
    lake = LakeStack(app, target=app.target).lake
    ingestion = IngestionStack(app, target=app.target, lake=lake).ingestion
    features = FeaturesStack(app, target=app.target, lake=lake, ingestion=ingestion).features
    stack = ServingStack(app, target=app.target, lake=lake, features=features)
    app.synth()
    body: Body = Template.from_stack(stack).to_json()
    assert lint(json.dumps(body), config=ManualArgs(regions=["eu-west-1"])) == []
    return body


def rights(body: Body) -> list[dict[str, Any]]:
    """Statements of the inference function's role."""
    return [
        statement
        for name, it in body["Resources"].items()
        if it["Type"] == "AWS::IAM::Policy" and name.startswith("InferenceRole")
        for statement in it["Properties"]["PolicyDocument"]["Statement"]
    ]


def folders(statement: dict[str, Any]) -> set[str]:
    """The lake's folders that a statement names."""
    return {joined(it).partition("asynchronous/")[2] for it in listed(statement["Resource"])}


def test_there_is_a_route_for_batches_and_one_to_a_result(serving: Body) -> None:
    resources = serving["Resources"].values()
    routes = {it["Properties"]["RouteKey"] for it in resources if it["Type"] == "AWS::ApiGatewayV2::Route"}
    parts = {it["Properties"]["PathPart"] for it in resources if it["Type"] == "AWS::ApiGateway::Resource"}
    assert {"GET /predict/{inference_id}", "POST /predict/batch"} <= routes or {"{inference_id}", "batch"} <= parts


def test_the_function_hands_in_requests_of_one_endpoint_and_asks_none_at_once(serving: Body) -> None:
    invoking = [it for it in rights(serving) if "sagemaker:" in text(it["Action"])]
    assert [it["Action"] for it in invoking] == ["sagemaker:InvokeEndpointAsync"]
    assert text(invoking[0]["Resource"]).endswith(':endpoint/headrace-fraud-prod"]]}')


def test_the_function_writes_requests_and_tickets_and_reads_no_more_than_it_tells(serving: Body) -> None:
    storing = [it for it in rights(serving) if "s3:" in text(it["Action"])]
    (put,) = [it for it in storing if "s3:PutObject" in listed(it["Action"])]
    assert set(listed(put["Action"])) == {"s3:PutObject"}
    assert folders(put) == {"requests/*", "tickets/*"}
    (get,) = [it for it in storing if "s3:GetObject" in listed(it["Action"])]
    assert (listed(get["Action"]), folders(get)) == (["s3:GetObject"], {"tickets/*", "answers/*", "failures/*"})
    (see,) = [it for it in storing if "s3:ListBucket" in listed(it["Action"])]
    seen = see["Condition"]["StringLike"]["s3:prefix"]
    assert seen == [f"asynchronous/{it}/*" for it in ("tickets", "answers", "failures")]
    assert len(storing) == 3


def test_the_function_knows_where_requests_lie(serving: Body) -> None:
    functions = [it["Properties"] for it in serving["Resources"].values() if it["Type"] == "AWS::Lambda::Function"]
    (inference,) = [it for it in functions if it["Handler"] == "lambdas.inference.handler.handler"]
    assert "LAKE_BUCKET" in inference["Environment"]["Variables"]

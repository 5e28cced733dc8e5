"""The API as a use case may ask for it: REST behind a firewall with plans, tokens, shares of traces; nag on each."""

import json
from typing import Any

import pytest
from api_stack import PLANS, Resources, application, of, one
from aws_cdk import Stack
from aws_cdk.assertions import Template
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from synthesized import text

from headrace.usecase import Api
from stacks.components.request_tracing import _short
from stacks.features import FeaturesStack
from stacks.ingestion import IngestionStack
from stacks.lake import LakeStack
from stacks.serving import ServingStack

ROUTES = {("POST", "predict"), ("POST", "batch"), ("GET", "health"), ("GET", "openapi.json")}


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Resources:
    """The whole stack ``serving`` with all that a REST API may have."""
    api = Api(kind="rest", plans=PLANS, per_address=5_000, rate_per_s=500, burst=200, trace_share=0.1)
    app = application(api, tmp_path_factory.mktemp("rest"))
    lake = LakeStack(app, target=app.target).lake
    ingestion = IngestionStack(app, target=app.target, lake=lake).ingestion
    features = FeaturesStack(app, target=app.target, lake=lake, ingestion=ingestion).features
    stack: Stack = ServingStack(app, target=app.target, lake=lake, features=features)
    app.synth()
    found: dict[str, Any] = Template.from_stack(stack).to_json()
    assert lint(json.dumps(found), config=ManualArgs(regions=["eu-west-1"])) == []
    assert {"ApiKeyCheckOutId", "ApiKeyAuditId", "ApiUrl"} <= found["Outputs"].keys()
    return found["Resources"]


def test_a_rest_api_has_the_documents_routes_signed_and_with_a_key(rest: Resources) -> None:
    parts = {
        name: it["Properties"]["PathPart"] for name, it in rest.items() if it["Type"] == "AWS::ApiGateway::Resource"
    }
    methods = of(rest, "AWS::ApiGateway::Method")
    assert {(it["HttpMethod"], parts[it["ResourceId"]["Ref"]]) for it in methods} == ROUTES
    assert {(it["AuthorizationType"], it["ApiKeyRequired"]) for it in methods} == {("AWS_IAM", True)}
    assert {it["Integration"]["Type"] for it in methods} == {"AWS_PROXY"}
    assert all("RequestValidatorId" in it for it in methods)
    assert [it["HttpMethod"] for it in methods if "RequestModels" in it] == ["POST", "POST"]


def test_a_rest_api_is_throttled_measured_and_logged_without_bodies(rest: Resources) -> None:
    stage = one(rest, "AWS::ApiGateway::Stage")
    (settings,) = stage["MethodSettings"]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (500, 200)
    assert (settings["MetricsEnabled"], settings["LoggingLevel"]) == (True, "OFF")
    assert settings["DataTraceEnabled"] is False
    assert json.loads(stage["AccessLogSetting"]["Format"])["key"] == "$context.identity.apiKeyId"
    assert stage["TracingEnabled"] is True


def test_a_rest_api_stands_behind_a_firewall_with_a_limit_per_address(rest: Resources) -> None:
    acl = one(rest, "AWS::WAFv2::WebACL")
    assert acl["Scope"] == "REGIONAL"
    managed = [it["Statement"].get("ManagedRuleGroupStatement", {}).get("Name") for it in acl["Rules"]]
    assert managed[:2] == ["AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"]
    limits = [it["Statement"].get("RateBasedStatement", {}).get("Limit") for it in acl["Rules"]]
    assert limits == [None, None, None, 5_000]
    (override,) = acl["Rules"][0]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
    assert override == {"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}
    assert "Stage" in text(one(rest, "AWS::WAFv2::WebACLAssociation")["ResourceArn"])


def test_the_firewalls_log_names_no_key_and_no_token(rest: Resources) -> None:
    logging = one(rest, "AWS::WAFv2::LoggingConfiguration")
    assert [it["SingleHeader"]["Name"] for it in logging["RedactedFields"]] == ["authorization", "x-api-key"]
    (destination,) = logging["LogDestinationConfigs"]
    assert "log-group:aws-waf-logs-headrace-fraud-prod" in text(destination)
    (group,) = [it for it in of(rest, "AWS::Logs::LogGroup") if "aws-waf" in text(it.get("LogGroupName", ""))]
    assert group["KmsKeyId"] and group["RetentionInDays"] == 365


def test_each_plan_is_a_key_with_its_own_share(rest: Resources) -> None:
    plans = {it["UsagePlanName"]: it for it in of(rest, "AWS::ApiGateway::UsagePlan")}
    assert set(plans) == {"headrace-fraud-prod-check-out", "headrace-fraud-prod-audit"}
    plan = plans["headrace-fraud-prod-check-out"]
    assert (plan["Throttle"], plan["Quota"]) == (
        {"RateLimit": 100, "BurstLimit": 50},
        {"Limit": 1_000_000, "Period": "DAY"},
    )
    assert "Quota" not in plans["headrace-fraud-prod-audit"]
    assert len(of(rest, "AWS::ApiGateway::ApiKey")) == len(of(rest, "AWS::ApiGateway::UsagePlanKey")) == 2


def test_traces_are_sampled_as_the_use_case_says(rest: Resources) -> None:
    rule = one(rest, "AWS::XRay::SamplingRule")["SamplingRule"]
    assert (rule["FixedRate"], rule["ReservoirSize"], rule["ServiceName"]) == (0.1, 0, "headrace-fraud-prod/live")
    assert (_short("x" * 32), len(_short("x" * 33))) == ("x" * 32, 32)
    assert _short("x" * 33) != _short("x" * 34)


def test_the_accounts_logging_role_outlives_the_stack(rest: Resources) -> None:
    (account,) = [it for it in rest.values() if it["Type"] == "AWS::ApiGateway::Account"]
    assert account["DeletionPolicy"] == "Retain"
    (role,) = [it for name, it in rest.items() if it["Type"] == "AWS::IAM::Role" and "LoggingRole" in name]
    assert role["DeletionPolicy"] == "Retain"


def test_a_refusal_of_the_gateway_has_the_shape_of_ours(rest: Resources) -> None:
    template = one(rest, "AWS::ApiGateway::GatewayResponse")["ResponseTemplates"]["application/json"]
    assert json.loads(template.replace("$context.error.messageString", '"x"')) == {
        "error": {"field": None, "reason": "x"}
    }

"""Every kind of endpoint synthesizes, is clean for cfn-lint and cdk-nag, and holds what its kind can do and no more."""

import json
from typing import Any, get_args

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from endpoint_kinds import NETWORK, all_of, application, only, synthesized
from synthesized import joined, text

from headrace.errors import UseCaseError
from headrace.usecase import Asynchronous, Batch, Kind, MultiModel, Scaling, Serverless, Serving
from lambdas.deployment.settings import RESOURCE_TYPES

Templates = dict[str, dict[str, dict[str, Any]]]
CONFIG, ENDPOINT, MODEL = (f"AWS::SageMaker::{it}" for it in ("EndpointConfig", "Endpoint", "Model"))
KINDS = {
    "realtime": Serving(scaling=Scaling(follow="cpu"), vpc=True, capture_percent=10),
    "serverless": Serving(
        kind="serverless", serverless=Serverless(memory_mb=3072, max_concurrency=8, provisioned=1, most_provisioned=4)
    ),
    "asynchronous": Serving(kind="asynchronous", min_instances=0, asynchronous=Asynchronous(concurrent_per_instance=3)),
    "batch": Serving(kind="batch", batch=Batch(schedule="cron(0 3 ? * SUN *)", timezone="Europe/Berlin", instances=2)),
    "multi_model": Serving(kind="multi_model", multi_model=MultiModel(tenant="terminal_id")),
}


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return {
        kind: synthesized(tmp_path_factory.mktemp(kind) / "assembly", serving, **NETWORK)
        for kind, serving in KINDS.items()
    }


def test_each_kind_there_is_has_its_templates_here() -> None:
    assert set(KINDS) == set(get_args(Kind))
    assert {kind: it.kind for kind, it in KINDS.items()} == {kind: kind for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_templates_of_each_kind_are_clean_for_cfn_lint(kinds: Templates, kind: str) -> None:
    for noun, body in kinds[kind].items():
        found = lint(json.dumps(body), config=ManualArgs(regions=["eu-west-1"]))
        assert [str(it) for it in found] == [], noun


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_one_parameter_and_what_deployment_may_touch(kinds: Templates, kind: str) -> None:
    body = kinds[kind]["endpoint"]
    assert list(body["Parameters"]) == ["ModelPackageArn"]
    assert {it["Condition"] for it in body["Resources"].values()} == {"HasModel"}
    assert {it["Type"] for it in body["Resources"].values()} <= set(RESOURCE_TYPES)
    assert "Outputs" not in body


def test_only_real_time_captures_and_only_instances_name_a_key(kinds: Templates) -> None:
    configs = {kind: only(it["endpoint"], CONFIG) for kind, it in kinds.items() if kind != "batch"}
    assert {kind for kind, it in configs.items() if "DataCaptureConfig" in it} == {"realtime"}
    assert configs["realtime"]["DataCaptureConfig"]["InitialSamplingPercentage"] == 10
    assert {kind for kind, it in configs.items() if "KmsKeyId" not in it} == {"serverless"}


def test_a_serverless_variant_has_memory_and_concurrency_and_nothing_of_a_fleet(kinds: Templates) -> None:
    body = kinds["serverless"]["endpoint"]
    (variant,) = only(body, CONFIG)["ProductionVariants"]
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": 3072, "MaxConcurrency": 8, "ProvisionedConcurrency": 1}
    assert not {"InstanceType", "InitialInstanceCount"} & variant.keys()
    assert not {"DeploymentConfig", "RetainAllVariantProperties"} & only(body, ENDPOINT).keys()
    assert not {"EnableNetworkIsolation", "VpcConfig"} & only(body, MODEL).keys()


def test_provisioned_concurrency_follows_its_use(kinds: Templates) -> None:
    body = kinds["serverless"]["endpoint"]
    scalable = only(body, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert scalable["ScalableDimension"] == "sagemaker:variant:DesiredProvisionedConcurrency"
    assert (scalable["MinCapacity"], scalable["MaxCapacity"]) == (1, 4)
    policy = only(body, "AWS::ApplicationAutoScaling::ScalingPolicy")["TargetTrackingScalingPolicyConfiguration"]
    assert policy == {
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantProvisionedConcurrencyUtilization"},
        "TargetValue": 0.7,
    }


def test_an_asynchronous_endpoint_answers_into_the_lake_and_is_updated_all_at_once(kinds: Templates) -> None:
    body = kinds["asynchronous"]["endpoint"]
    config = only(body, CONFIG)
    queue = config["AsyncInferenceConfig"]
    assert queue["ClientConfig"] == {"MaxConcurrentInvocationsPerInstance": 3}
    assert joined(queue["OutputConfig"]["S3OutputPath"]).endswith("/asynchronous/answers")
    assert joined(queue["OutputConfig"]["S3FailurePath"]).endswith("/asynchronous/failures")
    assert "ExportsOutputFnGetAttKey" in text(queue["OutputConfig"]["KmsKeyId"])
    assert config["ProductionVariants"][0]["InitialInstanceCount"] == 1
    update = only(body, ENDPOINT)["DeploymentConfig"]
    routing = update["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing["Type"] == "ALL_AT_ONCE"
    assert not {"CanarySize", "LinearStepSize"} & routing.keys()
    assert len(update["AutoRollbackConfiguration"]["Alarms"]) == 1


def test_the_role_of_an_asynchronous_model_reads_requests_and_writes_answers_only(kinds: Templates) -> None:
    policy = text(only(kinds["asynchronous"]["scoring"], "AWS::IAM::Policy"))
    for folder in ("requests", "answers", "failures"):
        assert f"asynchronous/{folder}/*" in policy
    assert "predictions/" not in policy
    assert "asynchronous/" not in text(only(kinds["realtime"]["scoring"], "AWS::IAM::Policy"))


def test_many_models_are_one_folder_read_afresh_with_every_approval(kinds: Templates) -> None:
    body = kinds["multi_model"]["endpoint"]
    container = only(body, MODEL)["PrimaryContainer"]
    assert container["Mode"] == "MultiModel"
    assert joined(container["ModelDataUrl"]).endswith("/models/tenants/")
    assert "sagemaker-xgboost:3.2-0" in container["Image"]
    assert container["Environment"]["HEADRACE_PACKAGE"] == {"Ref": "ModelPackageArn"}
    assert container["MultiModelConfig"] == {"ModelCacheSetting": "Enabled"}
    assert "ShadowProductionVariants" not in only(body, CONFIG)
    routing = only(body, ENDPOINT)["DeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing["Type"] == "LINEAR"


def test_a_model_in_a_vpc_has_its_subnets_and_its_role_may_use_no_other(kinds: Templates) -> None:
    model = only(kinds["realtime"]["endpoint"], MODEL)
    assert model["VpcConfig"] == {
        "Subnets": ["subnet-0000001a", "subnet-0000002b"],
        "SecurityGroupIds": ["sg-0000003c"],
    }
    assert model["EnableNetworkIsolation"] is True
    statements = only(kinds["realtime"]["scoring"], "AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    (making,) = [it for it in statements if "ec2:CreateNetworkInterface" in it["Action"]]
    resources = text(making["Resource"])
    assert all(
        it in resources for it in ("subnet/subnet-0000001a", "subnet/subnet-0000002b", "security-group/sg-0000003c")
    )
    assert "ec2:" not in text(kinds["multi_model"]["scoring"])
    assert "VpcConfig" not in only(kinds["multi_model"]["endpoint"], MODEL)


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({}, r"serving\.vpc: is set, and no network is given; give --context subnets"),
        ({"subnets": NETWORK["subnets"]}, "security_groups: None is no list of ids"),
        ({**NETWORK, "subnets": "subnet-0000001a"}, "subnets: are in one zone at most"),
        ({**NETWORK, "subnets": "vpc-1a,vpc-2b"}, "subnets: 'vpc-1a,vpc-2b' is no list of ids"),
    ],
)
def test_a_vpc_that_is_not_given_is_asked_for(tmp_path, context: dict[str, str], message: str) -> None:
    with pytest.raises(UseCaseError, match=message):
        application(tmp_path, Serving(vpc=True), **context)


def test_alarms_watch_what_each_kind_can_suffer_from(kinds: Templates) -> None:
    watched = {
        kind: {it["MetricName"] for it in all_of(body["endpoint"], "AWS::CloudWatch::Alarm")}
        for kind, body in kinds.items()
    }
    both = {"Invocation5XXErrors", "ModelLatency"}
    queue = {"Invocation5XXErrors", "ApproximateAgeOfOldestRequest", "HasBacklogWithoutCapacity"}
    assert watched == {"realtime": both, "serverless": both, "multi_model": both, "asynchronous": queue, "batch": set()}

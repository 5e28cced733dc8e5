"""What the endpoint stack promises: nothing until approval, one parameter to change, no way to lose production."""

import json
from pathlib import Path

import pytest
from synthesized import Synthesized, text

from lambdas.deployment.settings import RESOURCE_TYPES
from stacks.endpoint import POLICY_FILE

ENDPOINT = "AWS::SageMaker::Endpoint"


def test_without_an_approved_model_nothing_exists(prod: Synthesized) -> None:
    body = prod.bodies["endpoint"]
    assert {it["Condition"] for it in body["Resources"].values()} == {"HasModel"}
    assert body["Conditions"]["HasModel"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "ModelPackageArn"}, ""]}]}
    assert body["Parameters"]["ModelPackageArn"]["Default"] == ""


def test_the_model_package_is_the_only_parameter(prod: Synthesized) -> None:
    assert list(prod.bodies["endpoint"]["Parameters"]) == ["ModelPackageArn"]


def test_the_stack_holds_no_iam_and_exports_nothing(prod: Synthesized) -> None:
    body = prod.bodies["endpoint"]
    assert {it["Type"] for it in body["Resources"].values()} == set(RESOURCE_TYPES) - {"AWS::CDK::Metadata"}
    assert "Outputs" not in body


def test_the_model_comes_from_the_package_and_runs_without_network(prod: Synthesized) -> None:
    model = prod.only("endpoint", "AWS::SageMaker::Model")
    assert model["PrimaryContainer"] == {"ModelPackageName": {"Ref": "ModelPackageArn"}}
    assert model["EnableNetworkIsolation"] is True
    assert "serving:ExportsOutputFnGetAttModelRole" in text(model["ExecutionRoleArn"])


def test_model_and_configuration_are_unnamed_because_each_change_replaces_them(prod: Synthesized) -> None:
    assert "ModelName" not in prod.only("endpoint", "AWS::SageMaker::Model")
    assert "EndpointConfigName" not in prod.only("endpoint", "AWS::SageMaker::EndpointConfig")
    assert prod.only("endpoint", ENDPOINT)["EndpointName"] == "headrace-fraud-prod"


def test_every_request_and_answer_is_captured_as_json_under_our_key(prod: Synthesized) -> None:
    config = prod.only("endpoint", "AWS::SageMaker::EndpointConfig")
    capture = config["DataCaptureConfig"]
    assert (capture["EnableCapture"], capture["InitialSamplingPercentage"]) == (True, 100)
    assert {it["CaptureMode"] for it in capture["CaptureOptions"]} == {"Input", "Output"}
    assert capture["CaptureContentTypeHeader"] == {"JsonContentTypes": ["application/json"]}
    assert text(capture["DestinationS3Uri"]).endswith('"/capture"]]}')
    assert "ExportsOutputFnGetAttKey" in text(capture["KmsKeyId"])
    assert "ExportsOutputFnGetAttKey" in text(config["KmsKeyId"])


def test_a_rollout_goes_in_steps_and_is_rolled_back_by_both_alarms(prod: Synthesized) -> None:
    deployment = prod.only("endpoint", ENDPOINT)["DeploymentConfig"]
    routing = deployment["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing["Type"] == "LINEAR"
    assert 10 <= routing["LinearStepSize"]["Value"] <= 50
    named = {it["AlarmName"]["Ref"] for it in deployment["AutoRollbackConfiguration"]["Alarms"]}
    alarms = {k for k, it in prod.bodies["endpoint"]["Resources"].items() if it["Type"] == "AWS::CloudWatch::Alarm"}
    assert named == alarms
    assert len(alarms) == 2


def test_the_longest_rollout_fits_its_own_limit_and_the_patience_of_the_queue(prod: Synthesized) -> None:
    policy = prod.only("endpoint", ENDPOINT)["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    routing = policy["TrafficRoutingConfiguration"]
    steps = 100 // routing["LinearStepSize"]["Value"]
    baking_s = steps * routing["WaitIntervalInSeconds"] + policy["TerminationWaitInSeconds"]
    (queue,) = [it for it in prod.resources("serving", "AWS::SQS::Queue") if "RedrivePolicy" in it]
    patience_s = queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"]
    assert baking_s < policy["MaximumExecutionTimeoutInSeconds"] < patience_s


def test_staging_rehearses_with_a_canary_of_at_most_half(synth) -> None:
    routing = synth("staging").only("endpoint", ENDPOINT)["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    size = routing["TrafficRoutingConfiguration"]["CanarySize"]
    assert routing["TrafficRoutingConfiguration"]["Type"] == "CANARY"
    assert size["Value"] <= 50


@pytest.mark.parametrize("stage", ["staging", "prod"])
def test_a_stepwise_rollout_has_at_least_two_instances(synth, stage: str) -> None:
    (variant,) = synth(stage).only("endpoint", "AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert variant["InitialInstanceCount"] >= 2


def test_an_update_keeps_the_capacity_that_scaling_has_added(prod: Synthesized) -> None:
    assert prod.only("endpoint", ENDPOINT)["RetainAllVariantProperties"] is True


def test_scaling_follows_invocations_per_instance_of_the_variant_that_exists(prod: Synthesized) -> None:
    (variant,) = prod.only("endpoint", "AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    target = prod.only("endpoint", "AWS::ApplicationAutoScaling::ScalableTarget")
    assert target["ResourceId"] == f"endpoint/headrace-fraud-prod/variant/{variant['VariantName']}"
    assert target["MinCapacity"] <= variant["InitialInstanceCount"] <= target["MaxCapacity"]
    assert "RoleARN" not in target
    policy = prod.only("endpoint", "AWS::ApplicationAutoScaling::ScalingPolicy")
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["PredefinedMetricSpecification"] == {
        "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
    }
    assert (tracking["TargetValue"], tracking["ScaleOutCooldown"], tracking["ScaleInCooldown"]) == (6000, 60, 300)


def test_the_latency_alarm_counts_in_microseconds_on_our_variant(prod: Synthesized) -> None:
    alarms = {it["MetricName"]: it for it in prod.resources("endpoint", "AWS::CloudWatch::Alarm")}
    assert alarms["ModelLatency"]["Threshold"] == 200_000
    for alarm in alarms.values():
        assert {(it["Name"], it["Value"]) for it in alarm["Dimensions"]} == {
            ("EndpointName", "headrace-fraud-prod"),
            ("VariantName", "AllTraffic"),
        }


def test_the_stack_policy_protects_the_endpoint_that_the_template_has(prod: Synthesized) -> None:
    policy = json.loads(Path(POLICY_FILE).read_text())
    (denied,) = [it for it in policy["Statement"] if it["Effect"] == "Deny"]
    assert denied["Action"] == ["Update:Delete", "Update:Replace"]
    (logical_id,) = [it.removeprefix("LogicalResourceId/") for it in denied["Resource"]]
    assert prod.bodies["endpoint"]["Resources"][logical_id]["Type"] == ENDPOINT

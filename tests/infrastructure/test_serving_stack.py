"""What serving promises: signed and throttled requests, and a deployment that can change one thing only."""

import pytest
from synthesized import Synthesized, listed, text

from lambdas.deployment.settings import RESOURCE_TYPES


def test_routes_are_signed_and_lead_to_inference(prod: Synthesized) -> None:
    routes = {it["RouteKey"]: it for it in prod.resources("serving", "AWS::ApiGatewayV2::Route")}
    assert set(routes) == {"POST /predict", "POST /predict/batch", "GET /health", "GET /openapi.json"}
    assert {it["AuthorizationType"] for it in routes.values()} == {"AWS_IAM"}
    assert "Inference" in text(prod.only("serving", "AWS::ApiGatewayV2::Integration")["IntegrationUri"])


def test_requests_are_throttled_inside_the_accounts_quota_and_logged(prod: Synthesized) -> None:
    stage = prod.only("serving", "AWS::ApiGatewayV2::Stage")
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] <= 10_000
    assert stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] <= 5_000
    assert stage["DefaultRouteSettings"]["DetailedMetricsEnabled"] is True
    assert "requestId" in stage["AccessLogSettings"]["Format"]
    assert stage["AutoDeploy"] is True


def test_inference_reads_state_and_invokes_one_endpoint(prod: Synthesized) -> None:
    allowed = prod.actions("serving", "InferenceRole")
    assert not {"dynamodb:PutItem", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"} & allowed
    (invoke,) = [s for s in prod.statements("serving", "InferenceRole") if s["Action"] == "sagemaker:InvokeEndpoint"]
    assert text(invoke["Resource"]).endswith(':endpoint/headrace-fraud-prod"]]}')


def test_only_approved_packages_of_our_group_reach_deployment(prod: Synthesized) -> None:
    patterns = [it["EventPattern"] for it in prod.resources("serving", "AWS::Events::Rule")]
    assert {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {"ModelPackageGroupName": ["headrace-fraud-prod"], "ModelApprovalStatus": ["Approved"]},
    } in patterns


def test_a_rollback_is_asked_for_by_an_event_about_our_group(prod: Synthesized) -> None:
    patterns = [it["EventPattern"] for it in prod.resources("serving", "AWS::Events::Rule")]
    (rollback,) = [it for it in patterns if it["source"] == ["headrace"]]
    assert rollback["detail-type"] == ["Model Rollback Requested"]
    assert ":model-package/headrace-fraud-prod/" in text(rollback["detail"]["ModelPackageArn"])


def test_approvals_queue_up_encrypted_and_end_in_a_dead_letter_queue(prod: Synthesized) -> None:
    (queue,) = [it for it in prod.resources("serving", "AWS::SQS::Queue") if "RedrivePolicy" in it]
    assert "KmsMasterKeyId" in queue
    assert queue["RedrivePolicy"]["maxReceiveCount"] <= 1_000
    mapping = prod.only("serving", "AWS::Lambda::EventSourceMapping")
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BatchSize"] == 1


@pytest.mark.parametrize("stage", ["dev", "staging", "prod", "local"])
def test_a_message_stays_hidden_while_its_function_runs(synth, stage: str) -> None:
    (queue,) = [it for it in synth(stage).resources("serving", "AWS::SQS::Queue") if "RedrivePolicy" in it]
    functions = {it["Handler"]: it for it in synth(stage).resources("serving", "AWS::Lambda::Function")}
    assert functions["lambdas.deployment.handler.handler"]["Timeout"] <= queue["VisibilityTimeout"]


def test_deployment_updates_the_endpoint_stack_with_its_own_types_only(prod: Synthesized) -> None:
    (update,) = [s for s in _rights(prod) if s["Action"] == "cloudformation:UpdateStack"]
    assert text(update["Resource"]).endswith(':stack/headrace-fraud-prod-endpoint/*"]]}')
    assert update["Condition"] == {
        "ForAllValues:StringEquals": {"cloudformation:ResourceTypes": [*RESOURCE_TYPES]},
        # Without this the first condition would hold for a request that names no types.
        "Null": {"cloudformation:ResourceTypes": "false"},
    }


def test_deployment_changes_endpoints_only_through_cloudformation(prod: Synthesized) -> None:
    via = {"aws:CalledVia": "cloudformation.amazonaws.com"}
    for statement in _rights(prod):
        if statement.get("Sid") in ("SeeWhatServes", "JudgePackages"):
            continue
        if any(action.startswith(("sagemaker:", "iam:", "application-")) for action in listed(statement["Action"])):
            assert statement["Condition"]["ForAnyValue:StringEquals"] == via


def test_deployment_sees_one_endpoint_judges_one_group_and_speaks_for_headrace_only(prod: Synthesized) -> None:
    named = {it["Sid"]: it for it in _rights(prod) if "Sid" in it}
    assert named["SeeWhatServes"]["Action"] == "sagemaker:DescribeEndpoint"
    assert text(named["SeeWhatServes"]["Resource"]).endswith(':endpoint/headrace-fraud-prod"]]}')
    assert named["JudgePackages"]["Action"] == ["sagemaker:DescribeModelPackage", "sagemaker:UpdateModelPackage"]
    assert text(named["JudgePackages"]["Resource"]).endswith(':model-package/headrace-fraud-prod/*"]]}')
    assert named["TellEverybody"]["Condition"] == {"StringEquals": {"events:source": "headrace"}}
    assert text(named["TellEverybody"]["Resource"]).endswith(':event-bus/default"]]}')


def test_deployment_looks_for_captures_of_its_endpoint_and_reminds_itself(prod: Synthesized) -> None:
    (listing,) = [s for s in _rights(prod) if s["Action"] == "s3:ListBucket"]
    folder = "capture/headrace-fraud-prod/AllTraffic/"
    assert listing["Condition"] == {"StringLike": {"s3:prefix": [f"{folder}*"]}}
    assert not {"s3:GetObject", "s3:PutObject"} & prod.actions("serving", "DeploymentRole")
    (counting,) = [s for s in _rights(prod) if s.get("Sid") == "CountRequests"]
    assert counting["Action"] == "cloudwatch:GetMetricStatistics"
    functions = {it["Handler"]: it for it in prod.resources("serving", "AWS::Lambda::Function")}
    variables = functions["lambdas.deployment.handler.handler"]["Environment"]["Variables"]
    assert (variables["CAPTURE_PREFIX"], variables["CAPTURE_PERCENT"]) == (folder, "100")
    (sending,) = [s for s in _rights(prod) if "sqs:SendMessage" in listed(s["Action"])]
    assert "DeadLetters" not in text(sending["Resource"])
    assert "sqs:SendMessage" in listed(sending["Action"])


def test_the_end_of_an_update_of_our_endpoint_stack_reaches_the_queue_of_approvals(prod: Synthesized) -> None:
    rules = {it["EventPattern"]["source"][0]: it for it in prod.resources("serving", "AWS::Events::Rule")}
    rule = rules["aws.cloudformation"]
    assert rule["EventPattern"]["detail-type"] == ["CloudFormation Stack Status Change"]
    detail = rule["EventPattern"]["detail"]
    assert ":stack/headrace-fraud-prod-endpoint/" in text(detail["stack-id"])
    ends = ["UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"]
    assert detail["status-details"] == {"status": ends}
    assert rule["Targets"][0]["Arn"] == rules["aws.sagemaker"]["Targets"][0]["Arn"]


def test_deployment_cannot_delete_the_endpoint(prod: Synthesized) -> None:
    assert "sagemaker:DeleteEndpoint" not in prod.actions("serving", "DeploymentRole")


def test_deployment_passes_the_models_role_to_sagemaker_only(prod: Synthesized) -> None:
    (passing,) = [s for s in _rights(prod) if s["Action"] == "iam:PassRole"]
    assert passing["Condition"]["StringEquals"] == {"iam:PassedToService": "sagemaker.amazonaws.com"}
    assert "ModelRole" in text(passing["Resource"])


def test_the_models_role_reads_models_and_writes_captures(prod: Synthesized) -> None:
    statements = prod.statements("serving", "ModelRole")
    (read,) = [s for s in statements if s["Action"] == "s3:GetObject"]
    (written,) = [s for s in statements if "s3:PutObject" in s["Action"]]
    assert '/models/*"' in text(read["Resource"])
    assert '/capture/*"' in text(written["Resource"])


def _rights(stage: Synthesized) -> list[dict]:
    return stage.statements("serving", "DeploymentRole")

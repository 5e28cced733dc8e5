"""SageMaker's resources in stacks behind the emulator's port: made, changed, rolled back and refused."""

import json
import time

import pytest
from emulator_stacks import (
    ACCOUNT,
    invoke,
    package,
    stack_status,
    template,
)
from scenarios import wait_for

from local.loop import Loop


def test_a_stack_deploys_changes_and_rolls_back_an_endpoint(loop: Loop) -> None:
    cloudformation, sagemaker = loop.client("cloudformation"), loop.client("sagemaker")
    first, second, broken = (package(loop, version) for version in ("v1", "v2", "broken"))
    parameters = [{"ParameterKey": "ModelPackageArn", "ParameterValue": first}]
    cloudformation.create_stack(StackName="endpoint", TemplateBody=template(), Parameters=parameters)
    assert stack_status(loop, "endpoint") == "CREATE_COMPLETE"
    assert invoke(loop, {"a": 1}, InferenceId="event-1")["version"] == "v1"

    change = [{"ParameterKey": "ModelPackageArn", "ParameterValue": second}]
    cloudformation.update_stack(StackName="endpoint", UsePreviousTemplate=True, Parameters=change)
    assert stack_status(loop, "endpoint") == "UPDATE_COMPLETE"
    assert invoke(loop, {})["version"] == "v2"
    outputs = cloudformation.describe_stacks(StackName="endpoint")["Stacks"][0]["Outputs"]
    values = {output["OutputKey"]: output["OutputValue"] for output in outputs}
    assert values["Endpoint"] == f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:endpoint/echo"
    assert sagemaker.describe_endpoint(EndpointName="echo")["EndpointConfigName"] == values["Config"]
    assert [it["EndpointConfigName"] for it in sagemaker.list_endpoint_configs()["EndpointConfigs"]] == [
        values["Config"]
    ]
    assert len(sagemaker.list_models()["Models"]) == 1, "the model of the first package is gone"

    change = [{"ParameterKey": "ModelPackageArn", "ParameterValue": broken}]
    cloudformation.update_stack(StackName="endpoint", UsePreviousTemplate=True, Parameters=change)
    assert stack_status(loop, "endpoint") == "UPDATE_ROLLBACK_COMPLETE"
    described = sagemaker.describe_endpoint(EndpointName="echo")
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", values["Config"])
    assert invoke(loop, {})["version"] == "v2"
    events = cloudformation.describe_stack_events(StackName="endpoint")["StackEvents"]
    reasons = [it.get("ResourceStatusReason", "") for it in events if it["ResourceStatus"] == "UPDATE_FAILED"]
    assert any("did not pass the ping health check" in reason for reason in reasons)

    runtime = loop.client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ModelError) as caught:
        invoke(loop, {"raise": True})
    assert caught.value.response["OriginalStatusCode"] == 500
    began = time.perf_counter()
    assert len(invoke(loop, {"instances": [{f"f{i}": 1.5 for i in range(15)}] * 500})["echo"]["instances"]) == 500
    assert time.perf_counter() - began < 1

    loop.flush()
    keys = [it["Key"] for it in loop.client("s3").list_objects_v2(Bucket="lake", Prefix="capture/")["Contents"]]
    lines = [
        json.loads(line)
        for key in keys
        for line in loop.client("s3").get_object(Bucket="lake", Key=key)["Body"].read().splitlines()
    ]
    assert [line["eventMetadata"].get("inferenceId") for line in lines].count("event-1") == 1
    cloudformation.delete_stack(StackName="endpoint")
    wait_for(lambda: not sagemaker.list_endpoints()["Endpoints"])


def test_an_unknown_property_fails_the_stack(loop: Loop) -> None:
    wrong = json.loads(template())
    wrong["Resources"]["Config"]["Properties"]["DataCapture"] = {}
    parameters = [{"ParameterKey": "ModelPackageArn", "ParameterValue": package(loop, "v1")}]
    loop.client("cloudformation").create_stack(StackName="wrong", TemplateBody=json.dumps(wrong), Parameters=parameters)
    assert stack_status(loop, "wrong") == "ROLLBACK_COMPLETE"
    events = loop.client("cloudformation").describe_stack_events(StackName="wrong")["StackEvents"]
    assert any("unsupported property DataCapture" in it.get("ResourceStatusReason", "") for it in events)


def test_feature_groups_grow_by_cloudformation(loop: Loop) -> None:
    cloudformation = loop.client("cloudformation")
    features = [{"FeatureName": name, "FeatureType": "String"} for name in ("id", "at")]

    def body(names: list[dict[str, str]]) -> str:
        properties = {
            "FeatureGroupName": "customer",
            "RecordIdentifierFeatureName": "id",
            "EventTimeFeatureName": "at",
            "FeatureDefinitions": names,
            "OnlineStoreConfig": {"EnableOnlineStore": "true"},
            "OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://lake/offline"}},
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/pipeline",
        }
        resources = {"Group": {"Type": "AWS::SageMaker::FeatureGroup", "Properties": properties}}
        outputs = {
            "Name": {"Value": {"Ref": "Group"}},
            "Status": {"Value": {"Fn::GetAtt": ["Group", "FeatureGroupStatus"]}},
        }
        return json.dumps({"Resources": resources, "Outputs": outputs})

    cloudformation.create_stack(StackName="features", TemplateBody=body(features))
    assert stack_status(loop, "features") == "CREATE_COMPLETE"
    outputs = cloudformation.describe_stacks(StackName="features")["Stacks"][0]["Outputs"]
    assert {it["OutputKey"]: it["OutputValue"] for it in outputs} == {"Name": "customer", "Status": "Created"}
    store = loop.client("sagemaker-featurestore-runtime")
    record = [
        {"FeatureName": "id", "ValueAsString": "c1"},
        {"FeatureName": "at", "ValueAsString": "2026-01-01T00:00:00Z"},
    ]
    store.put_record(FeatureGroupName="customer", Record=record)
    grown = [*features, {"FeatureName": "count", "FeatureType": "Integral"}]
    cloudformation.update_stack(StackName="features", TemplateBody=body(grown))
    assert stack_status(loop, "features") == "UPDATE_COMPLETE"
    assert store.get_record(FeatureGroupName="customer", RecordIdentifierValueAsString="c1")["Record"] == record
    with pytest.raises(store.exceptions.ValidationError, match="amount"):
        store.put_record(FeatureGroupName="customer", Record=[{"FeatureName": "amount", "ValueAsString": "1"}, *record])
    loop.flush()
    found = loop.client("s3").list_objects_v2(Bucket="lake", Prefix="offline/")["Contents"]
    assert "/data/year=2026/month=01/day=01/hour=00/" in found[0]["Key"]
    cloudformation.update_stack(StackName="features", TemplateBody=body(features))
    assert stack_status(loop, "features") == "UPDATE_ROLLBACK_COMPLETE"

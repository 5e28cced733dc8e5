"""``AWS::SageMaker::*`` resources are named, replaced, updated and deleted as CloudFormation does it."""

from typing import Any

import pytest
from memory_platform import BUCKET, ROLE, MemoryPlatform
from scenarios import create_config, register_model, settled
from step_requests import definition, processing_step

from local.emulator.registry import Created, ResourceContext, ResourceError, ResourceType, resource_types
from local.sagemaker.cloudformation_types import register_types
from local.sagemaker.service import SageMaker

CONTEXT = ResourceContext(stack_name="headrace-fraud-local-endpoint", logical_id="Thing")
GROUP = {
    "FeatureGroupName": "customer",
    "RecordIdentifierFeatureName": "id",
    "EventTimeFeatureName": "at",
    "FeatureDefinitions": [{"FeatureName": name, "FeatureType": "String"} for name in ("id", "at")],
    "OnlineStoreConfig": {"EnableOnlineStore": "true"},
}


@pytest.fixture
def types(sagemaker: SageMaker, monkeypatch: pytest.MonkeyPatch) -> dict[str, ResourceType]:
    kept = dict(resource_types)
    register_types(sagemaker)
    registered = {name: it for name, it in resource_types.items() if name.startswith("AWS::SageMaker::")}
    resource_types.clear()
    resource_types.update(kept)
    return registered


def update(kind: ResourceType, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> Created:
    assert kind.update is not None
    return kind.update(CONTEXT, physical_id, old, new)


def model(package: str) -> dict[str, Any]:
    return {"PrimaryContainer": {"ModelPackageName": package}, "ExecutionRoleArn": ROLE, "Tags": []}


def config(model_name: str, instances: Any = "1") -> dict[str, Any]:
    variant = {"VariantName": "AllTraffic", "ModelName": model_name, "InitialInstanceCount": instances}
    return {"ProductionVariants": [{**variant, "InstanceType": "ml.m5.large", "InitialVariantWeight": "1.0"}]}


def test_a_changed_model_is_a_new_one_under_a_new_name(
    types: dict[str, ResourceType], sagemaker: SageMaker, platform: MemoryPlatform
) -> None:
    kind = types["AWS::SageMaker::Model"]
    first, second = (model(register_model(sagemaker, platform, version)) for version in ("v1", "v2"))
    created = kind.create(CONTEXT, first)
    name = created.attributes["ModelName"]
    assert created.physical_id == f"arn:aws:sagemaker:eu-west-1:000000000000:model/{name}"
    assert name.startswith("headrace-fraud-local-endpoint-Thing-")
    assert len(name) <= 63
    assert update(kind, created.physical_id, first, {**first, "Tags": [{"Key": "a", "Value": "b"}]}) == created
    replaced = update(kind, created.physical_id, first, second)
    assert replaced.physical_id != created.physical_id
    kind.delete(CONTEXT, created.physical_id, first)
    kind.delete(CONTEXT, created.physical_id, first)  # gone already is fine
    assert [it["ModelName"] for it in sagemaker.call("ListModels", {})["Models"]] == [replaced.attributes["ModelName"]]


def test_a_replacement_under_a_name_of_its_own_is_refused(
    types: dict[str, ResourceType], sagemaker: SageMaker, platform: MemoryPlatform
) -> None:
    kind = types["AWS::SageMaker::Model"]
    first, second = (
        {**model(register_model(sagemaker, platform, version)), "ModelName": "mine"} for version in ("v1", "v2")
    )
    created = kind.create(CONTEXT, first)
    with pytest.raises(ResourceError, match="Rename mine and update the stack again"):
        update(kind, created.physical_id, first, second)
    renamed = update(kind, created.physical_id, first, {**second, "ModelName": "other"})
    assert renamed.attributes["ModelName"] == "other"


def test_parameters_arrive_as_text_and_are_read_as_what_they_are(
    types: dict[str, ResourceType], sagemaker: SageMaker, platform: MemoryPlatform
) -> None:
    name = types["AWS::SageMaker::Model"].create(CONTEXT, model(register_model(sagemaker, platform, "v1")))
    kind = types["AWS::SageMaker::EndpointConfig"]
    created = kind.create(CONTEXT, config(name.attributes["ModelName"]))
    described = sagemaker.call(
        "DescribeEndpointConfig", {"EndpointConfigName": created.attributes["EndpointConfigName"]}
    )
    assert described["ProductionVariants"][0]["InitialInstanceCount"] == 1
    assert described["ProductionVariants"][0]["InitialVariantWeight"] == 1.0
    with pytest.raises(ResourceError, match="'many' is not a integer"):
        kind.create(CONTEXT, config(name.attributes["ModelName"], "many"))
    with pytest.raises(ResourceError, match="Could not find model"):
        kind.create(CONTEXT, config("nothing"))


def test_an_endpoint_follows_its_configuration_or_says_why_not(
    types: dict[str, ResourceType], sagemaker: SageMaker, platform: MemoryPlatform
) -> None:
    configs = {
        version: create_config(sagemaker, register_model(sagemaker, platform, version), f"config-{version}")
        for version in ("v1", "v2", "broken")
    }
    kind = types["AWS::SageMaker::Endpoint"]
    old = {"EndpointName": "echo", "EndpointConfigName": configs["v1"], "RetainAllVariantProperties": "true"}
    created = kind.create(CONTEXT, old)
    assert created.physical_id.endswith(":endpoint/echo")
    assert created.attributes == {"EndpointName": "echo"}
    deployment = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}}
    assert update(kind, created.physical_id, old, {**old, "DeploymentConfig": deployment}) == created
    assert settled(sagemaker, "echo")["EndpointConfigName"] == configs["v1"], (
        "only the manner of the next update changed"
    )
    new = {**old, "EndpointConfigName": configs["v2"]}
    assert update(kind, created.physical_id, old, new) == created
    assert settled(sagemaker, "echo")["EndpointConfigName"] == configs["v2"]
    with pytest.raises(ResourceError, match="did not pass the ping health check"):
        update(kind, created.physical_id, new, {**old, "EndpointConfigName": configs["broken"]})
    assert settled(sagemaker, "echo")["EndpointConfigName"] == configs["v2"]
    kind.delete(CONTEXT, created.physical_id, new)
    with pytest.raises(ResourceError, match="this model cannot be loaded"):
        kind.create(CONTEXT, {"EndpointName": "echo", "EndpointConfigName": configs["broken"]})
    assert sagemaker.call("ListEndpoints", {})["Endpoints"] == [], "a failed endpoint is cleaned up"


def pipeline(platform: MemoryPlatform, name: str) -> dict[str, Any]:
    text = definition(processing_step(name, platform.s3.put("code/nothing.py", "pass")))
    return {"PipelineName": "training", "RoleArn": ROLE, "PipelineDefinition": {"PipelineDefinitionBody": text}}


def test_a_pipeline_is_updated_in_place(
    types: dict[str, ResourceType], sagemaker: SageMaker, platform: MemoryPlatform
) -> None:
    kind = types["AWS::SageMaker::Pipeline"]
    old, new = pipeline(platform, "One"), pipeline(platform, "Two")
    created = kind.create(CONTEXT, old)
    assert created.physical_id == "training"
    assert update(kind, "training", old, new) == created
    described = sagemaker.call("DescribePipeline", {"PipelineName": "training"})
    assert described["PipelineDefinition"] == new["PipelineDefinition"]["PipelineDefinitionBody"]
    text = new["PipelineDefinition"]["PipelineDefinitionBody"]
    platform.s3.put("definitions/three.json", text.replace("Two", "Three"))
    location = {"PipelineDefinitionS3Location": {"Bucket": BUCKET, "Key": "definitions/three.json"}}
    update(kind, "training", new, {**new, "PipelineDefinition": location})
    described = sagemaker.call("DescribePipeline", {"PipelineName": "training"})
    assert '"Three"' in described["PipelineDefinition"]
    kind.delete(CONTEXT, "training", new)
    assert sagemaker.call("ListPipelines", {})["PipelineSummaries"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        "text",
        {"pipelineDefinitionBody": "{}"},  # the key that CDK's own class renders
        {"PipelineDefinitionBody": "{}"},
        {"PipelineDefinitionS3Location": {"Bucket": BUCKET, "Key": "missing.json"}},
    ],
)
def test_a_wrong_definition_fails_the_resource(
    types: dict[str, ResourceType], platform: MemoryPlatform, wrong: Any
) -> None:
    with pytest.raises(ResourceError, match=r"PipelineDefinition|pipeline definition"):
        types["AWS::SageMaker::Pipeline"].create(CONTEXT, {**pipeline(platform, "One"), "PipelineDefinition": wrong})


def test_a_feature_group_grows_and_never_shrinks(types: dict[str, ResourceType], sagemaker: SageMaker) -> None:
    kind = types["AWS::SageMaker::FeatureGroup"]
    created = kind.create(CONTEXT, GROUP)
    assert created.physical_id == "customer"
    assert created.attributes["FeatureGroupStatus"] == "Created"
    more = {
        **GROUP,
        "FeatureDefinitions": [*GROUP["FeatureDefinitions"], {"FeatureName": "n", "FeatureType": "Integral"}],
    }  # type: ignore[misc]  # a literal of mixed values
    assert update(kind, "customer", GROUP, more).physical_id == "customer"
    described = sagemaker.call("DescribeFeatureGroup", {"FeatureGroupName": "customer"})
    assert [it["FeatureName"] for it in described["FeatureDefinitions"]] == ["id", "at", "n"]
    with pytest.raises(ResourceError, match="only be added"):
        update(kind, "customer", more, GROUP)
    with pytest.raises(ResourceError, match="Rename customer"):
        update(kind, "customer", more, {**more, "Description": "replaces the group"})


def test_a_package_group_gives_its_arn(types: dict[str, ResourceType], sagemaker: SageMaker) -> None:
    kind = types["AWS::SageMaker::ModelPackageGroup"]
    properties = {"ModelPackageGroupName": "fraud", "ModelPackageGroupPolicy": {"Version": "2012-10-17"}}
    created = kind.create(CONTEXT, properties)
    assert created.physical_id == "arn:aws:sagemaker:eu-west-1:000000000000:model-package-group/fraud"
    assert created.attributes["ModelPackageGroupStatus"] == "Completed"
    assert update(kind, created.physical_id, properties, {"ModelPackageGroupName": "fraud"}) == created
    kind.delete(CONTEXT, created.physical_id, properties)
    assert sagemaker.call("ListModelPackageGroups", {})["ModelPackageGroupSummaryList"] == []


def test_an_unknown_property_is_not_swallowed(types: dict[str, ResourceType]) -> None:
    with pytest.raises(ResourceError, match="unsupported property FeatureGrupName"):
        types["AWS::SageMaker::FeatureGroup"].create(CONTEXT, {**GROUP, "FeatureGrupName": "x"})

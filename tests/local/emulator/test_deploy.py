"""Deploying assemblies: order, assets, conditional resources, rollbacks, errors that name the resource."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_account import Account

from local.assembly import AssemblyError, stacks
from local.deploy import DeployError, deploy, update_parameters

ASSETS = "cdk-hnb659fds-assets-${AWS::AccountId}-eu-west-1"


class Assembly:
    """Writes a cloud assembly as ``cdk synth`` does."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._artifacts: dict[str, Any] = {}
        directory.mkdir(exist_ok=True)

    def stack(self, name: str, template: dict[str, Any], *, after: tuple[str, ...] = (), code: str = "") -> str:
        """Add a stack, with a zip asset of one file if there is code. Returns the asset's key."""
        (self.directory / f"{name}.template.json").write_text(json.dumps(template))
        files = {}
        if code:
            folder = self.directory / f"asset.{name}"
            folder.mkdir(exist_ok=True)
            (folder / "handler.py").write_text(code)
            destination = {"bucketName": ASSETS, "objectKey": f"{name}.zip"}
            source = {"path": folder.name, "packaging": "zip"}
            files[name] = {"source": source, "destinations": {"here": destination}}
        (self.directory / f"{name}.assets.json").write_text(json.dumps({"files": files, "dockerImages": {}}))
        self._artifacts[f"{name}.assets"] = {
            "type": "cdk:asset-manifest",
            "properties": {"file": f"{name}.assets.json"},
        }
        self._artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": f"{name}.template.json"},
            "dependencies": [*after, f"{name}.assets"],
        }
        (self.directory / "manifest.json").write_text(json.dumps({"version": "1", "artifacts": self._artifacts}))
        return f"{name}.zip"


@pytest.fixture
def assembly(tmp_path: Path) -> Assembly:
    """An assembly without stacks."""
    return Assembly(tmp_path / "cdk.out")


def topic(**properties: Any) -> dict[str, Any]:
    """A resource."""
    return {"Type": "AWS::SNS::Topic", "Properties": properties}


def test_stacks_are_deployed_after_what_they_import(account: Account, assembly: Assembly) -> None:
    late, early = account.name("a-late"), account.name("z-early")
    export = f"{early}-arn"
    assembly.stack(
        late,
        {
            "Resources": {"T": topic(DisplayName={"Fn::ImportValue": export})},
            "Outputs": {"Name": {"Value": {"Fn::GetAtt": ["T", "TopicName"]}}},
        },
        after=(early,),
    )
    assembly.stack(
        early,
        {"Resources": {"T": topic()}, "Outputs": {"Arn": {"Value": {"Ref": "T"}, "Export": {"Name": export}}}},
    )
    assert [stack.name for stack in stacks(assembly.directory, account="0", region="r")] == [early, late]
    outputs = deploy(assembly.directory, account.loop.endpoint_url)
    assert outputs[early]["Arn"].startswith("arn:aws:sns:eu-west-1:000000000000:")
    assert outputs[late]["Name"]
    assert deploy(assembly.directory, account.loop.endpoint_url) == outputs, "a second deploy changes nothing"


def test_code_assets_run_and_the_bootstrap_version_is_there(account: Account, assembly: Assembly) -> None:
    name = account.name("function")
    code = "import os\n\ndef handler(event, context):\n    return {'said': os.environ['WORD'], 'event': event}\n"
    key = assembly.stack(name, {}, code=code)
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
    }
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Code": {"S3Bucket": {"Fn::Sub": ASSETS}, "S3Key": key},
            "Handler": "handler.handler",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Runtime": "python3.12",
            "Environment": {"Variables": {"WORD": {"Ref": "BootstrapVersion"}}},
        },
    }
    parameter = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/hnb659fds/version"}
    template = {
        "Parameters": {"BootstrapVersion": parameter},
        "Resources": {"Role": role, "Function": function},
        "Outputs": {"Name": {"Value": {"Ref": "Function"}}},
    }
    assembly.stack(name, template, code=code)
    outputs = deploy(assembly.directory, account.loop.endpoint_url)[name]
    answer = account.client("lambda").invoke(FunctionName=outputs["Name"], Payload=b'{"x": 1}')
    said = json.load(answer["Payload"])
    assert said["event"] == {"x": 1}
    assert int(said["said"]) >= 6


def test_an_unknown_resource_type_fails_the_deploy_and_is_named(account: Account, assembly: Assembly) -> None:
    name = account.name("unknown")
    assembly.stack(name, {"Resources": {"Strange": {"Type": "AWS::Nowhere::Thing", "Properties": {}}}})
    with pytest.raises(DeployError, match="AWS::Nowhere::Thing"):
        deploy(assembly.directory, account.loop.endpoint_url)


def test_a_resource_that_cannot_be_made_is_named_with_its_reason(account: Account, assembly: Assembly) -> None:
    name = account.name("broken")
    firehose = {
        "Type": "AWS::KinesisFirehose::DeliveryStream",
        "Properties": {"ExtendedS3DestinationConfiguration": {"BucketARN": "no arn", "RoleARN": "r"}},
    }
    assembly.stack(name, {"Resources": {"Delivery": firehose}})
    with pytest.raises(DeployError, match=r"Delivery \(AWS::KinesisFirehose::DeliveryStream\).*BucketARN"):
        deploy(assembly.directory, account.loop.endpoint_url)


CONDITIONAL = {
    "Parameters": {"Package": {"Type": "String", "Default": ""}, "Color": {"Type": "String", "Default": "red"}},
    "Conditions": {"HasPackage": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Package"}, ""]}]}},
    "Resources": {
        "Always": topic(DisplayName={"Ref": "Color"}),
        "Sometimes": {**topic(DisplayName={"Ref": "Package"}), "Condition": "HasPackage"},
    },
}


def logical_ids(account: Account, stack: str) -> set[str]:
    """The resources a stack has now."""
    resources = account.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    return {resource["LogicalResourceId"] for resource in resources}


def test_one_changed_parameter_creates_and_deletes_conditional_resources(account: Account, assembly: Assembly) -> None:
    name = account.name("conditional")
    assembly.stack(name, CONDITIONAL)
    deploy(assembly.directory, account.loop.endpoint_url)
    assert logical_ids(account, name) == {"Always"}
    update_parameters(name, {"Package": "v1"}, account.loop.endpoint_url)
    assert logical_ids(account, name) == {"Always", "Sometimes"}
    update_parameters(name, {"Color": "blue"}, account.loop.endpoint_url)
    assert logical_ids(account, name) == {"Always", "Sometimes"}, "an unchanged parameter keeps its previous value"
    deploy(assembly.directory, account.loop.endpoint_url)
    assert logical_ids(account, name) == {"Always", "Sometimes"}, "a deploy keeps parameters as they are"
    update_parameters(name, {"Package": ""}, account.loop.endpoint_url)
    assert logical_ids(account, name) == {"Always"}


def failing_update(broken: Any) -> dict[str, Any]:
    """A template whose second version renames a queue, adds a topic and then fails."""
    conditions = {"Second": {"Fn::Equals": [{"Ref": "Version"}, "2"]}}
    delivery = {
        "Type": "AWS::KinesisFirehose::DeliveryStream",
        "Condition": "Second",
        "DependsOn": ["Added", "Queue", "Renamed"],
        "Properties": {"ExtendedS3DestinationConfiguration": broken},
    }
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": {"Fn::If": ["Second", 99, 11]}}}
    name = {"Fn::Sub": "${AWS::StackName}-${Version}"}
    return {
        "Parameters": {"Version": {"Type": "String", "Default": "1"}},
        "Conditions": conditions,
        "Resources": {
            "Queue": queue,
            "Renamed": topic(TopicName=name),
            "Added": {**topic(), "Condition": "Second"},
            "Broken": delivery,
        },
        "Outputs": {"Url": {"Value": {"Ref": "Queue"}}, "Topic": {"Value": {"Ref": "Renamed"}}},
    }


def test_a_failing_update_rolls_everything_back(account: Account, assembly: Assembly) -> None:
    name = account.name("rollback")
    assembly.stack(name, failing_update({"BucketARN": "no arn", "RoleARN": "r"}))
    before = deploy(assembly.directory, account.loop.endpoint_url)[name]
    with pytest.raises(DeployError, match="Broken"):
        update_parameters(name, {"Version": "2"}, account.loop.endpoint_url)
    stack = account.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stack["Parameters"] == [{"ParameterKey": "Version", "ParameterValue": "1"}]
    assert {item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]} == before
    assert logical_ids(account, name) == {"Queue", "Renamed"}
    sqs, sns = account.client("sqs"), account.client("sns")
    attributes = sqs.get_queue_attributes(QueueUrl=before["Url"], AttributeNames=["VisibilityTimeout"])
    assert attributes["Attributes"]["VisibilityTimeout"] == "11"
    topics = {item["TopicArn"] for item in sns.list_topics()["Topics"]}
    assert before["Topic"] in topics
    assert not any(arn.endswith(f"{name}-2") for arn in topics)
    update_parameters(name, {"Version": "1"}, account.loop.endpoint_url)


def test_inert_types_are_recorded_and_listed_with_their_reason(account: Account, assembly: Assembly) -> None:
    name = account.name("inert")
    target = {
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "Properties": {
            "ResourceId": "endpoint/e/variant/v",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
            "ServiceNamespace": "sagemaker",
            "MinCapacity": 1,
            "MaxCapacity": 2,
        },
    }
    policy = {
        "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
        "Properties": {"PolicyName": "p", "PolicyType": "TargetTrackingScaling", "ScalingTargetId": {"Ref": "Target"}},
    }
    template = {
        "Resources": {"Target": target, "Policy": policy},
        "Outputs": {"Id": {"Value": {"Ref": "Target"}}, "Arn": {"Value": {"Fn::GetAtt": ["Policy", "Arn"]}}},
    }
    assembly.stack(name, template)
    outputs = deploy(assembly.directory, account.loop.endpoint_url)[name]
    assert outputs["Id"] == "endpoint/e/variant/v|sagemaker:variant:DesiredInstanceCount|sagemaker"
    assert outputs["Arn"].startswith("arn:aws:autoscaling:")
    types = account.loop.resources()
    assert types["AWS::ApplicationAutoScaling::ScalableTarget"] == "inert"
    assert types["AWS::Kinesis::Stream"] == "executed"
    assert "AWS::Nowhere::Thing" not in types


def test_a_template_too_large_for_a_request_goes_through_the_asset_bucket(account: Account, assembly: Assembly) -> None:
    name = account.name("large")
    template = {"Metadata": {"Padding": "x" * 60_000}, "Resources": {"T": topic()}}
    assembly.stack(name, template)
    manifest = json.loads((assembly.directory / "manifest.json").read_text())
    properties = manifest["artifacts"][name]["properties"]
    properties["stackTemplateAssetObjectUrl"] = f"s3://{ASSETS}/{name}.json"
    (assembly.directory / "manifest.json").write_text(json.dumps(manifest))
    asset = {
        "source": {"path": f"{name}.template.json", "packaging": "file"},
        "destinations": {"here": {"bucketName": ASSETS, "objectKey": f"{name}.json"}},
    }
    (assembly.directory / f"{name}.assets.json").write_text(json.dumps({"files": {"t": asset}}))
    deploy(assembly.directory, account.loop.endpoint_url)
    assert logical_ids(account, name) == {"T"}


def test_a_directory_that_is_no_assembly_is_refused(tmp_path: Path, account: Account) -> None:
    with pytest.raises(AssemblyError, match=r"manifest\.json does not exist"):
        deploy(tmp_path, account.loop.endpoint_url)
    (tmp_path / "manifest.json").write_text('{"artifacts": {}}')
    with pytest.raises(AssemblyError, match="no stacks"):
        deploy(tmp_path, account.loop.endpoint_url)


def test_updating_a_stack_that_is_not_there_says_so(account: Account) -> None:
    with pytest.raises(DeployError, match="does not exist"):
        update_parameters("nobody", {}, account.loop.endpoint_url)
    with pytest.raises(ClientError, match="does not exist"):
        account.client("cloudformation").describe_stacks(StackName="nobody")

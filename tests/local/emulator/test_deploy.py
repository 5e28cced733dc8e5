"""Deploying assemblies: order, assets, types that do nothing, errors that name the resource."""

import json
from pathlib import Path

import pytest
from local_account import Account
from made_assembly import ASSETS, Assembly, logical_ids, topic

from local.assembly import AssemblyError, stacks
from local.deploy import DeployError, deploy


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

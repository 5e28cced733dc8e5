"""Updating a deployed stack: its parameters decide its resources, and what fails is rolled back."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_account import Account
from made_assembly import Assembly, logical_ids, topic

from local.deploy import DeployError, deploy, update_parameters

CONDITIONAL = {
    "Parameters": {"Package": {"Type": "String", "Default": ""}, "Color": {"Type": "String", "Default": "red"}},
    "Conditions": {"HasPackage": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Package"}, ""]}]}},
    "Resources": {
        "Always": topic(DisplayName={"Ref": "Color"}),
        "Sometimes": {**topic(DisplayName={"Ref": "Package"}), "Condition": "HasPackage"},
    },
}


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


def test_updating_a_stack_that_is_not_there_says_so(account: Account) -> None:
    with pytest.raises(DeployError, match="does not exist"):
        update_parameters("nobody", {}, account.loop.endpoint_url)
    with pytest.raises(ClientError, match="does not exist"):
        account.client("cloudformation").describe_stacks(StackName="nobody")

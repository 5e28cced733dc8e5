"""Secrets of stacks: ``Ref`` is the ARN, so that a policy on it lets its reader in, and nobody else."""

import json
from typing import Any

import pytest
from local_account import Account

READS = (
    "import boto3\n\ndef handler(event, context):\n"
    "    return boto3.client('secretsmanager').get_secret_value(SecretId=event['arn'])['SecretString']\n"
)


def template(description: str) -> str:
    """A stack of one secret."""
    made = {"GenerateSecretString": {"PasswordLength": 64}, "Description": description}
    return json.dumps(
        {
            "Resources": {"Key": {"Type": "AWS::SecretsManager::Secret", "Properties": made}},
            "Outputs": {"Ref": {"Value": {"Ref": "Key"}}},
        }
    )


@pytest.fixture
def stack(account: Account) -> str:
    """A deployed stack of one secret."""
    name = account.name("secret")
    account.client("cloudformation").create_stack(StackName=name, TemplateBody=template("first"))
    return name


def ref(account: Account, stack: str) -> str:
    """What ``Ref`` gives."""
    client = account.client("cloudformation")
    client.get_waiter("stack_exists").wait(StackName=stack)
    (found,) = client.describe_stacks(StackName=stack)["Stacks"]
    return str(found["Outputs"][0]["OutputValue"])


def read(account: Account, arn: str, statements: list[dict[str, Any]]) -> Any:
    """What a function with these rights gets."""
    function = account.function(READS, role=account.role(statements))
    answer = account.client("lambda").invoke(FunctionName=function, Payload=json.dumps({"arn": arn}).encode())
    return json.load(answer["Payload"])


def test_a_policy_on_the_ref_of_a_secret_lets_its_role_read_the_value(account: Account, stack: str) -> None:
    arn = ref(account, stack)
    assert arn.startswith("arn:aws:secretsmanager:eu-west-1:000000000000:secret:")
    granted = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arn}
    assert len(read(account, arn, [granted])) == 64
    elsewhere = {**granted, "Resource": f"{arn}x"}
    assert "AccessDenied" in json.dumps(read(account, arn, [elsewhere]))


def test_an_update_keeps_the_value_and_a_deletion_takes_the_secret(account: Account, stack: str) -> None:
    client, secrets = account.client("cloudformation"), account.client("secretsmanager")
    arn = ref(account, stack)
    value = secrets.get_secret_value(SecretId=arn)["SecretString"]
    client.update_stack(StackName=stack, TemplateBody=template("second"))
    client.get_waiter("stack_update_complete").wait(StackName=stack)
    assert ref(account, stack) == arn
    assert secrets.describe_secret(SecretId=arn)["Description"] == "second"
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == value
    client.delete_stack(StackName=stack)
    client.get_waiter("stack_delete_complete").wait(StackName=stack)
    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        secrets.get_secret_value(SecretId=arn)

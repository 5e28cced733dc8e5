"""A service can be taken out for a while, and a driver can see which processes serve."""

import pytest
from botocore.exceptions import ClientError
from local_account import Account

from local.loop import LoopError


def test_a_service_that_is_out_refuses_everything_and_keeps_what_it_stores(account: Account) -> None:
    table, name = account.client("dynamodb"), account.name("table")
    table.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    table.put_item(TableName=name, Item={"id": {"S": "1"}})
    account.loop.take_out("dynamodb")
    try:
        with pytest.raises(ClientError) as caught:
            table.get_item(TableName=name, Key={"id": {"S": "1"}})
        account.client("sqs").list_queues()
    finally:
        account.loop.take_out("dynamodb", out=False)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert caught.value.response["Error"]["Code"] == "ServiceUnavailable"
    assert table.get_item(TableName=name, Key={"id": {"S": "1"}})["Item"] == {"id": {"S": "1"}}


def test_only_services_that_can_be_out_are_taken_out(account: Account) -> None:
    with pytest.raises(LoopError, match=r"'s3' cannot be out; use one of dynamodb"):
        account.loop.take_out("s3")
    with pytest.raises(LoopError, match="true or false"):
        account.loop._admin("outages", {"service": "dynamodb"})


def test_an_account_without_endpoints_has_no_model_servers(account: Account) -> None:
    assert account.loop.model_servers() == {}

"""Requests are checked as AWS checks them, and answered in its shapes."""

import json
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser
from memory_platform import ROLE, MemoryPlatform
from scenarios import register_model

from local.sagemaker.errors import ServiceError
from local.sagemaker.service import SageMaker
from local.sagemaker.wire import HttpRequest, HttpResponse, answer


def ask(sagemaker: SageMaker, operation: str, body: bytes) -> HttpResponse:
    headers = {"x-amz-target": f"SageMaker.{operation}"}
    return answer(sagemaker, HttpRequest(method="POST", path="/", headers=headers, query={}, body=body))


def rest(sagemaker: SageMaker, method: str, path: str, body: Any = None, **query: list[str]) -> HttpResponse:
    raw = b"" if body is None else json.dumps(body).encode()
    return answer(sagemaker, HttpRequest(method=method, path=path, headers={}, query=query, body=raw))


def parsed(service: str, operation: str, response: HttpResponse) -> dict[str, Any]:
    """What botocore makes of a response, as boto3 users see it."""
    model = botocore.session.get_session().get_service_model(service)
    raw = {"status_code": response.status, "headers": HeadersDict(response.headers), "body": response.body}
    shape = model.operation_model(operation).output_shape
    found: dict[str, Any] = create_parser(model.metadata["protocol"]).parse(raw, shape)
    return found


@pytest.mark.parametrize(
    ("operation", "request_body", "message"),
    [
        (
            "CreateModelPackageGroup",
            {"ModelPackageGroupName": "not_a_name"},
            "1 validation error detected: Value 'not_a_name' at 'modelPackageGroupName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: ",
        ),
        (
            "CreateModelPackageGroup",
            {},
            "1 validation error detected: Value null at 'modelPackageGroupName' failed to satisfy constraint: "
            "Member must not be null",
        ),
        (
            "CreateModelPackage",
            {"ModelApprovalStatus": "approved", "ModelPackageGroupName": "fraud"},
            "Value 'approved' at 'modelApprovalStatus' failed to satisfy constraint: Member must satisfy enum value "
            "set: [Approved, Rejected, PendingManualApproval]",
        ),
        (
            "CreateEndpointConfig",
            {
                "EndpointConfigName": "c",
                "ProductionVariants": [{"VariantName": "A", "ModelName": "m", "InitialInstanceCount": 0}],
            },
            "Value '0' at 'productionVariants.1.member.initialInstanceCount' failed to satisfy constraint: Member must "
            "have value greater than or equal to 1",
        ),
        ("DescribeEndpoint", {"EndpointName": "e" * 64}, "Member must have length less than or equal to 63"),
        ("DescribeEndpoint", {"EndpointName": "e", "Nmae": 1}, "Unknown parameter in input: 'nmae'"),
    ],
)
def test_a_wrong_request_gets_the_message_of_aws(
    sagemaker: SageMaker, operation: str, request_body: dict[str, Any], message: str
) -> None:
    response = ask(sagemaker, operation, json.dumps(request_body).encode())
    error = parsed("sagemaker", operation, response)["Error"]
    assert (response.status, error["Code"]) == (400, "ValidationException")
    assert message in error["Message"]


@pytest.mark.parametrize(
    ("operation", "body", "code"),
    [
        ("CreateNonsense", b"{}", "UnknownOperationException"),
        ("CreateCodeRepository", b"{}", "UnknownOperationException"),
        ("DescribeModel", b"{", "SerializationException"),
        ("DescribeModel", b"[]", "SerializationException"),
        ("DescribeModel", b'{"ModelName": 5}', "SerializationException"),
    ],
)
def test_what_cannot_be_understood_is_refused(sagemaker: SageMaker, operation: str, body: bytes, code: str) -> None:
    response = ask(sagemaker, operation, body)
    document = json.loads(response.body)
    assert (response.status, document["__type"], response.headers["x-amzn-ErrorType"]) == (400, code, code)


def test_lists_are_filtered_sorted_and_paged(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    for number in range(5):
        platform.time += 1
        sagemaker.call("CreateModelPackageGroup", {"ModelPackageGroupName": f"group-{number}"})

    def names(answer: dict[str, Any]) -> list[str]:
        return [it["ModelPackageGroupName"] for it in answer["ModelPackageGroupSummaryList"]]

    first = sagemaker.call("ListModelPackageGroups", {"MaxResults": 3})
    assert names(first) == ["group-4", "group-3", "group-2"]
    rest_of_it = sagemaker.call("ListModelPackageGroups", {"MaxResults": 3, "NextToken": first["NextToken"]})
    assert names(rest_of_it) == ["group-1", "group-0"]
    assert "NextToken" not in rest_of_it
    some = {"NameContains": "3", "SortBy": "Name", "SortOrder": "Ascending"}
    assert names(sagemaker.call("ListModelPackageGroups", some)) == ["group-3"]
    with pytest.raises(ServiceError, match="Invalid NextToken"):
        sagemaker.call("ListModelPackageGroups", {"NextToken": "made up"})


def test_answers_are_what_botocore_expects(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    arn = register_model(sagemaker, platform, "v1")
    body = json.dumps({"ModelPackageName": arn}).encode()
    package = parsed("sagemaker", "DescribeModelPackage", ask(sagemaker, "DescribeModelPackage", body))
    assert package["ModelPackageArn"] == arn
    assert package["CreationTime"].timestamp() == platform.time


def test_records_travel_over_http(sagemaker: SageMaker) -> None:
    group = {
        "FeatureGroupName": "customer",
        "RecordIdentifierFeatureName": "id",
        "EventTimeFeatureName": "at",
        "FeatureDefinitions": [
            {"FeatureName": "id", "FeatureType": "String"},
            {"FeatureName": "at", "FeatureType": "Fractional"},
        ],
        "OnlineStoreConfig": {"EnableOnlineStore": True},
        "RoleArn": ROLE,
    }
    sagemaker.call("CreateFeatureGroup", group)
    record = [{"FeatureName": "id", "ValueAsString": "a b"}, {"FeatureName": "at", "ValueAsString": "1700000000.5"}]
    assert rest(sagemaker, "PUT", "/FeatureGroup/customer", {"Record": record}).status == 200
    found = rest(sagemaker, "GET", "/FeatureGroup/customer", RecordIdentifierValueAsString=["a b"], FeatureName=["at"])
    service = "sagemaker-featurestore-runtime"
    assert parsed(service, "GetRecord", found)["Record"] == record[1:]
    many = {"Identifiers": [{"FeatureGroupName": "customer", "RecordIdentifiersValueAsString": ["a b"]}]}
    batch = parsed(service, "BatchGetRecord", rest(sagemaker, "POST", "/BatchGetRecord", many))
    assert batch["Records"][0]["Record"] == record
    wrong = rest(sagemaker, "PUT", "/FeatureGroup/customer", {"Record": []})
    assert parsed(service, "PutRecord", wrong)["Error"]["Code"] == "ValidationError"
    missing = rest(sagemaker, "GET", "/FeatureGroup/nobody", RecordIdentifierValueAsString=["1"])
    assert (missing.status, parsed(service, "GetRecord", missing)["Error"]["Code"]) == (404, "ResourceNotFound")
    query = {"RecordIdentifierValueAsString": ["a b"], "EventTime": ["1700000001"]}
    assert rest(sagemaker, "DELETE", "/FeatureGroup/customer", **query).status == 200
    gone = rest(sagemaker, "GET", "/FeatureGroup/customer", RecordIdentifierValueAsString=["a b"])
    assert "Record" not in parsed(service, "GetRecord", gone)


def test_errors_of_the_runtime_are_what_botocore_expects(sagemaker: SageMaker) -> None:
    unknown = rest(sagemaker, "POST", "/endpoints/nobody/invocations", {})
    error = parsed("sagemaker-runtime", "InvokeEndpoint", unknown)["Error"]
    assert error == {"Code": "ValidationError", "Message": "Endpoint nobody of account 000000000000 not found."}

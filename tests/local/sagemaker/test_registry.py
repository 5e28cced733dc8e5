"""The model registry counts versions, announces approvals and refuses what could not be deployed."""

from typing import Any

import pytest
from memory_platform import ROLE, MemoryPlatform
from scenarios import register_model

from local.sagemaker.errors import ServiceError
from local.sagemaker.service import SageMaker


def test_versions_count_and_approval_is_announced(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    first = register_model(sagemaker, platform, "v1", status="PendingManualApproval")
    second = register_model(sagemaker, platform, "v2", status="PendingManualApproval")
    assert first.endswith(":model-package/echo/1")
    assert second.endswith(":model-package/echo/2")
    change = {
        "ModelPackageArn": first,
        "ModelApprovalStatus": "Approved",
        "ApprovalDescription": "better than the last",
        "CustomerMetadataProperties": {"reviewer": "me"},
    }
    sagemaker.call("UpdateModelPackage", change)
    package = sagemaker.call("DescribeModelPackage", {"ModelPackageName": first})
    assert package["ApprovalDescription"] == "better than the last"
    assert package["CustomerMetadataProperties"] == {"reviewer": "me"}
    listed = sagemaker.call("ListModelPackages", {"ModelPackageGroupName": "echo", "ModelApprovalStatus": "Approved"})
    assert [it["ModelPackageArn"] for it in listed["ModelPackageSummaryList"]] == [first]
    events = platform.details("SageMaker Model Package State Change")
    assert [(it["ModelPackageVersion"], it["ModelApprovalStatus"]) for it in events] == [
        (1, "PendingManualApproval"),
        (2, "PendingManualApproval"),
        (1, "Approved"),
    ]
    sagemaker.call("DeleteModelPackage", {"ModelPackageName": second})
    assert register_model(sagemaker, platform, "v3").endswith("/3"), "a version number is never given twice"


def test_a_group_with_versions_is_not_deleted(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    register_model(sagemaker, platform, "v1")
    with pytest.raises(ServiceError, match="contains Model Packages"):
        sagemaker.call("DeleteModelPackageGroup", {"ModelPackageGroupName": "echo"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ModelPackageGroupName": "nobody"}, "does not exist"),
        ({"ModelPackageName": "alone"}, "Only one is allowed"),
        ({"InferenceSpecification": None}, "Exactly one of InferenceSpecification"),
        ({"ModelPackageGroupName": None}, "ModelPackageGroupName is required"),
    ],
)
def test_a_package_that_cannot_be_registered_is_refused(
    sagemaker: SageMaker, change: dict[str, Any], message: str
) -> None:
    sagemaker.call("CreateModelPackageGroup", {"ModelPackageGroupName": "echo"})
    specification = {
        "Containers": [{"Image": "image:1"}],
        "SupportedContentTypes": ["application/json"],
        "SupportedResponseMIMETypes": ["application/json"],
    }
    request = {"ModelPackageGroupName": "echo", "InferenceSpecification": specification, **change}
    with pytest.raises(ServiceError, match=message):
        sagemaker.call("CreateModelPackage", {name: value for name, value in request.items() if value is not None})


@pytest.mark.parametrize(
    ("request_body", "message"),
    [
        ({}, "Exactly one of PrimaryContainer and Containers"),
        ({"PrimaryContainer": {}}, "needs Image or ModelPackageName"),
        ({"PrimaryContainer": {"Image": "image:1"}}, "has no ModelDataUrl"),
        (
            {"PrimaryContainer": {"ModelPackageName": "arn:aws:sagemaker:eu-west-1:000000000000:model-package/x/1"}},
            "not exist",
        ),
    ],
)
def test_a_model_that_could_not_be_served_is_refused(
    sagemaker: SageMaker, request_body: dict[str, Any], message: str
) -> None:
    with pytest.raises(ServiceError, match=message):
        sagemaker.call("CreateModel", {"ModelName": "m", "ExecutionRoleArn": ROLE, **request_body})

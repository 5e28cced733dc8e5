"""Endpoints serve the model of their package with the real toolkit, and answer errors as AWS does."""

import json
import os
import signal

import pytest
from memory_platform import MemoryPlatform
from scenarios import JSON, archive, create_config, invoke, register_model, settled, wait_for

from local.sagemaker.errors import ServiceError
from local.sagemaker.invocation import Invocation
from local.sagemaker.service import SageMaker


def test_an_endpoint_answers_with_the_model_of_its_package(serving: SageMaker, platform: MemoryPlatform) -> None:
    request = Invocation(endpoint="echo", body=b'{"a": 1}', headers=JSON)
    answer = serving.invocations.invoke(request)
    assert json.loads(answer.body)["version"] == "v1"
    assert answer.headers == {"content-type": "application/json", "x-Amzn-Invoked-Production-Variant": "AllTraffic"}
    statuses = [detail["EndpointStatus"] for detail in platform.details("SageMaker Endpoint State Change")]
    assert statuses == ["CREATING", "IN_SERVICE"]


def test_a_new_endpoint_whose_model_cannot_be_loaded_fails(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    config = create_config(sagemaker, register_model(sagemaker, platform, "broken"), "config-1")
    sagemaker.call("CreateEndpoint", {"EndpointName": "echo", "EndpointConfigName": config})
    assert settled(sagemaker, "echo")["EndpointStatus"] == "Failed"
    with pytest.raises(ServiceError, match="its status is Failed"):
        invoke(sagemaker, {})


def test_variants_share_the_traffic_by_weight_and_can_be_asked_for(
    sagemaker: SageMaker, platform: MemoryPlatform
) -> None:
    for version in ("v1", "v2"):
        create_config(sagemaker, register_model(sagemaker, platform, version), version)
    variants = [
        {"VariantName": name, "ModelName": name, "InitialInstanceCount": 1, "InitialVariantWeight": weight}
        for name, weight in (("v1", 9), ("v2", 1))
    ]
    sagemaker.call("CreateEndpointConfig", {"EndpointConfigName": "both", "ProductionVariants": variants})
    sagemaker.call("CreateEndpoint", {"EndpointName": "echo", "EndpointConfigName": "both"})
    assert settled(sagemaker, "echo")["EndpointStatus"] == "InService"
    versions = [invoke(sagemaker, {})["version"] for _ in range(300)]
    assert 5 < versions.count("v2") < 80
    assert {invoke(sagemaker, {}, target_variant="v2")["version"] for _ in range(5)} == {"v2"}


def test_what_does_not_run_here_is_refused_rather_than_ignored(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    explained = {"ClarifyExplainerConfig": {"ShapConfig": {"ShapBaselineConfig": {"ShapBaseline": "1"}}}}
    with pytest.raises(ServiceError, match="ExplainerConfig is not executed"):
        create_config(sagemaker, register_model(sagemaker, platform, "v1"), "config-1", ExplainerConfig=explained)


def test_an_archive_that_leaves_its_directory_is_not_unpacked(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    package = register_model(sagemaker, platform, "v1")
    platform.s3.put("models/v1/model.tar.gz", archive({"version": "v1", "../../outside": "x"}))
    sagemaker.call(
        "CreateEndpoint", {"EndpointName": "echo", "EndpointConfigName": create_config(sagemaker, package, "c")}
    )
    described = settled(sagemaker, "echo")
    assert described["EndpointStatus"] == "Failed"
    assert "failed to extract" in described["FailureReason"]
    assert not list(platform.work_dir.rglob("outside"))


def test_a_server_that_dies_is_restarted_and_its_request_gets_a_model_error(serving: SageMaker) -> None:
    first = invoke(serving, {})["pid"]
    assert serving.endpoints.processes() == {"echo/AllTraffic": first}
    with pytest.raises(ServiceError) as caught:
        invoke(serving, {"die": True})
    assert (caught.value.code, caught.value.status) == ("ModelError", 424)

    def restarted() -> bool:
        try:
            return bool(invoke(serving, {})["pid"] != first)
        except ServiceError as exc:
            assert exc.code == "ModelError"
            return False

    assert wait_for(restarted)


def test_an_error_of_the_script_is_a_model_error_with_its_status(serving: SageMaker, platform: MemoryPlatform) -> None:
    with pytest.raises(ServiceError) as caught:
        invoke(serving, {"raise": True})
    assert caught.value.status == 424
    assert caught.value.extra["OriginalStatusCode"] == 500
    assert "no such thing" in caught.value.extra["OriginalMessage"]
    serving.flush()
    totals = {it.name: it.value for it in platform.measurements}
    assert totals["Invocation5XXErrors"] == 1
    assert totals["ModelLatency"] > 100  # microseconds


@pytest.mark.parametrize(
    ("body", "headers", "status", "message"),
    [
        (b"{}", {"x-amzn-sagemaker-target-variant": "Other"}, 400, "Variant Other not found"),
        (b"x" * (6 * 1024 * 1024 + 1), {}, 413, "6291456"),
    ],
)
def test_requests_that_aws_refuses_are_refused(
    serving: SageMaker, body: bytes, headers: dict[str, str], status: int, message: str
) -> None:
    with pytest.raises(ServiceError, match=message) as caught:
        serving.invocations.invoke(Invocation(endpoint="echo", body=body, headers={**JSON, **headers}))
    assert caught.value.status == status


def test_an_unknown_endpoint_is_a_validation_error(sagemaker: SageMaker) -> None:
    with pytest.raises(ServiceError, match=r"Endpoint echo of account 000000000000 not found\.") as caught:
        invoke(sagemaker, {})
    assert caught.value.code == "ValidationError"


def test_deleting_an_endpoint_ends_its_server(serving: SageMaker) -> None:
    pid = invoke(serving, {})["pid"]
    serving.call("DeleteEndpoint", {"EndpointName": "echo"})
    with pytest.raises(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    with pytest.raises(ServiceError, match="Could not find endpoint"):
        serving.call("DescribeEndpoint", {"EndpointName": "echo"})


def test_only_an_approved_package_becomes_a_model(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    package = register_model(sagemaker, platform, "v1", status="PendingManualApproval")
    with pytest.raises(ServiceError, match="PendingManualApproval"):
        create_config(sagemaker, package, "config-1")

"""Endpoints serve with the real toolkit and change models without losing a request."""

import json
import os
import signal
import threading
from typing import Any

import pytest
from memory_platform import MemoryPlatform
from scenarios import archive, create_config, register_model, settled, wait_for

from local.sagemaker.errors import ServiceError
from local.sagemaker.invocation import Invocation
from local.sagemaker.service import SageMaker

JSON = {"content-type": "application/json", "accept": "application/json"}


def invoke(sagemaker: SageMaker, document: Any, **headers: str) -> dict[str, Any]:
    names = {f"x-amzn-sagemaker-{key.replace('_', '-')}": value for key, value in headers.items()}
    request = Invocation(endpoint="echo", body=json.dumps(document).encode(), headers={**JSON, **names})
    answer: dict[str, Any] = json.loads(sagemaker.invocations.invoke(request).body)
    return answer


@pytest.fixture
def serving(sagemaker: SageMaker, platform: MemoryPlatform) -> SageMaker:
    config = create_config(sagemaker, register_model(sagemaker, platform, "v1"), "config-1")
    sagemaker.call("CreateEndpoint", {"EndpointName": "echo", "EndpointConfigName": config})
    assert settled(sagemaker, "echo")["EndpointStatus"] == "InService"
    return sagemaker


def update(sagemaker: SageMaker, platform: MemoryPlatform, version: str, **more: Any) -> dict[str, Any]:
    config = create_config(sagemaker, register_model(sagemaker, platform, version), f"config-{version}")
    sagemaker.call("UpdateEndpoint", {"EndpointName": "echo", "EndpointConfigName": config, **more})
    return settled(sagemaker, "echo")


def test_an_endpoint_answers_with_the_model_of_its_package(serving: SageMaker, platform: MemoryPlatform) -> None:
    request = Invocation(endpoint="echo", body=b'{"a": 1}', headers=JSON)
    answer = serving.invocations.invoke(request)
    assert json.loads(answer.body)["version"] == "v1"
    assert answer.headers == {"content-type": "application/json", "x-Amzn-Invoked-Production-Variant": "AllTraffic"}
    statuses = [detail["EndpointStatus"] for detail in platform.details("SageMaker Endpoint State Change")]
    assert statuses == ["CREATING", "IN_SERVICE"]


def test_no_request_is_lost_while_the_fleet_is_replaced(serving: SageMaker, platform: MemoryPlatform) -> None:
    versions: list[str] = []
    errors: list[BaseException] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            try:
                versions.append(invoke(serving, {"sleep": 0.005})["version"])
            except BaseException as exc:
                errors.append(exc)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        described = update(serving, platform, "v2")
        wait_for(lambda: versions.count("v2") > 20)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert not errors
    assert described["EndpointConfigName"] == "config-v2"
    assert versions.count("v1") > 20
    assert "v1" not in versions[-10:]


def test_a_request_inside_the_old_fleet_is_answered_by_it_after_the_switch(
    serving: SageMaker, platform: MemoryPlatform
) -> None:
    answers: list[dict[str, Any]] = []
    slow = threading.Thread(target=lambda: answers.append(invoke(serving, {"sleep": 2})))
    slow.start()
    described = update(serving, platform, "v2")
    assert described["EndpointConfigName"] == "config-v2"
    assert invoke(serving, {})["version"] == "v2"
    slow.join()
    assert answers[0]["version"] == "v1"


def test_a_model_that_cannot_be_loaded_leaves_the_old_one_in_service(
    serving: SageMaker, platform: MemoryPlatform
) -> None:
    described = update(serving, platform, "broken")
    assert described["EndpointStatus"] == "InService"
    assert described["EndpointConfigName"] == "config-1"
    assert "did not pass the ping health check" in described["FailureReason"]
    assert "this model cannot be loaded" in described["FailureReason"]
    assert invoke(serving, {})["version"] == "v1"
    assert "this model cannot be loaded" in platform.logs["/aws/sagemaker/Endpoints/echo", "AllTraffic"]


def test_a_new_endpoint_whose_model_cannot_be_loaded_fails(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    config = create_config(sagemaker, register_model(sagemaker, platform, "broken"), "config-1")
    sagemaker.call("CreateEndpoint", {"EndpointName": "echo", "EndpointConfigName": config})
    assert settled(sagemaker, "echo")["EndpointStatus"] == "Failed"
    with pytest.raises(ServiceError, match="its status is Failed"):
        invoke(sagemaker, {})


def test_an_alarm_rolls_a_canary_back(serving: SageMaker, platform: MemoryPlatform) -> None:
    platform.alarms["errors"] = "ALARM"
    deployment = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "CANARY",
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 10},
                "WaitIntervalInSeconds": 300,
            }
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
    }
    described = update(serving, platform, "v2", DeploymentConfig=deployment, RetainAllVariantProperties=True)
    assert described["EndpointConfigName"] == "config-1"
    assert "errors" in described["FailureReason"]
    assert {invoke(serving, {})["version"] for _ in range(20)} == {"v1"}


def test_weights_set_by_scaling_survive_an_update_that_retains_them(
    serving: SageMaker, platform: MemoryPlatform
) -> None:
    change = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 3, "DesiredWeight": 2.0}]
    request = {"EndpointName": "echo", "DesiredWeightsAndCapacities": change}
    serving.call("UpdateEndpointWeightsAndCapacities", request)
    kept = update(serving, platform, "v2", RetainAllVariantProperties=True)
    assert kept["ProductionVariants"][0]["DesiredInstanceCount"] == 3
    dropped = update(serving, platform, "v3")
    assert dropped["ProductionVariants"][0]["DesiredInstanceCount"] == 1


def test_an_update_announces_what_is_coming_and_what_has_come(serving: SageMaker, platform: MemoryPlatform) -> None:
    update(serving, platform, "v2")
    changes = platform.details("SageMaker Endpoint State Change")
    assert [(it["EndpointStatus"], it["EndpointConfigName"]) for it in changes[2:]] == [
        ("UPDATING", "config-1"),
        ("IN_SERVICE", "config-v2"),
    ]
    deployments = platform.details("SageMaker Endpoint Deployment State Change")
    summaries: list[Any] = [it["PendingDeploymentSummary"] for it in deployments]
    stages = [it["ProductionVariants"][0]["VariantStatus"][0]["Status"] for it in summaries]
    assert stages == ["Creating", "ActivatingTraffic", "Baking"]
    assert {it["EndpointConfigName"] for it in summaries} == {"config-v2"}


def test_a_healthy_canary_takes_over_once_its_wait_is_over(serving: SageMaker, platform: MemoryPlatform) -> None:
    platform.alarms["errors"] = "OK"
    size = {"Type": "CAPACITY_PERCENT", "Value": 50}
    routing = {"Type": "CANARY", "CanarySize": size, "WaitIntervalInSeconds": 300}
    config = create_config(serving, register_model(serving, platform, "v2"), "config-v2")
    deployment = {
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing},
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
    }
    serving.call(
        "UpdateEndpoint", {"EndpointName": "echo", "EndpointConfigName": config, "DeploymentConfig": deployment}
    )
    wait_for(lambda: {invoke(serving, {})["version"] for _ in range(20)} == {"v1", "v2"})
    platform.time += 300
    assert settled(serving, "echo")["EndpointConfigName"] == "config-v2"
    assert {invoke(serving, {})["version"] for _ in range(20)} == {"v2"}


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


@pytest.mark.parametrize("member", ["AsyncInferenceConfig", "ShadowProductionVariants"])
def test_what_does_not_run_here_is_refused_rather_than_ignored(
    sagemaker: SageMaker, platform: MemoryPlatform, member: str
) -> None:
    value: Any = {"OutputConfig": {"S3OutputPath": "s3://lake/async"}}
    if member == "ShadowProductionVariants":
        value = [{"VariantName": "Shadow", "ModelName": "config-1", "InitialInstanceCount": 1}]
    with pytest.raises(ServiceError, match=f"{member} is not executed"):
        create_config(sagemaker, register_model(sagemaker, platform, "v1"), "config-1", **{member: value})


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


def test_an_endpoint_that_is_changing_cannot_be_changed_again(serving: SageMaker, platform: MemoryPlatform) -> None:
    config = create_config(serving, register_model(serving, platform, "v2"), "config-2")
    request = {"EndpointName": "echo", "EndpointConfigName": config}
    serving.call("UpdateEndpoint", request)
    with pytest.raises(ServiceError, match="Cannot update in-progress endpoint"):
        serving.call("UpdateEndpoint", request)
    settled(serving, "echo")


def test_a_server_that_dies_is_restarted_and_its_request_gets_a_model_error(serving: SageMaker) -> None:
    first = invoke(serving, {})["pid"]
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

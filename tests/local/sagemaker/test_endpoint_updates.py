"""Endpoints change models without losing a request, or keep the old one and say why."""

import threading
from typing import Any

import pytest
from memory_platform import MemoryPlatform
from scenarios import create_config, invoke, register_model, settled, update, wait_for

from local.sagemaker.errors import ServiceError
from local.sagemaker.service import SageMaker


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
    kept = update(serving, platform, "v2", RetainAllVariantProperties=True)["ProductionVariants"][0]
    assert (kept["DesiredInstanceCount"], kept["DesiredWeight"]) == (3, 2)
    excluded = [{"VariantPropertyType": "DesiredWeight"}]
    partly = update(
        serving, platform, "v4", RetainAllVariantProperties=True, ExcludeRetainedVariantProperties=excluded
    )["ProductionVariants"][0]
    assert (partly["DesiredInstanceCount"], partly["DesiredWeight"]) == (3, 1)
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


def test_an_endpoint_that_is_changing_cannot_be_changed_again(serving: SageMaker, platform: MemoryPlatform) -> None:
    config = create_config(serving, register_model(serving, platform, "v2"), "config-2")
    request = {"EndpointName": "echo", "EndpointConfigName": config}
    serving.call("UpdateEndpoint", request)
    with pytest.raises(ServiceError, match="Cannot update in-progress endpoint"):
        serving.call("UpdateEndpoint", request)
    settled(serving, "echo")

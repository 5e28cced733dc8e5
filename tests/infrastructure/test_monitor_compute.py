"""Where a run of a monitor computes: several machines count before one judges, where the use case lets them."""

from pathlib import Path
from typing import Any

import pytest
from synthesized import listed, text
from watching_stack import definition, synthesized

from headrace.usecase import Compute


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return synthesized(tmp_path_factory.mktemp("several"), Compute(instances=4))


@pytest.fixture(scope="module")
def states(template: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = definition(template)["States"]
    return found


def statements(template: dict[str, Any], role: str) -> list[dict[str, Any]]:
    policies = [
        it["Properties"]["PolicyDocument"]["Statement"]
        for name, it in template["Resources"].items()
        if it["Type"] == "AWS::IAM::Policy" and name.startswith(role)
    ]
    return [statement for policy in policies for statement in policy]


def test_a_plan_of_several_machines_is_counted_before_it_is_judged(states: dict[str, Any]) -> None:
    assert states["Anything to judge?"]["Choices"][0]["Next"] == "On several machines?"
    (several,) = states["On several machines?"]["Choices"]
    assert (several["Variable"], several["BooleanEquals"]) == ("$.plan.counted", True)
    assert (several["Next"], states["On several machines?"]["Default"]) == ("First job (counting)", "First job")
    completed = [it for it in states["Ended? (counting)"]["Choices"] if it.get("StringEquals") == "Completed"]
    assert [it["Next"] for it in completed] == ["First job"]
    assert [it["Next"] for it in states["Ended?"]["Choices"] if it.get("StringEquals") == "Completed"] == ["Publish"]


def test_as_many_machines_count_as_the_plan_says_and_one_judges(states: dict[str, Any]) -> None:
    count, judge = (states[name]["Parameters"] for name in ("Create (counting)", "Create"))
    clusters = [it["ProcessingResources"]["ClusterConfig"] for it in (count, judge)]
    assert clusters[0]["InstanceCount.$"] == "$.plan.count.instances"
    assert clusters[1]["InstanceCount"] == 1
    assert count["ProcessingInputs.$"] == "$.plan.count.inputs"
    assert count["AppSpecification"]["ContainerArguments.$"] == "$.plan.count.arguments"
    assert count["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri.$"] == "$.plan.count.output"
    same = ("RoleArn", "Environment", "NetworkConfig", "StoppingCondition")
    assert {name: count[name] for name in same} == {name: judge[name] for name in same}


def test_counting_is_as_patient_and_as_loud_as_judging(states: dict[str, Any]) -> None:
    for name in ("Create", "Look"):
        assert states[f"{name} (counting)"]["Retry"] == states[name]["Retry"]
        assert states[f"{name} (counting)"]["Catch"][-1] == states[name]["Catch"][-1]
    taken = states["Create (counting)"]["Catch"][0]
    assert "SageMaker.ResourceInUseException" in taken["ErrorEquals"]
    assert taken["Next"] == "Wait (counting)"
    lost = states["Ended? (counting)"]["Choices"][2]
    assert lost["Next"] == "Second job (counting)"


def test_machines_may_leave_parts_for_one_another(template: dict[str, Any]) -> None:
    mine = statements(template, "JobRole")
    for action in ("s3:PutObject", "s3:GetObject"):
        (found,) = [it for it in mine if action in listed(it["Action"])]
        assert text(found["Resource"]).count("monitoring-parts/*") == 1


def test_a_run_may_last_as_long_as_both_of_its_jobs(template: dict[str, Any]) -> None:
    assert definition(template)["TimeoutSeconds"] == 2 * 14_400


def test_one_machine_needs_neither_the_states_nor_the_rights_of_several(tmp_path: Path) -> None:
    plain = synthesized(tmp_path, Compute())
    assert not [name for name in definition(plain)["States"] if "counting" in name]
    assert "monitoring-parts" not in text(statements(plain, "JobRole"))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return synthesized(tmp_path_factory.mktemp("small"), Compute(runs_on="volume", instances=2))


def test_a_plan_of_a_small_window_is_judged_by_a_function(small: dict[str, Any]) -> None:
    found = definition(small)["States"]
    (choice,) = found["In a function?"]["Choices"]
    assert (choice["Variable"], choice["StringEquals"]) == ("$.plan.runs_on", "lambda")
    assert found["In a function?"]["Default"] == "On several machines?"
    judge = found["Judge in a function"]
    assert (choice["Next"], judge["InputPath"], judge["Next"]) == ("Judge in a function", "$.plan", "Publish")
    assert judge["ResultPath"] is None
    assert "Parameters" not in judge


def test_a_function_without_memory_or_time_hands_over_to_a_machine(small: dict[str, Any]) -> None:
    lost, failed = definition(small)["States"]["Judge in a function"]["Catch"]
    assert set(lost["ErrorEquals"]) == {"RunLostError", "Sandbox.Timedout", "Runtime.ExitError", "Lambda.Unknown"}
    assert (lost["Next"], lost["ResultPath"]) == ("On several machines?", None)
    assert (failed["ErrorEquals"], failed["Next"]) == (["States.ALL"], "Tell of failure")


def test_the_function_has_room_and_time_and_a_role_of_its_own(small: dict[str, Any]) -> None:
    (found,) = [
        it["Properties"]
        for name, it in small["Resources"].items()
        if it["Type"] == "AWS::Lambda::Function" and name.startswith("MonitorRun")
    ]
    assert (found["Timeout"], found["MemorySize"], found["EphemeralStorage"]) == (900, 3_008, {"Size": 8_192})
    assert found["Architectures"] == ["arm64"]
    assert set(found["Environment"]["Variables"]) >= {"LAKE_BUCKET", "USECASE", "STAGE"}


def test_the_function_reads_what_jobs_read_and_writes_documents_of_monitors_only(small: dict[str, Any]) -> None:
    mine = statements(small, "MonitorRunRole")
    actions = {action for it in mine for action in listed(it["Action"])}
    assert {it for it in actions if not it.startswith(("logs:", "xray:"))} == {
        "s3:GetObject", "s3:ListBucket", "s3:PutObject", "kms:Decrypt", "kms:GenerateDataKey",
    }  # fmt: skip
    (write,) = [it for it in mine if "s3:PutObject" in listed(it["Action"])]
    assert text(write["Resource"]).count("/*") == 1
    assert "/monitoring/*" in text(write["Resource"])
    (read,) = [it for it in mine if "s3:GetObject" in listed(it["Action"])]
    folders = ("capture", "ground-truth", "models", "monitoring-plans", "monitoring")
    assert text(read["Resource"]).count("/*") == len(folders)
    assert all(f"/{it}/*" in text(read["Resource"]) for it in folders)


def test_the_machine_may_call_both_functions_and_nothing_but_them(small: dict[str, Any]) -> None:
    found = [it for it in statements(small, "MachineRole") if "lambda:InvokeFunction" in listed(it["Action"])]
    named = {name for it in found for name in small["Resources"] if f'"{name}"' in text(it["Resource"])}
    assert len(named) == 2
    assert {small["Resources"][name]["Type"] for name in named} == {"AWS::Lambda::Function"}

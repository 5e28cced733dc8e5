"""A profile's controls are in the templates, or the deployment is refused by name and fix."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from synthesized import Synthesized, joined, text

import app as composition
import usecases
from headrace.errors import UseCaseError
from headrace.usecase import Compliance
from stacks.application import Application
from stacks.profiles import hardened
from stacks.stage import STAGES, Stage

NETWORK = {"subnets": "subnet-0000001a,subnet-0000002b", "security_groups": "sg-0000003c"}
SUBNETS, GROUPS = ["subnet-0000001a", "subnet-0000002b"], ["sg-0000003c"]
HIPAA = Compliance(profiles=("hipaa",), subject="patient_id")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """Readmission in production, which all packs of cdk-nag have looked at."""
    folder = tmp_path_factory.mktemp("profile") / "assembly"
    app = Application(context={"usecase": "readmission", "stage": "prod", **NETWORK}, outdir=str(folder))
    composition.build(app)
    app.synth()
    return Synthesized(folder, app.target.prefix)


def all_of(stage: Synthesized, type_: str) -> list[dict[str, Any]]:
    return [it["Properties"] for _, _, it in stage.everything() if it["Type"] == type_]


def test_every_function_and_the_model_are_in_the_given_subnets(guarded: Synthesized) -> None:
    functions = all_of(guarded, "AWS::Lambda::Function")
    assert functions
    assert all(it["VpcConfig"] == {"SubnetIds": SUBNETS, "SecurityGroupIds": GROUPS} for it in functions)
    for model in all_of(guarded, "AWS::SageMaker::Model"):
        assert model["VpcConfig"] == {"Subnets": SUBNETS, "SecurityGroupIds": GROUPS}
        assert model["EnableNetworkIsolation"] is True


def test_no_template_opens_a_way_to_the_internet(guarded: Synthesized) -> None:
    types = {it["Type"] for _, _, it in guarded.everything()}
    assert not types & {"AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::Lambda::Url"}


def test_a_function_may_have_interfaces_in_those_subnets_only(guarded: Synthesized) -> None:
    (made,) = [
        it for it in guarded.statements("serving", "InferenceRole") if it["Action"] == "ec2:CreateNetworkInterface"
    ]
    named = {joined(it).rpartition("/")[2] for it in made["Resource"]}
    assert named == {"*", *SUBNETS, *GROUPS}
    assert sum("network-interface/*" in joined(it) for it in made["Resource"]) == 1


def test_logs_are_kept_for_six_years(guarded: Synthesized) -> None:
    assert {it["RetentionInDays"] for it in all_of(guarded, "AWS::Logs::LogGroup")} == {2_192}


def test_every_read_and_write_of_the_lake_is_recorded_signed_and_locked(guarded: Synthesized) -> None:
    (trail,) = all_of(guarded, "AWS::CloudTrail::Trail")
    (selector,) = trail["EventSelectors"]
    assert selector["DataResources"][0]["Type"] == "AWS::S3::Object"
    assert selector["IncludeManagementEvents"] is False
    assert selector.get("ReadWriteType", "All") == "All"
    assert trail["EnableLogFileValidation"] is True
    assert trail["KMSKeyId"] and trail["CloudWatchLogsLogGroupArn"]
    (bucket,) = [it for it in all_of(guarded, "AWS::S3::Bucket") if "ObjectLockConfiguration" in it]
    rule = bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert rule == {"Days": 2_192, "Mode": "GOVERNANCE"}


def test_only_this_trail_may_use_the_key_as_cloudtrail(guarded: Synthesized) -> None:
    (key,) = all_of(guarded, "AWS::KMS::Key")
    assert key["EnableKeyRotation"] is True
    (admitted,) = [it for it in key["KeyPolicy"]["Statement"] if it.get("Sid") == "Trail"]
    assert admitted["Principal"] == {"Service": "cloudtrail.amazonaws.com"}
    assert "trail/headrace-readmission-prod-data" in text(admitted["Condition"]["StringEquals"]["aws:SourceArn"])


def test_training_reaches_no_network_and_encrypts_between_containers(guarded: Synthesized) -> None:
    body = guarded.only("training", "AWS::SageMaker::Pipeline")["PipelineDefinition"]["PipelineDefinitionBody"]
    steps = {it["Name"]: it["Arguments"] for it in json.loads(joined(body))["Steps"] if it["Type"] != "Condition"}
    jobs = [it for it in steps.values() if "StoppingCondition" in it or "AppSpecification" in it]
    assert len(jobs) >= 3
    for job in jobs:
        said = job.get("NetworkConfig", job)
        assert said["EnableNetworkIsolation"] is True
        assert said["EnableInterContainerTrafficEncryption"] is True


def test_a_stage_without_a_profile_stays_as_it_is(prod: Synthesized) -> None:
    assert hardened(STAGES["prod"], Compliance()) is STAGES["prod"]
    assert "AWS::CloudTrail::Trail" not in {it["Type"] for _, _, it in prod.everything()}


def test_what_guards_real_people_only_is_left_off_where_none_come() -> None:
    dev = hardened(STAGES["dev"], HIPAA)
    assert (dev.log_retention_days, dev.isolated_jobs, dev.data_trail) == (7, True, True)
    assert hardened(STAGES["prod"], HIPAA).log_retention_days == 2_192
    assert [it.name for it in STAGES.values() if it.real_data] == ["prod"]


def test_a_stage_that_would_lose_real_data_is_refused() -> None:
    with pytest.raises(UseCaseError, match=r"stage.keep_data.*hipaa.*set keep_data=True"):
        hardened(Stage(name="pilot", keep_data=False), HIPAA)


@pytest.mark.parametrize(
    ("profile", "context", "named"),
    [
        ("pci", {}, r"subnets.*pci.*--context subnets="),
        ("gdpr", {"region": "us-east-1"}, r"region.*'us-east-1'.*gdpr.*eu-central-1"),
        ("gdpr", {"region": "eu-west-2"}, r"region.*'eu-west-2'.*gdpr"),
    ],
)
def test_a_place_that_contradicts_a_profile_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, profile: str, context: dict[str, str], named: str
) -> None:
    usecase = replace(usecases.load("fraud"), compliance=Compliance(profiles=(profile,), subject="customer_id"))
    monkeypatch.setattr(usecases, "load", lambda _: usecase)
    with pytest.raises(UseCaseError, match=named):
        Application(context={"usecase": "fraud", "stage": "prod", **context}, outdir=str(tmp_path))

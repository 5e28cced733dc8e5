"""The engine ``model_monitor``: SageMaker's own definitions and schedules of all four kinds, with the same outcome."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

import usecases
from headrace.monitoring import schedule_name
from headrace.usecase import Facet, Monitor
from lambdas.monitoring.settings import Settings
from stacks.application import Application
from stacks.components.function import Function
from stacks.components.job_code import JobCode
from stacks.components.monitor_role import MonitorJobRole
from stacks.components.native_monitors import NOUNS, NativeMonitors
from stacks.lake import LakeStack
from stacks.stack import HeadraceStack

KINDS = ("data_quality", "model_quality", "bias", "attribution")
ENDPOINT = "headrace-fraud-dev"


class NativeStack(HeadraceStack):
    noun = "native"

    def __init__(self, app: Application, target: Any) -> None:
        super().__init__(app, target=target, description="Native monitors")
        lake = LakeStack(app, target=target).lake
        code = JobCode(self, "Code", usecase=target.usecase)
        settings = Settings(
            usecase="fraud", stage="dev", lake_bucket="b", endpoint_name="e", variant="v", packages="s3://b/p.zip"
        )
        function = Function(
            self, "Monitoring", folder="monitoring", target=target, key=lake.key, timeout_s=60, settings=settings,
            description="Monitoring",
        )  # fmt: skip
        role = MonitorJobRole(self, "JobRole", bucket=lake.bucket, code=code)
        NativeMonitors(self, "Native", target=target, bucket=lake.bucket, role=role, function=function)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("native")
    app = Application(context={"usecase": "fraud", "stage": "dev"}, outdir=str(folder))
    fraud = usecases.load("fraud")
    model = replace(fraud.model, facets=(Facet(field="amount", below=2.0),))
    watched = replace(fraud, model=model, monitor=Monitor(kinds=KINDS, engine="model_monitor"))
    NativeStack(app, replace(app.target, usecase=watched))
    app.synth()
    path = Path(folder) / "headrace-fraud-dev-native.template.json"
    assert lint(path.read_text(), config=ManualArgs(regions=["eu-west-1"])) == []
    yield json.loads(path.read_text())


def resources(template: dict[str, Any], type_: str) -> list[dict[str, Any]]:
    return [it for it in template["Resources"].values() if it["Type"] == type_]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_definition_whose_documents_go_where_our_own_do(template: dict[str, Any], kind: Any) -> None:
    noun = NOUNS[kind]
    (definition,) = resources(template, f"AWS::SageMaker::{noun}JobDefinition")
    found = definition["Properties"]
    (output,) = found[f"{noun}JobOutputConfig"]["MonitoringOutputs"]
    # SageMaker adds endpoint, schedule and hour by itself: headrace.monitoring.Outputs reads the same keys.
    assert json.dumps(output["S3Output"]["S3Uri"]).endswith('"/monitoring"]]}')
    assert found[f"{noun}JobOutputConfig"]["KmsKeyId"]
    assert found[f"{noun}JobInput"]["EndpointInput"]["EndpointName"] == ENDPOINT
    assert found["JobResources"]["ClusterConfig"]["VolumeKmsKeyId"]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_held_against_what_came_with_the_deployed_package(template: dict[str, Any], kind: Any) -> None:
    noun = NOUNS[kind]
    (definition,) = resources(template, f"AWS::SageMaker::{noun}JobDefinition")
    places = json.dumps(definition["Properties"][f"{noun}BaselineConfig"]["ConstraintsResource"]["S3Uri"])
    name = {
        "data_quality": "constraints.json",
        "model_quality": "model_quality_constraints.json",
        "bias": "bias_constraints.json",
        "attribution": "explainability_constraints.json",
    }[kind]
    assert places.endswith(f'"/monitoring-baselines/{ENDPOINT}/{name}"]]}}')


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_schedule_with_the_name_of_our_own(template: dict[str, Any], kind: Any) -> None:
    found = {
        it["Properties"]["MonitoringScheduleName"]: it["Properties"]["MonitoringScheduleConfig"]
        for it in resources(template, "AWS::SageMaker::MonitoringSchedule")
    }
    config = found[schedule_name(ENDPOINT, kind)]
    assert config["MonitoringType"] == NOUNS[kind]
    assert config["ScheduleConfig"] == {"ScheduleExpression": "cron(0 0 ? * * *)"}


def test_nothing_is_scheduled_before_there_is_an_endpoint(template: dict[str, Any]) -> None:
    native = [
        it for it in template["Resources"].values() if it["Type"].endswith(("JobDefinition", "MonitoringSchedule"))
    ]
    assert len(native) == 2 * len(KINDS)
    assert {it["Condition"] for it in native} == {"Watches"}
    assert template["Parameters"]["EndpointDeployed"]["Default"] == "false"


def test_kinds_that_need_the_truth_look_back_by_the_labels_delay(template: dict[str, Any]) -> None:
    for noun in ("ModelQuality", "ModelBias"):
        (definition,) = resources(template, f"AWS::SageMaker::{noun}JobDefinition")
        given = definition["Properties"][f"{noun}JobInput"]
        assert (given["EndpointInput"]["StartTimeOffset"], given["EndpointInput"]["EndTimeOffset"]) == (
            "-PT192H",
            "-PT168H",
        )
        assert "ground-truth" in json.dumps(given["GroundTruthS3Input"])


def test_the_function_hears_of_violations_and_of_models_that_go_into_service(template: dict[str, Any]) -> None:
    patterns = [it["Properties"]["EventPattern"] for it in resources(template, "AWS::Events::Rule")]
    by_source = {it["source"][0]: it for it in patterns}
    assert by_source["aws.s3"]["detail"]["object"]["key"] == [{"wildcard": f"monitoring/{ENDPOINT}/*_violations.json"}]
    assert by_source["aws.sagemaker"]["detail"] == {"EndpointName": [ENDPOINT], "EndpointStatus": ["IN_SERVICE"]}

"""A stack that holds nothing but the machine of a use case's monitors, for compute that fraud does not ask for."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template
from synthesized import joined

import usecases
from headrace.usecase import Compute, Monitor
from lambdas.monitoring.settings import Settings
from stacks.application import Application
from stacks.components.function import Function
from stacks.components.job_code import JobCode
from stacks.components.monitor_function import MonitorFunction
from stacks.components.monitor_machine import MonitorMachine
from stacks.components.monitor_role import MonitorJobRole
from stacks.components.monitor_states import MonitorStates
from stacks.lake import LakeStack
from stacks.stack import HeadraceStack
from stacks.target import Target

_FRAUD = usecases.load("fraud")


class Watching(HeadraceStack):
    noun = "watching"

    def __init__(self, app: Application, target: Target) -> None:
        super().__init__(app, target=target, description="The machine of monitors")
        lake = LakeStack(app, target=target).lake
        code = JobCode(self, "Code", usecase=target.usecase)
        settings = Settings(
            usecase="fraud", stage=target.stage.name, lake_bucket="lake", endpoint_name=target.endpoint_name,
            variant="AllTraffic", packages=code.locations.headrace,
        )  # fmt: skip
        function = Function(
            self, "Monitoring", folder="monitoring", target=target, key=lake.key, timeout_s=60, settings=settings,
            description="Monitoring",
        )  # fmt: skip
        runner = None
        if target.usecase.monitor.compute.runs_on != "processing":
            runner = MonitorFunction(self, "MonitorRun", target=target, bucket=lake.bucket, key=lake.key)
        parted = target.usecase.monitor.compute.instances > 1
        states = MonitorStates(
            self,
            "States",
            target=target,
            function=function,
            job_role=MonitorJobRole(self, "JobRole", bucket=lake.bucket, code=code, parted=parted),
            topic=sns.Topic.from_topic_arn(self, "Topic", "arn:aws:sns:eu-west-1:123456789012:headrace"),
            key=lake.key,
            image="image",
            code=code.locations,
            runner=runner,
        )
        functions = [function, *([runner] if runner else [])]
        MonitorMachine(self, "Machine", target=target, states=states, functions=functions, key=lake.key)


def synthesized(folder: Path, compute: Compute, stage: str = "dev") -> dict[str, Any]:
    """The template of a machine; a finding of cdk-nag without a reason raises."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(usecases, "load", lambda _: replace(_FRAUD, monitor=Monitor(compute=compute)))
        app = Application(context={"usecase": "fraud", "stage": stage}, outdir=str(folder))
    stack = Watching(app, app.target)
    app.synth()
    found: dict[str, Any] = Template.from_stack(stack).to_json()
    return found


def definition(template: dict[str, Any]) -> dict[str, Any]:
    """The machine's definition."""
    (machine,) = [it for it in template["Resources"].values() if it["Type"] == "AWS::StepFunctions::StateMachine"]
    found: dict[str, Any] = json.loads(joined(machine["Properties"]["DefinitionString"]))
    return found

"""Templates of one endpoint of each kind: lake, endpoint, the model's role and, of batch, what runs it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk.assertions import Template

import usecases
from headrace.usecase import Serving, UseCase
from stacks.application import Application
from stacks.components.endpoint_batch import BatchScoring
from stacks.components.endpoint_trial_machine import TrialMachine
from stacks.components.model_role import ModelRole
from stacks.endpoint import EndpointStack
from stacks.lake import LakeStack
from stacks.stack import HeadraceStack

NETWORK = {"subnets": "subnet-0000001a,subnet-0000002b", "security_groups": "sg-0000003c"}
_FRAUD = usecases.load("fraud")


class Scoring(HeadraceStack):
    """What ``serving`` holds of an endpoint."""

    noun = "scoring"


def use_case(serving: Serving) -> UseCase:
    """Fraud, served in that way."""
    return replace(_FRAUD, serving=serving, alerts=None)


def application(folder: Path, serving: Serving, stage: str = "prod", **context: str) -> Application:
    """The app of one kind, without stacks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(usecases, "load", lambda _: use_case(serving))
        return Application(context={"usecase": "fraud", "stage": stage, **context}, outdir=str(folder))


def synthesized(folder: Path, serving: Serving, stage: str = "prod", **context: str) -> dict[str, dict[str, Any]]:
    """Bodies of the templates by noun; a finding of cdk-nag without a reason raises."""
    app = application(folder, serving, stage, **context)
    lake = LakeStack(app, target=app.target).lake
    scoring = Scoring(app, target=app.target, description="Scoring")
    role = ModelRole(scoring, "ModelRole", target=app.target, bucket=lake.bucket)
    endpoint = EndpointStack(app, target=app.target, lake=lake, execution_role_arn=role.role_arn)
    if serving.kind == "batch":
        BatchScoring(scoring, "Batch", target=app.target, bucket=lake.bucket)
    if serving.trial:
        TrialMachine(
            scoring, "Trial", target=app.target, trial=serving.trial, model_role_arn=role.role_arn, key=lake.key
        )
    app.synth()
    stacks: dict[str, Stack] = {"endpoint": endpoint, "scoring": scoring}
    return {noun: Template.from_stack(stack).to_json() for noun, stack in stacks.items()}


def all_of(body: Mapping[str, Any], type_: str) -> list[dict[str, Any]]:
    """Properties of every resource of a type."""
    return [it["Properties"] for it in body["Resources"].values() if it["Type"] == type_]


def only(body: Mapping[str, Any], type_: str) -> dict[str, Any]:
    """Properties of the one resource of a type."""
    (found,) = all_of(body, type_)
    return found

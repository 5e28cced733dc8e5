"""A deployed stage with packages that can be tried: a lake in memory, and services that check what they are asked."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.validate import validate_parameters

from cli.deployment import Deployment
from headrace.ground_truth import truth_line
from headrace.schema import LabelRecord
from headrace.usecase import UseCase

GROUP, ENDPOINT = "headrace-fraud-local", "headrace-fraud-local"
MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:trial"
ARTIFACTS = {
    f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/{GROUP}/{it}": f"s3://lake/models/{it}/model.tar.gz"
    for it in (8, 7)
}
"""By package, the newest first."""
NOW = int(datetime.now(UTC).timestamp())
HOUR = datetime.fromtimestamp(NOW, UTC).strftime("%Y/%m/%d/%H")
_SESSION = botocore.session.Session()


class Service:
    """One AWS service: each call is checked against botocore's model of it, then answered by a plain function."""

    def __init__(self, name: str, **answers: Callable[[Mapping[str, Any]], Any]) -> None:
        model = _SESSION.get_service_model(name)
        self._shapes = {xform_name(it): model.operation_model(it).input_shape for it in model.operation_names}
        self._answers = answers

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            validate_parameters(request, self._shapes[operation])
            return self._answers[operation](request)

        return call

    def get_paginator(self, operation: str) -> Any:
        """A paginator of one page."""
        return Pages(getattr(self, operation))


class Pages:
    """One page."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def paginate(self, **request: Any) -> Iterator[Any]:
        """It."""
        yield self._call(**request)


class Stage:
    """``deployment`` is what the command gets; ``started`` what the trial's machine was asked for, oldest first."""

    def __init__(self, deployment: Deployment, usecase: UseCase) -> None:
        serving = {"EndpointName": ENDPOINT, "TrialStateMachineArn": MACHINE}
        named = {"serving": serving, "training": {"ModelPackageGroupName": GROUP}}
        outputs = {f"headrace-fraud-local-{noun}": it for noun, it in named.items()}
        self.deployment = replace(deployment, usecase=usecase, outputs={**deployment.outputs, **outputs})
        self.packages, self.artifact, self.status = list(ARTIFACTS), "", "SUCCEEDED"
        self.started: list[dict[str, str]] = []
        self.deployment.__dict__.update(  # where ``cached_property`` keeps them
            cloudformation=Service("cloudformation", describe_stacks=self._stacks),
            sagemaker=Service("sagemaker", list_model_packages=self._listed, describe_model_package=self._described),
            stepfunctions=Service(
                "stepfunctions",
                start_execution=self._start,
                list_executions=self._executions,
                describe_execution=self._execution,
            ),
        )

    def answer(self, variant: str, outcomes: list[tuple[str, str, int]], score: float = 0.5) -> None:
        """Captured answers of a variant as (id, decision, label), in one hour; all labels are there."""
        captured = [_captured(name, decision, score) for name, decision, _ in outcomes]
        told = [truth_line(name, _label(name, label)) for name, _, label in outcomes]
        self.put(f"capture/{ENDPOINT}/{variant}/{HOUR}/a.jsonl", captured)
        self.put(f"ground-truth/{HOUR}/{variant}.jsonl", told)

    def put(self, key: str, lines: list[Any]) -> None:
        """An object of JSON lines."""
        body = "\n".join(json.dumps(it) for it in lines).encode()
        self.deployment.s3.put_object(Bucket="lake", Key=key, Body=body)

    def _stacks(self, request: Mapping[str, Any]) -> Any:
        assert request["StackName"] == "headrace-fraud-local-endpoint"
        parameters = {"ModelPackageArn": "", "ChallengerModelData": self.artifact}
        told = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        return {"Stacks": [{"StackStatus": "UPDATE_COMPLETE", "Parameters": told}]}

    def _listed(self, request: Mapping[str, Any]) -> Any:
        assert (request["ModelPackageGroupName"], request["SortOrder"]) == (GROUP, "Descending")
        return {"ModelPackageSummaryList": [{"ModelPackageArn": it} for it in self.packages]}

    def _described(self, request: Mapping[str, Any]) -> Any:
        artifact = ARTIFACTS[request["ModelPackageName"]]
        return {"InferenceSpecification": {"Containers": [{"Image": "x", "ModelDataUrl": artifact}]}}

    def _start(self, request: Mapping[str, Any]) -> Any:
        assert request["stateMachineArn"] == MACHINE
        self.started.append(json.loads(request["input"]))
        return {"executionArn": self._name(len(self.started) - 1)}

    def _executions(self, _request: Mapping[str, Any]) -> Any:
        return {"executions": [{"executionArn": self._name(it)} for it in reversed(range(len(self.started)))]}

    def _execution(self, request: Mapping[str, Any]) -> Any:
        given = self.started[int(request["executionArn"].rpartition("-")[2])]
        begun = datetime.fromtimestamp(NOW, UTC)
        return {"input": json.dumps(given), "status": self.status, "startDate": begun, **request}

    @staticmethod
    def _name(place: int) -> str:
        return f"{MACHINE.replace('stateMachine', 'execution')}:run-{place}"


def _captured(name: str, decision: str, score: float) -> dict[str, Any]:
    prediction = {"predictions": [{"score": score, "decision": decision}], "model_version": "v"}
    sides = {"endpointInput": {"instances": [{"amount": 1}]}, "endpointOutput": prediction}
    return {
        "captureData": {side: {"data": json.dumps(it), "encoding": "JSON"} for side, it in sides.items()},
        "eventMetadata": {"eventId": "x", "inferenceId": name, "inferenceTime": "2100-01-01T00:00:00Z"},
    }


def _label(name: str, value: int) -> LabelRecord:
    return LabelRecord(event_id=name, keys={}, timestamp=NOW, value=value, labelled_at=NOW)

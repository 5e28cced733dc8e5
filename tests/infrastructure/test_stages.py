"""``local`` is production on one machine: every property in which they differ is listed here with a reason."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from synthesized import Synthesized, joined

DATA_ENDS = "what one machine emulates ends with its process, so nothing is kept beyond its stack"
NAME = "the stage's own name"
WAIT = "nobody waits a minute for a training run of seconds"
CALENDAR = "weeks pass in minutes here, and the stories are about what else starts a training"
APPROVAL = "nobody waits two minutes for an approval that met a running update; the attempts still add up to two hours"

REASONS = {
    ("AWS::KMS::Key", "DeletionPolicy"): DATA_ENDS,
    ("AWS::KMS::Key", "UpdateReplacePolicy"): DATA_ENDS,
    ("AWS::S3::Bucket", "DeletionPolicy"): DATA_ENDS,
    ("AWS::S3::Bucket", "UpdateReplacePolicy"): DATA_ENDS,
    ("AWS::Glue::Database", "DeletionPolicy"): DATA_ENDS,
    ("AWS::Glue::Database", "UpdateReplacePolicy"): DATA_ENDS,
    ("AWS::DynamoDB::Table", "DeletionPolicy"): DATA_ENDS,
    ("AWS::DynamoDB::Table", "UpdateReplacePolicy"): DATA_ENDS,
    ("AWS::DynamoDB::Table", "DeletionProtectionEnabled"): DATA_ENDS,
    ("AWS::StepFunctions::StateMachine", "DefinitionString"): WAIT,
    ("AWS::SQS::QueuePolicy", "PolicyDocument.Statement"): "the id of CDK's statement repeats the stack's name",
    ("AWS::Events::Rule", "State"): CALENDAR,
    ("AWS::SQS::Queue", "VisibilityTimeout"): APPROVAL,
    ("AWS::SQS::Queue", "RedrivePolicy.maxReceiveCount"): APPROVAL,
    ("AWS::Lambda::Function", "Timeout"): "of deployment: a message must stay hidden while its function runs",
    ("AWS::CloudWatch::Alarm", "Threshold"): "of deployment's duration: a share of its timeout",
}


def test_local_differs_from_production_only_where_it_says_why(prod: Synthesized, local: Synthesized) -> None:
    assert set(_differences(prod, local)) == REASONS.keys()


def test_local_runs_the_same_functions_and_the_same_jobs(prod: Synthesized, local: Synthesized) -> None:
    """Equal assets: the bytes that are tried on one machine are the bytes that go to production."""
    bundles = [{path.name for path in stage.folder.glob("asset.*")} for stage in (prod, local)]
    assert bundles[0] == bundles[1]


def test_each_reason_is_one() -> None:
    assert all(len(reason.split()) >= 6 for reason in REASONS.values())


def test_models_train_on_spot_capacity_where_nobody_waits_for_them(synth: Callable[[str], Synthesized]) -> None:
    spot = {}
    for name in ("dev", "staging", "prod", "local"):
        body = synth(name).only("training", "AWS::SageMaker::Pipeline")["PipelineDefinition"]["PipelineDefinitionBody"]
        steps = {step["Name"]: step["Arguments"] for step in json.loads(joined(body))["Steps"]}
        spot[name] = steps["Train"].get("EnableManagedSpotTraining", False)
    assert spot == {"dev": True, "staging": True, "prod": False, "local": False}


def _differences(one: Synthesized, other: Synthesized) -> Iterator[tuple[str, str]]:
    for noun, body in one.bodies.items():
        left, right = _renamed(body, "prod"), _renamed(other.bodies[noun], "local")
        assert left["Resources"].keys() == right["Resources"].keys()
        assert {key: left[key] for key in left if key != "Resources"} == {
            key: right[key] for key in right if key != "Resources"
        }
        for logical_id, resource in left["Resources"].items():
            for path in _paths(resource, right["Resources"][logical_id]):
                yield resource["Type"], path.removeprefix("Properties.")


def _paths(left: Any, right: Any, path: str = "") -> Iterator[str]:
    if isinstance(left, dict) and isinstance(right, dict) and "Fn::Join" not in left:
        for key in left.keys() | right.keys():
            yield from _paths(left.get(key), right.get(key), f"{path}.{key}".strip("."))
    elif left != right:
        yield path


def _renamed(value: Any, stage: str) -> Any:
    """The same with the stage's name taken out, wherever it is part of a name or stands alone."""
    if isinstance(value, dict):
        return {_renamed(key, stage): _renamed(member, stage) for key, member in value.items()}
    if isinstance(value, list):
        return [_renamed(member, stage) for member in value]
    if isinstance(value, str):
        if value == stage:
            return "STAGE"
        for separator in "-_":
            value = value.replace(f"fraud{separator}{stage}", f"fraud{separator}STAGE")
        for quote in ('"', '\\"'):  # a value in JSON within the template, or in JSON within that
            value = value.replace(f"{quote}{stage}{quote}", f"{quote}STAGE{quote}")
    return value

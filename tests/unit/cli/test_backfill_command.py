"""``headrace backfill``: from files to a deployed platform, and what it says when that cannot be."""

import json
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

import cli.backfill.command
import simulators
import usecases
from cli.backfill.history import History
from cli.backfill.writing import Backfill
from cli.deployment import Deployment, DeploymentError, deployed
from cli.main import app
from headrace.errors import UseCaseError

FRAUD = usecases.load("fraud")
START = 1_767_225_600
DAY_S = 86_400
DONE = Backfill(events=1, labels=1, states=2, snapshots=0, training_rows=1, training_prefix="s3://lake/training/x")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "events.csv"
    simulators.load("fraud")(start=START, days=12, per_day=20, seed=2).to_csv(path, index=False)
    return path


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[History]:
    """The histories that reached a deployment of which nothing is real."""
    found: list[History] = []

    def deployment(usecase: Any, stage: str, region: str | None) -> Deployment:
        return Deployment(usecase, stage, {}, boto3.Session(region_name=region or "eu-west-1"))

    def take(_deployment: Deployment, history: History, _out: Path, _report: Any, **_options: Any) -> Backfill:
        found.append(history)
        return DONE

    monkeypatch.setattr(cli.backfill.command, "deployed", deployment)
    monkeypatch.setattr(cli.backfill.command, "backfill", take)
    return found


def run(file: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["backfill", str(file), "--stage", "dev", "--map", "label=fraud", *options])


def test_history_ends_after_the_last_event_or_where_it_is_told_to(file: Path, given: list[History]) -> None:
    everything = pd.read_csv(file)
    assert run(file).exit_code == 0
    assert run(file, "--until", "2026-01-10").exit_code == 0
    whole, part = given
    assert whole.at == everything["timestamp"].max() + 1
    assert len(whole.events) == len(everything)
    assert part.at == START + 9 * DAY_S
    assert part.events["timestamp"].max() < part.at
    assert "fraud" not in part.events


def test_only_labels_that_were_given_by_then_are_known(file: Path, given: list[History], tmp_path: Path) -> None:
    assert run(file, "--until", "2026-01-10").exit_code == 0
    assert given[0].labels["labelled_at"].max() < START + 9 * DAY_S
    assert (given[0].labels["labelled_at"] - given[0].labels["timestamp"]).unique().tolist() == [7 * DAY_S]
    events = pd.read_csv(file).iloc[:3]
    late = events[["event_id", "fraud"]].assign(labelled_at=[START + DAY_S, START + 8 * DAY_S, START + 30 * DAY_S])
    late.to_csv(tmp_path / "labels.csv", index=False)
    assert run(file, "--until", "2026-01-10", "--labels", str(tmp_path / "labels.csv")).exit_code == 0
    assert given[1].labels["event_id"].tolist() == events["event_id"].tolist()[:2]


def test_what_was_written_is_told_in_numbers(file: Path, given: list[History]) -> None:
    result = run(file, "--json")
    summary = json.loads(result.stdout)
    assert summary["training_prefix"] == "s3://lake/training/x"
    assert summary["backfill"] == given[0].digest
    assert summary["stage"] == "dev"


def test_without_labels_it_says_that_there_will_be_no_training_set(file: Path, given: list[History]) -> None:
    result = run(file, "--until", "2026-01-05")
    assert result.exit_code == 0
    assert "no label is known by 2026-01-05 00:00:00 UTC: there will be no training set" in result.stderr
    assert given[0].labels.empty


def test_what_aws_answers_is_one_line_that_says_how_to_go_on(
    file: Path, given: list[History], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert given == []

    def refuse(*_: Any, **__: Any) -> Backfill:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not you"}}, "PutItem")

    monkeypatch.setattr(cli.backfill.command, "backfill", refuse)
    result = run(file)
    assert result.exit_code == 1
    assert "AccessDeniedException" in result.stderr
    assert "run the same command again to go on where it stopped" in result.stderr
    assert "Traceback" not in result.output


def test_nothing_before_the_end_of_history_is_wrong_input(file: Path, given: list[History]) -> None:
    result = run(file, "--until", "2025-01-01")
    assert result.exit_code == 2
    assert "--until: no event lies before it; the first one is of 2026-01-01" in result.stderr
    assert given == []


class CloudFormation:
    """Answers with the stacks of an account."""

    def __init__(self, names: list[str]) -> None:
        self.names = names

    def get_paginator(self, operation: str) -> "CloudFormation":
        assert operation == "describe_stacks"
        return self

    def paginate(self) -> list[dict[str, Any]]:
        outputs = [{"OutputKey": "BucketName", "OutputValue": "lake-bucket"}]
        return [{"Stacks": [{"StackName": name, "Outputs": outputs}]} for name in self.names]


def test_a_deployment_is_found_by_the_names_of_its_stacks(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["headrace-fraud-dev-lake", "headrace-fraud-prod-lake", "headrace-fraud_two-dev-lake", "other"]
    monkeypatch.setattr(Deployment, "cloudformation", CloudFormation(names))
    found = deployed(FRAUD, "dev", "eu-west-1")
    assert found.outputs == {"headrace-fraud-dev-lake": {"BucketName": "lake-bucket"}}
    assert found.bucket == "lake-bucket"
    with pytest.raises(DeploymentError, match=r"no stack headrace-fraud-staging-\* in eu-west-1; deploy it"):
        deployed(FRAUD, "staging", "eu-west-1")
    with pytest.raises(UseCaseError, match="there is no stage 'test'"):
        deployed(FRAUD, "test", "eu-west-1")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(DeploymentError, match="no region: give --region"):
        deployed(FRAUD, "dev", None)

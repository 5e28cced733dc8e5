"""``headrace trial`` where the challenger is in the shadow: a comparison by pairs as JSON and as a page."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from trial_world import ARTIFACTS, Service, Stage
from typer.testing import CliRunner, Result

import usecases
from cli import deployment as deployments
from cli.deployment import Deployment
from cli.main import app
from headrace.trial import CHALLENGER, CHAMPION
from headrace.usecase import Serving, Trial

FRAUD = usecases.load("fraud")
SHADOWED = replace(FRAUD, serving=Serving(trial=Trial(steps=(), shadow=50, scale=5.0)), alerts=None)
PACKAGE = next(iter(ARTIFACTS))


def metrics(request: Mapping[str, Any]) -> dict[str, Any]:
    """CloudWatch with a day of latencies of one variant; the other has none yet."""
    named = {it["Name"]: it["Value"] for it in request["Dimensions"]}
    assert (request["MetricName"], request["Period"] % 60) == ("ModelLatency", 0)
    if named["VariantName"] == CHALLENGER:
        return {"Datapoints": []}
    return {"Datapoints": [{"Timestamp": datetime.now(UTC), "ExtendedStatistics": {"p50": 4_000.0, "p99": 9_500.0}}]}


def refused(_request: Mapping[str, Any]) -> None:
    raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetMetricStatistics")


@pytest.fixture
def stage(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Stage:
    made = Stage(deployment, SHADOWED)
    made.started.append({"ModelPackageArn": PACKAGE})
    made.artifact = ARTIFACTS[PACKAGE]
    monkeypatch.setattr(deployments, "deployed", lambda *_: made.deployment)
    watch(made, monkeypatch, metrics)
    return made


def watch(stage: Stage, monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    session = stage.deployment.session
    known = type(session).client
    cloudwatch = Service("cloudwatch", get_metric_statistics=answer)
    monkeypatch.setattr(
        session,
        "client",
        lambda name, **given: cloudwatch if name == "cloudwatch" else known(session, name, **given),
    )


def run(out: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["trial", "--stage", "local", "--out", str(out), *options])


def answers(stage: Stage, decision: str, count: int = 600) -> None:
    """The champion misses every tenth of as many requests as there are; the challenger decides those so."""
    labels = [(f"e{it}", int(it % 10 == 0)) for it in range(count)]
    stage.answer(CHAMPION, [(name, "APPROVE", label) for name, label in labels], 0.2)
    stage.answer(CHALLENGER, [(name, decision if label else "APPROVE", label) for name, label in labels], 0.3)


def test_pairs_flips_distances_latency_and_money_are_told(stage: Stage, tmp_path: Path) -> None:
    answers(stage, "BLOCK")
    result = run(tmp_path, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["shadow"], found["package"], found["pairs"], found["agreement"]) == (50, PACKAGE, 600, 0.9)
    assert found["flips"] == [
        {"champion": "APPROVE", "challenger": "BLOCK", "requests": 60, "labelled": 60, "positives": 60}
    ]
    assert found["score_difference"]["mean"] == pytest.approx(0.1)
    assert sum(found["histogram"]) == 600
    assert found["latency_ms"] == {CHAMPION: {"p50": 4.0, "p99": 9.5}, CHALLENGER: {"p50": None, "p99": None}}
    assert found["saved_per_answer"] == pytest.approx(FRAUD.label.missed_cost / 10)
    assert (found["verdict"], found["variants"][CHALLENGER]["caught"]) == ("promote", 60)
    assert json.loads((tmp_path / "comparison.json").read_text()) == found


def test_the_page_says_it_to_people_and_loads_nothing(stage: Stage, tmp_path: Path) -> None:
    answers(stage, "BLOCK")
    result = run(tmp_path)
    assert result.exit_code == 0, result.output
    assert "decided alike: 90.00%" in result.output
    page = (tmp_path / "comparison.html").read_text()
    assert "promote it" in page
    assert "<svg" in page
    assert "://" not in page
    assert f"{PACKAGE} got copies of 50 %" in page


def test_models_that_decide_alike_cost_alike(stage: Stage, tmp_path: Path) -> None:
    answers(stage, "APPROVE")
    found = json.loads(run(tmp_path, "--json").stdout)
    assert (found["agreement"], found["flips"], found["saved_per_answer"]) == (1.0, [], 0.0)
    assert found["verdict"] == "continue"


def test_before_the_first_copy_there_is_nothing_to_compare(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch(stage, monkeypatch, refused)
    result = run(tmp_path, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["pairs"], found["agreement"], found["score_difference"], found["verdict"]) == (
        0,
        None,
        None,
        "continue",
    )
    assert found["latency_ms"][CHAMPION] == {"p50": None, "p99": None}
    assert "No request was answered by both yet" in (tmp_path / "comparison.html").read_text()
    assert run(tmp_path).exit_code == 0


def test_it_is_ended_as_any_trial(stage: Stage, tmp_path: Path) -> None:
    assert run(tmp_path, "--promote").exit_code == 0
    assert stage.started[-1] == {"ModelPackageArn": PACKAGE, "Verdict": "promote"}

"""``headrace trial``: how a challenger stands by captures and labels, its begin and its end, on AWS in memory."""

import json
from dataclasses import replace

import pytest
from trial_world import ARTIFACTS, ENDPOINT, HOUR, Stage
from typer.testing import CliRunner, Result

import usecases
from cli import deployment as deployments
from cli.deployment import Deployment
from cli.main import app
from headrace.trial import CHALLENGER, CHAMPION
from headrace.usecase import Serving, Trial

FRAUD = usecases.load("fraud")
TRIED = replace(FRAUD, serving=Serving(trial=Trial(steps=(10,), scale=5.0)), alerts=None)
PACKAGE = next(iter(ARTIFACTS))


@pytest.fixture
def stage(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Stage:
    made = Stage(deployment, TRIED)
    monkeypatch.setattr(deployments, "deployed", lambda *_: made.deployment)
    return made


def run(*options: str) -> Result:
    return CliRunner().invoke(app, ["trial", "--stage", "local", *options])


def on_trial(stage: Stage) -> None:
    assert run("--start", PACKAGE).exit_code == 0
    stage.artifact = ARTIFACTS[PACKAGE]


def outcomes(prefix: str, caught: int, missed: int, clean: int) -> list[tuple[str, str, int]]:
    kinds = ([("BLOCK", 1)] * caught, [("APPROVE", 1)] * missed, [("APPROVE", 0)] * clean)
    return [(f"{prefix}{place}", *it) for place, it in enumerate(one for kind in kinds for one in kind)]


@pytest.mark.parametrize(
    ("champion", "challenger", "verdict"),
    [
        ((0, 100, 300), (100, 0, 300), "promote"),
        ((100, 0, 300), (0, 100, 300), "reject"),
        ((9, 9, 9), (9, 9, 9), "continue"),
    ],
)
def test_the_verdict_follows_from_captures_and_labels(
    stage: Stage, champion: tuple[int, int, int], challenger: tuple[int, int, int], verdict: str
) -> None:
    on_trial(stage)
    stage.answer(CHAMPION, outcomes("a", *champion))
    stage.answer(CHALLENGER, outcomes("b", *challenger))
    result = run("--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["verdict"], found["package"], found["running"]) == (verdict, PACKAGE, None)
    figures = found["variants"][CHALLENGER]
    assert (figures["answers"], figures["labelled"]) == (sum(challenger), sum(challenger))
    assert figures["alarm_rate"] == pytest.approx(challenger[0] / sum(challenger))
    assert figures["cost_per_answer"] == pytest.approx(FRAUD.label.missed_cost * challenger[1] / sum(challenger))
    assert (found["p_value"] <= found["alpha"]) is (verdict != "continue")
    assert (found["interval"] == [None, None]) is (verdict == "continue")
    assert verdict in run().output


def test_what_was_answered_before_does_not_count(stage: Stage) -> None:
    on_trial(stage)
    stage.answer(CHALLENGER, outcomes("b", 1, 1, 1))
    found = json.loads(run("--json", "--since", "2100-01-02").stdout)
    assert found["variants"][CHALLENGER]["answers"] == 0
    assert found["variants"][CHALLENGER]["alarm_rate"] is None


def test_lines_of_another_shape_are_no_answers(stage: Stage) -> None:
    on_trial(stage)
    stage.answer(CHAMPION, outcomes("a", 1, 0, 0))
    stage.put(f"capture/{ENDPOINT}/{CHALLENGER}/{HOUR}/b.jsonl", ["x", {"captureData": {}}, [1]])
    found = json.loads(run("--json").stdout)
    assert [it["answers"] for it in found["variants"].values()] == [1, 0]


@pytest.mark.parametrize("verdict", ["promote", "reject"])
def test_a_person_ends_it_by_the_trials_own_machine(stage: Stage, verdict: str) -> None:
    on_trial(stage)
    result = run(f"--{verdict}", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["action"] == verdict
    assert stage.started[-1] == {"ModelPackageArn": PACKAGE, "Verdict": verdict}


def test_only_one_is_on_trial_at_a_time(stage: Stage) -> None:
    on_trial(stage)
    result = run("--start", stage.packages[1])
    assert result.exit_code == 1
    assert "is on trial" in result.output
    assert len(stage.started) == 1


def test_where_nothing_is_on_trial_nothing_can_be_ended(stage: Stage) -> None:
    for option in ("--json", "--promote", "--reject"):
        result = run(option)
        assert result.exit_code == 1
        assert "nothing is on trial" in result.output
    assert stage.started == []


def test_an_artifact_that_no_package_holds_is_nobodys(stage: Stage) -> None:
    stage.artifact = "s3://lake/models/9/model.tar.gz"
    assert "no package of the group holds" in run().output.replace("\n", " ")


def test_steps_that_still_run_decide_by_themselves(stage: Stage) -> None:
    on_trial(stage)
    stage.status = "RUNNING"
    result = run("--promote")
    assert result.exit_code == 1
    assert "still run" in result.output


def test_two_actions_at_once_are_refused() -> None:
    assert run("--promote", "--reject").exit_code == 2


def test_a_use_case_without_trials_says_what_to_set(stage: Stage) -> None:
    stage.deployment = replace(stage.deployment, usecase=FRAUD)
    assert "Trial(...)" in run().output.replace("\n", " ")

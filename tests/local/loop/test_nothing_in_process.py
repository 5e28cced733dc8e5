"""Nothing is called in process: take one grant and one environment variable out of cdk.out, and the run fails."""

import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli.loop_run import Result, run_deployed, started
from cli.phases import Phases
from cli.plan import Plan

pytestmark = pytest.mark.local


def rewrite(assembly: Path, stack: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the resources of one template in place."""
    path = assembly / f"headrace-fraud-local-{stack}.template.json"
    template = json.loads(path.read_text())
    change(template["Resources"])
    path.write_text(json.dumps(template))


def forbid_inference_to_read_state(resources: dict[str, Any]) -> None:
    removed = 0
    for name, resource in resources.items():
        if resource["Type"] == "AWS::IAM::Policy" and name.startswith("Inference"):
            statements = resource["Properties"]["PolicyDocument"]["Statement"]
            kept = [one for one in statements if "dynamodb:Query" not in one["Action"]]
            removed += len(statements) - len(kept)
            resource["Properties"]["PolicyDocument"]["Statement"] = kept
    assert removed == 1


def hide_the_endpoint_from_enrichment(resources: dict[str, Any]) -> None:
    functions = {
        name: resource["Properties"]["Environment"]["Variables"]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::Function" and name.startswith("Enrichment")
    }
    assert len(functions) == 1
    for variables in functions.values():
        del variables["ENDPOINT_NAME"]


@pytest.fixture(scope="module")
def crippled(assembly: Path, plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """A run whose assembly lacks one grant and one variable."""
    changed = tmp_path_factory.mktemp("crippled") / "cdk.out"
    shutil.copytree(assembly, changed)
    rewrite(changed, "serving", forbid_inference_to_read_state)
    rewrite(changed, "features", hide_the_endpoint_from_enrichment)
    small = replace(plan, events=plan.events.head(300))
    phases = Phases(Console(file=io.StringIO()))
    with started(plan.usecase, changed, changed.parent / "logs", phases) as (deployment, loop):
        return run_deployed(small, deployment, loop, phases)


def test_without_the_grant_to_read_state_no_answer_is_whole(crippled: Result) -> None:
    assert crippled.agreement.degraded == crippled.agreement.calls > 0
    assert {answer.body["reason"] for answer in crippled.streamed.answers.values()} == {"state_error"}


def test_without_the_endpoints_name_no_event_is_scored(crippled: Result) -> None:
    assert crippled.account.events_enriched == 300
    assert crippled.predictions.empty


def test_both_make_the_run_fail_and_say_why(crippled: Result) -> None:
    assert any("API answers are degraded" in one for one in crippled.failures())
    assert "0 of 300 enriched events have a score" in crippled.failures()

"""Where runs compute, in the deployed loop: a function judges a small window, several machines count a large one.

Roles are enforced. Plans are made here, of a model that nobody has to train; from then on the deployed machine acts.
"""

import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import app as composition
import usecases
from cli.deployment import Deployment
from cli.loop_run import started
from cli.phases import Phases
from headrace.drift import documents, summarize
from headrace.schema import format_timestamp
from headrace.usecase import Compute, Monitor, UseCase
from lambdas.monitoring.logic import Monitoring, plan
from lambdas.monitoring.requests import DeployedModel
from lambdas.shared.lake_bucket import LakeBucket
from local.loop import Loop
from stacks.application import Application

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(600)]
DAY, ENDPOINT = 86_400, "headrace-fraud-local"
COMPUTE = Compute(runs_on="volume", lambda_mb=1, instances=3)
FIRST = 1_772_409_600
SMALL, LARGE, SLOW = (FIRST + it * DAY for it in range(3))
ROWS = {SMALL: 300, LARGE: 6_000, SLOW: 200}


@dataclass(frozen=True)
class Watching:
    """A loop whose machine begins where the plan is there."""

    deployment: Deployment
    loop: Loop
    usecase: UseCase
    machine: str
    runner: str
    packages: str

    def judge(self, window: int, **more: Any) -> dict[str, Any]:
        """Plan a day and let the machine judge it; returns the plan."""
        usecase = replace(self.usecase, monitor=Monitor(compute=more.pop("compute", COMPUTE)))
        bucket = self.deployment.bucket
        function = Monitoring(
            usecase=usecase, stage="local", bucket=bucket, endpoint_name=ENDPOINT, variant="AllTraffic",
            packages=self.packages, lake=LakeBucket(self.deployment.s3, bucket), endpoint=Model(bucket),
        )  # fmt: skip
        event = {"kind": "data_quality", "time": format_timestamp(window + DAY + 3_600), **more}
        planned = plan(event, function)
        states = self.deployment.stepfunctions
        run = states.start_execution(stateMachineArn=self.machine, input=json.dumps({"plan": planned}))["executionArn"]
        deadline = time.monotonic() + 120
        while (found := states.describe_execution(executionArn=run))["status"] == "RUNNING":
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert found["status"] == "SUCCEEDED", found
        return planned

    def document(self, planned: dict[str, Any], name: str) -> Any:
        """A document of a run; numbers with nine digits, for sums depend on the order of their parts."""
        key = f"{planned['folder']}{name}"
        body = self.deployment.s3.get_object(Bucket=self.deployment.bucket, Key=key)["Body"].read()
        return json.loads(body, parse_float=lambda text: float(f"{float(text):.9g}"))

    def jobs(self, window: int) -> list[str]:
        """Endings of the names of processing jobs of a day."""
        begin = f"{ENDPOINT}-data-quality-{format_timestamp(window + DAY)[:10].replace('-', '')}-00-"
        found = self.deployment.sagemaker.list_processing_jobs(MaxResults=100)["ProcessingJobSummaries"]
        names = [it["ProcessingJobName"] for it in found]
        return sorted(it.removeprefix(begin) for it in names if it.startswith(begin))


@dataclass(frozen=True)
class Model:
    """Stands for the endpoint: a model that brought a baseline."""

    bucket: str

    def deployed(self) -> DeployedModel:
        return DeployedModel(
            package_arn="arn:aws:sagemaker:::model-package/m/1", baseline=f"s3://{self.bucket}/models/b"
        )


def columns(rows: int, factor: float, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {"amount": factor * rng.lognormal(3, 1, rows), "channel": rng.choice(["web", "shop"], rows)}


def lines(window: int, factor: float) -> list[str]:
    """A day of captured calls."""
    found = []
    values = columns(ROWS[window], factor, seed=window % 97)
    for place, (amount, channel) in enumerate(zip(*(it.tolist() for it in values.values()), strict=True)):
        sides = {
            "endpointInput": {"instances": [{"amount": amount, "channel": channel}]},
            "endpointOutput": {"predictions": [{"score": 0.5}]},
        }
        data = {name: {"data": json.dumps(it), "encoding": "JSON"} for name, it in sides.items()}
        about = {"inferenceId": f"{window}-{place}", "inferenceTime": format_timestamp(window + place)}
        found.append(json.dumps({"captureData": data, "eventMetadata": about}))
    return found


def fill(deployment: Deployment) -> None:
    """The model's baseline, a small usual day, a large dearer one, and another small one."""
    normal = summarize(columns(20_000, 1.0, seed=1))
    bodies = {
        "models/b/statistics.json": json.dumps(documents.statistics(normal)),
        "models/b/constraints.json": json.dumps(documents.constraints(normal)),
    }
    for window, factor in ((SMALL, 1.0), (LARGE, 1.5), (SLOW, 1.0)):
        day, told = format_timestamp(window)[:10].replace("-", "/"), lines(window, factor)
        for part in range(6):
            key = f"capture/{ENDPOINT}/AllTraffic/{day}/{part:02}/a.jsonl"
            bodies[key] = "\n".join([*told[part::6], *told[part : part + 1]])  # one call of each file is tried again
    for key, body in bodies.items():
        deployment.s3.put_object(Bucket=deployment.bucket, Key=key, Body=body.encode())


@pytest.fixture(scope="module")
def watching(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watching]:
    usecase, out = replace(usecases.load("fraud"), monitor=Monitor(compute=COMPUTE)), tmp_path_factory.mktemp("compute")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(usecases, "load", lambda _: usecase)
        app = Application(context={"usecase": "fraud", "stage": "local"}, outdir=str(out / "cdk.out"))
        composition.build(app)
        app.synth()
    with started(usecase, out / "cdk.out", out / "logs", Phases(Console(file=io.StringIO()))) as (deployment, loop):
        fill(deployment)
        states = deployment.stepfunctions
        deployed = states.describe_state_machine(stateMachineArn=deployment.output("monitoring", "MonitorMachineArn"))
        begun = {**json.loads(deployed["definition"]), "StartAt": "Anything to judge?"}
        machine = states.create_state_machine(
            name="planned", definition=json.dumps(begun), roleArn=deployed["roleArn"]
        )["stateMachineArn"]
        functions = {
            it["Environment"]["Variables"].get("POWERTOOLS_SERVICE_NAME"): it
            for it in loop.client("lambda").list_functions()["Functions"] if "Environment" in it
        }  # fmt: skip
        packages = functions["monitoring"]["Environment"]["Variables"]["PACKAGES"]
        yield Watching(deployment, loop, usecase, machine, functions["monitor_run"]["FunctionName"], packages)


def test_a_small_window_is_judged_by_the_function_with_its_own_rights(watching: Watching) -> None:
    planned = watching.judge(SMALL)
    assert planned["runs_on"] == "lambda"
    run = watching.document(planned, "run.json")
    assert (run["rows"], run["status"]) == (ROWS[SMALL], "HEALTHY")
    assert watching.document(planned, "constraint_violations.json") == {"violations": []}
    assert watching.jobs(SMALL) == []


def test_several_machines_count_a_large_window_as_one_pass_does(watching: Watching) -> None:
    planned = watching.judge(LARGE)
    assert (planned["runs_on"], planned["counted"]) == ("processing", True)
    assert watching.jobs(LARGE) == ["1", "by3-1"]
    prefix = planned["count"]["output"].partition(f"{watching.deployment.bucket}/")[2]
    listed = watching.deployment.s3.list_objects_v2(Bucket=watching.deployment.bucket, Prefix=prefix)["Contents"]
    parts = [it["Key"].rpartition("/")[2] for it in listed if it["Key"].endswith(".summary")]
    assert parts == ["algo-1.summary", "algo-2.summary", "algo-3.summary"]
    names = ("statistics.json", "constraints.json", "constraint_violations.json")
    together = {name: watching.document(planned, name) for name in names}
    assert watching.document(planned, "run.json")["rows"] == ROWS[LARGE]
    assert {it["feature_name"] for it in together["constraint_violations.json"]["violations"]} == {"amount"}
    alone = watching.judge(LARGE, attempt="b", compute=Compute(runs_on="lambda"))
    assert {name: watching.document(alone, name) for name in names} == together


def test_a_window_that_takes_the_function_too_long_is_judged_by_machines(watching: Watching) -> None:
    client = watching.loop.client("lambda")
    client.update_function_configuration(FunctionName=watching.runner, Timeout=5)
    try:
        planned = watching.judge(SLOW)
    finally:
        client.update_function_configuration(FunctionName=watching.runner, Timeout=900)
    assert planned["runs_on"] == "lambda"
    assert watching.jobs(SLOW) == ["1"]
    assert watching.document(planned, "run.json")["rows"] == ROWS[SLOW]

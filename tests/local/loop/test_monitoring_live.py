"""The whole of monitoring in the deployed loop: a usual day is quiet; prices that rise are reported, measured, alarmed.

Capture, schedule, state machine, job, report, metric, alarm, event: nothing is called by hand but the clock.
"""

import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import simulators
import usecases
from cli import lake, producer
from cli.backfill.history import History
from cli.backfill.writing import backfill
from cli.deployment import Deployment
from cli.loop_run import started
from cli.phases import Phases
from cli.plan import Plan
from cli.training import approve, train
from headrace.monitoring import FOLDER, Outputs
from headrace.schema import format_timestamp
from local.loop import Loop

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1_200)]
DAY, HOUR = 86_400, 3_600
HISTORY_DAYS, PER_DAY, PRICES = 100, 400, 1.6
ENDPOINT = "headrace-fraud-local"


@dataclass(frozen=True)
class Watched:
    """A loop that has seen a usual day and one with dearer prices; ``first`` is the usual day's midnight."""

    deployment: Deployment
    loop: Loop
    first: int
    events_url: str
    jobs_after_one_day: list[str]

    def document(self, kind: Any, day: int, name: str) -> dict[str, Any]:
        """A document of the run whose window ends with that day."""
        folder = Outputs(endpoint=ENDPOINT, kind=kind, end=self.first + day * DAY).folder
        body = self.deployment.s3.get_object(Bucket=self.deployment.bucket, Key=f"{folder}{name}")["Body"].read()
        found: dict[str, Any] = json.loads(body)
        return found


def wait_until(loop: Loop, moment: float) -> None:
    """Let the clock come to a moment, and what then starts come to its end."""
    loop.advance(max(0.0, moment - loop.now()))
    time.sleep(1.5)
    loop.wait_idle(300)


def queue_of_alarms(deployment: Deployment, loop: Loop) -> str:
    """A queue that receives every change of state of an alarm."""
    sqs, events = loop.client("sqs"), loop.client("events")
    url = str(sqs.create_queue(QueueName="alarms")["QueueUrl"])
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"]}
    events.put_rule(Name="alarms", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="alarms", Targets=[{"Id": "queue", "Arn": arn}])
    return url


def alarm(loop: Loop) -> dict[str, Any]:
    """The alarm on violations of data quality."""
    alarms = loop.client("cloudwatch").describe_alarms()["MetricAlarms"]
    dimension = {"Name": "Monitor", "Value": "data_quality"}
    (ours,) = [it for it in alarms if it["Namespace"] == "Headrace/Monitor" and dimension in it["Dimensions"]]
    return dict(ours)


def jobs(deployment: Deployment) -> list[str]:
    found = deployment.sagemaker.list_processing_jobs(MaxResults=100)["ProcessingJobSummaries"]
    return sorted(it["ProcessingJobName"] for it in found if it["ProcessingJobName"].startswith(f"{ENDPOINT}-"))


@pytest.fixture(scope="module")
def watched(assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Trained on usual days; then a usual day and a dearer one are streamed, each judged the night after."""
    usecase, out = usecases.load("fraud"), tmp_path_factory.mktemp("watched")
    first = (int(time.time()) // DAY + 1) * DAY
    world = simulators.load("fraud")(start=first - HISTORY_DAYS * DAY, days=HISTORY_DAYS + 2, per_day=PER_DAY, seed=3)
    dearer = world["timestamp"] >= first + DAY
    world["amount"] = world["amount"].where(~dearer, world["amount"] * PRICES)
    past = world[world["timestamp"] < first]
    plan = Plan(usecase=usecase, history=past, events=world, at=first, label_delay_s=usecase.label.delay_s, out=out)
    with started(usecase, assembly, out / "logs", Phases(Console(file=io.StringIO()))) as (deployment, loop):
        url = queue_of_alarms(deployment, loop)
        written = backfill(deployment, History.of(plan), out / "quality", lambda *_: None)
        package = train(deployment, written.training_prefix, written.training_rows, "manual", lambda *_: None)
        approve(deployment, package, lambda *_: None)
        after_one: list[str] = []
        for day in (0, 1):
            evening = first + (day + 1) * DAY - HOUR // 2
            wait_until(loop, evening)
            today = world[world["timestamp"].between(first + day * DAY, evening)]
            stream = deployment.output("ingestion", "EventsStreamName")
            producer.put(deployment.kinesis, stream, producer.event_records(usecase, today))
            loop.wait_idle(300)
            loop.flush()
            wait_until(loop, first + (day + 1) * DAY + HOUR + 60)
            after_one = after_one or jobs(deployment)
        patience = time.monotonic() + 20  # alarms are looked at every second
        while alarm(loop)["StateValue"] != "ALARM" and time.monotonic() < patience:
            time.sleep(0.5)
        yield Watched(deployment, loop, first, url, after_one)


def test_a_usual_day_is_judged_and_found_healthy(watched: Watched) -> None:
    assert watched.document("data_quality", 1, "constraint_violations.json") == {"violations": []}
    run = watched.document("data_quality", 1, "run.json")
    assert (run["status"], run["kind"], run["violations"]) == ("HEALTHY", "data_quality", 0)
    assert 0.8 * PER_DAY < run["rows"] < 1.2 * PER_DAY
    assert run["window_start"] == format_timestamp(watched.first)
    assert run["model_package_arn"].endswith("/1")


def test_dearer_prices_are_named(watched: Watched) -> None:
    found = watched.document("data_quality", 2, "constraint_violations.json")["violations"]
    assert ("amount", "baseline_drift_check") in {(it["feature_name"], it["constraint_check_type"]) for it in found}
    assert watched.document("data_quality", 2, "run.json")["status"] == "DEGRADED"


def test_the_report_is_in_the_lake_for_people(watched: Watched) -> None:
    reports = [key for key in lake.keys(watched.deployment, FOLDER) if key.endswith("report.html")]
    assert any("data-quality" in key for key in reports)
    assert any("attribution" in key for key in reports)


def test_metrics_have_one_value_a_run(watched: Watched) -> None:
    dimensions = {"UseCase": "fraud", "Stage": "local", "Monitor": "data_quality"}
    answer = watched.loop.client("cloudwatch").get_metric_statistics(
        Namespace="Headrace/Monitor",
        MetricName="violations",
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=watched.first,
        EndTime=watched.first + 4 * DAY,
        Period=HOUR,
        Statistics=["Maximum"],
    )
    values = [it["Maximum"] for it in sorted(answer["Datapoints"], key=lambda it: it["Timestamp"])]
    assert values[0] == 0
    assert values[-1] >= 1
    assert len(values) == 2


def test_the_alarm_goes_off_and_says_so_on_the_bus(watched: Watched) -> None:
    ours = alarm(watched.loop)
    assert ours["StateValue"] == "ALARM"
    sqs, told = watched.loop.client("sqs"), []
    while messages := sqs.receive_message(QueueUrl=watched.events_url, MaxNumberOfMessages=10).get("Messages"):
        for it in messages:
            told.append(json.loads(it["Body"])["detail"])
            sqs.delete_message(QueueUrl=watched.events_url, ReceiptHandle=it["ReceiptHandle"])
    changes = [it["state"]["value"] for it in told if it["alarmName"] == ours["AlarmName"]]
    assert changes[-1] == "ALARM"
    assert changes.count("ALARM") == 1


def test_a_schedule_that_is_delivered_twice_is_one_run(watched: Watched) -> None:
    before = jobs(watched.deployment)
    assert len([it for it in watched.jobs_after_one_day if "data-quality" in it]) == 1
    when = format_timestamp(watched.first + 2 * DAY + HOUR)
    run = watched.deployment.stepfunctions.start_execution(
        stateMachineArn=watched.deployment.output("monitoring", "MonitorMachineArn"),
        input=json.dumps({"kind": "data_quality", "time": when}),
    )["executionArn"]
    watched.loop.wait_idle(120)
    assert watched.deployment.stepfunctions.describe_execution(executionArn=run)["status"] == "SUCCEEDED"
    assert jobs(watched.deployment) == before


def test_a_day_without_a_call_is_judged_by_nobody(watched: Watched) -> None:
    before = jobs(watched.deployment)
    wait_until(watched.loop, watched.first + 3 * DAY + HOUR + 60)
    assert jobs(watched.deployment) == before
    failed = watched.deployment.stepfunctions.list_executions(
        stateMachineArn=watched.deployment.output("monitoring", "MonitorMachineArn"), statusFilter="FAILED"
    )["executions"]
    assert failed == []

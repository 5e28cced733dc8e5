"""The whole of monitoring in the deployed loop: a usual day is quiet; prices that rise are reported, measured, alarmed.

Capture, schedule, state machine, job, report, metric, alarm, event: nothing is called by hand but the clock.
"""

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from watched_loop import DAY, Watched, alarm, queue_of_alarms, received, runs, wait_until

import simulators
import usecases
from cli import lake, producer
from cli.backfill.history import History
from cli.backfill.writing import backfill
from cli.loop_run import started
from cli.phases import Phases
from cli.plan import Plan
from cli.training import approve, train
from headrace.monitoring import FOLDER, VIOLATIONS
from headrace.schema import format_timestamp

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1_200)]
HOUR = 3_600
HISTORY_DAYS, PER_DAY, PRICES = 90, 400, 1.6


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
        url = queue_of_alarms(loop)
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
            after_one = after_one or runs(deployment)
        patience = time.monotonic() + 20  # alarms are looked at every second
        while alarm(loop)["StateValue"] != "ALARM" and time.monotonic() < patience:
            time.sleep(0.5)
        yield Watched(deployment, loop, world, first, received(loop, url), after_one)


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


def test_metrics_say_what_each_run_found(watched: Watched) -> None:
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
    assert values[1] >= 1
    assert len({*values}) == 2  # a run that is delivered twice says the same twice


def test_the_alarm_goes_off_and_says_so_on_the_bus(watched: Watched) -> None:
    ours = alarm(watched.loop)
    assert ours["StateValue"] == "ALARM"
    changes = [it["state"]["value"] for it in watched.changes if it["alarmName"] == ours["AlarmName"]]
    assert changes[-1] == "ALARM"
    assert changes.count("ALARM") == 1


def test_a_schedule_that_is_delivered_twice_is_one_run(watched: Watched) -> None:
    before = runs(watched.deployment)
    assert len([it for it in watched.runs_after_one_day if "data-quality" in it]) == 1
    when = format_timestamp(watched.first + 2 * DAY + HOUR)
    run = watched.deployment.stepfunctions.start_execution(
        stateMachineArn=watched.deployment.output("monitoring", "MonitorMachineArn"),
        input=json.dumps({"kind": "data_quality", "time": when}),
    )["executionArn"]
    watched.loop.wait_idle(120)
    assert watched.deployment.stepfunctions.describe_execution(executionArn=run)["status"] == "SUCCEEDED"
    assert runs(watched.deployment) == before


def test_a_day_without_a_call_is_judged_by_nobody(watched: Watched) -> None:
    before = runs(watched.deployment)
    wait_until(watched.loop, watched.first + 3 * DAY + HOUR + 60)
    assert runs(watched.deployment) == before
    failed = watched.deployment.stepfunctions.list_executions(
        stateMachineArn=watched.deployment.output("monitoring", "MonitorMachineArn"), statusFilter="FAILED"
    )["executions"]
    assert failed == []


@pytest.fixture(scope="module")
def labelled(watched: Watched) -> Watched:
    """A label delay later: the usual day's labels as they are, of the dearer day each third one turned into a fraud."""
    usecase, delay = watched.deployment.usecase, watched.deployment.usecase.label.delay_s
    field, stream = usecase.label.field, watched.deployment.output("ingestion", "LabelsStreamName")
    for day in (0, 1):
        wait_until(watched.loop, watched.first + (day + 1) * DAY + delay)
        begin = watched.first + day * DAY
        labels = watched.world[watched.world["timestamp"].between(begin, begin + DAY - HOUR // 2)]
        labels = labels.assign(labelled_at=labels["timestamp"] + delay)
        if day:
            labels.loc[labels.index[::3], field] = 1
        producer.put(watched.deployment.kinesis, stream, producer.label_records(usecase, labels))
        watched.loop.wait_idle(300)
        wait_until(watched.loop, watched.first + (day + 1) * DAY + delay + HOUR + 60)
    return watched


def test_answers_of_the_stream_meet_their_labels_a_label_delay_later(labelled: Watched) -> None:
    delay = labelled.deployment.usecase.label.delay_s
    evening = labelled.first + DAY - HOUR // 2
    answered = labelled.world[labelled.world["timestamp"].between(labelled.first, evening)]
    end = 1 + delay // DAY
    found = labelled.document("model_quality", end, "model_quality.json")["headrace"]
    assert found["unnamed_answers"] == found["unlabelled_answers"] == 0
    assert found["answers"] == len(answered)
    run = labelled.document("model_quality", end, "run.json")
    assert run["window_start"] == format_timestamp(labelled.first)
    assert run["rows"] == len(answered)
    assert found["immature_answers"] == 0


def test_a_model_that_misses_what_its_labels_say_is_degraded_measured_alarmed_and_said_on_the_bus(
    labelled: Watched,
) -> None:
    loop, end = labelled.loop, 2 + labelled.deployment.usecase.label.delay_s // DAY
    run = labelled.document("model_quality", end, "run.json")
    assert (run["status"], run["kind"]) == ("DEGRADED", "model_quality")
    metrics = {it["metric_name"] for it in labelled.document("model_quality", end, VIOLATIONS)["violations"]}
    assert "auc" in metrics
    answer = loop.client("cloudwatch").get_metric_statistics(
        Namespace="Headrace/Monitor",
        MetricName="degraded",
        Dimensions=[
            {"Name": name, "Value": value}
            for name, value in (("UseCase", "fraud"), ("Stage", "local"), ("Monitor", "model_quality"))
        ],
        StartTime=labelled.first + (end - 1) * DAY,
        EndTime=labelled.first + (end + 1) * DAY,
        Period=HOUR,
        Statistics=["Maximum"],
    )
    assert max(it["Maximum"] for it in answer["Datapoints"]) == 1
    patience = time.monotonic() + 30
    while alarm(loop, "model_quality")["StateValue"] != "ALARM" and time.monotonic() < patience:
        time.sleep(0.5)
    ours = alarm(loop, "model_quality")
    assert ours["StateValue"] == "ALARM"
    url = str(loop.client("sqs").get_queue_url(QueueName="alarms")["QueueUrl"])
    told: list[str] = []
    while "ALARM" not in told and time.monotonic() < patience:
        told += [it["state"]["value"] for it in received(loop, url) if it["alarmName"] == ours["AlarmName"]]
    assert told[-1] == "ALARM"

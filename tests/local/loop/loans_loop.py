"""A loop of loans whose groups are watched: what it judged, what was measured, and what is put into it."""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pytest

import app as composition
import simulators
import usecases
from cli import lake, producer
from cli.deployment import Deployment
from headrace.events import Kind
from headrace.monitoring import Outputs
from headrace.schema import format_timestamp
from local.loop import Loop
from stacks.application import Application

DAY, HOUR = 86_400, 3_600
LOANS = usecases.load("loans")
DELAY_S = LOANS.label.delay_s
PER_DAY, LEFT = 700, 0.5


def patiently(found: Callable[[], Any], within_s: float = 180.0) -> Any:
    """The first answer that is not empty: a run whose machine waits for its job is idle to the loop."""
    deadline = time.monotonic() + within_s
    while not (answer := found()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.5)
    return answer


@dataclass(frozen=True)
class Watched:
    """A loop that judged two months: one with a usual day, one with a day on which women's incomes are halved."""

    deployment: Deployment
    loop: Loop
    days: dict[int, pd.DataFrame]
    months: tuple[int, int]
    changes: list[dict[str, Any]] = field(default_factory=list)
    drifts: list[dict[str, Any]] = field(default_factory=list)
    impacts: list[list[float]] = field(default_factory=list)
    found: list[list[float]] = field(default_factory=list)

    def document(self, kind: Kind, end: int, name: str) -> dict[str, Any]:
        """A document of the run of a kind whose window ends then."""
        folder = Outputs(endpoint=self.deployment.output("serving", "EndpointName"), kind=kind, end=end).folder
        body = self.deployment.s3.get_object(Bucket=self.deployment.bucket, Key=f"{folder}{name}")["Body"].read()
        found: dict[str, Any] = json.loads(body)
        return found

    def measured(
        self, kind: Kind, name: str, since: int, *, statistic: Literal["Minimum", "Maximum"], **group: str
    ) -> list[float]:
        """What was published of a metric in the day since a moment, by the hour.

        Which end of an hour counts matters: workers of a function share a log here, and an idle one that wakes up
        tells again what the others had told.
        """
        dimensions = {"UseCase": "loans", "Stage": "local", "Monitor": kind, **group}
        answer = self.loop.client("cloudwatch").get_metric_statistics(
            Namespace="Headrace/Monitor",
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=since,
            EndTime=since + DAY,
            Period=HOUR,
            Statistics=[statistic],
        )
        return [it[statistic] for it in sorted(answer["Datapoints"], key=lambda it: it["Timestamp"])]

    def put(self, stream: str, records: Iterable[producer.Record]) -> None:
        """Put records onto a stream, and wait until they are everywhere."""
        producer.put(self.deployment.kinesis, self.deployment.output("ingestion", stream), records)
        self.loop.wait_idle(300)
        self.loop.flush()

    def label(self, day: int) -> None:
        """The labels of a day, a label delay later."""
        events = self.days[day]
        labels = events.assign(labelled_at=events[LOANS.event.timestamp] + DELAY_S)
        self.put("LabelsStreamName", producer.label_records(LOANS, labels))

    def explain(self, day: int) -> None:
        """Have a day's attributions judged, as its schedule would the night after."""
        asked = {"kind": "attribution", "time": format_timestamp(day + DAY + HOUR)}
        machine, states = self.deployment.output("monitoring", "MonitorMachineArn"), self.deployment.stepfunctions
        run = states.start_execution(stateMachineArn=machine, input=json.dumps(asked))["executionArn"]
        patiently(lambda: states.describe_execution(executionArn=run)["status"] != "RUNNING")

    def turn_explanation(self) -> None:
        """From now on the deployed model's package says that what mattered most mattered least."""
        (key,) = [it for it in lake.keys(self.deployment, "models/") if it.endswith("evaluation/evaluation.json")]
        s3, bucket = self.deployment.s3, self.deployment.bucket
        document = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        features = document["headrace"]["explanation"]["features"]
        weights = sorted(it["mean_absolute"] for it in features)
        order = sorted(features, key=lambda it: -it["mean_absolute"])
        for it, weight in zip(order, weights, strict=True):
            it["mean_absolute"] = weight
        s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(document).encode())


def synthesize(folder: Path) -> Path:
    """The templates with two schedules only, both by months: a day without a call would be two runs for nothing."""
    kinds: tuple[Kind, ...] = ("bias", "attribution")
    with pytest.MonkeyPatch.context() as patch:
        fewer = replace(LOANS, monitor=replace(LOANS.monitor, kinds=kinds, monthly=kinds))
        patch.setattr(usecases, "load", lambda _: fewer)
        app = Application(context={"usecase": "loans", "stage": "local"}, outdir=str(folder))
        composition.build(app)
        app.synth()
    return folder


def world(history_days: int) -> tuple[pd.DataFrame, dict[int, pd.DataFrame], tuple[int, int]]:
    """What the model learns from, a usual day, an unfair one, and the ends of the months that are judged with them."""
    usual = (int(time.time()) // DAY + 1) * DAY
    first = next(
        end
        for at in range(usual, usual + 99 * DAY, DAY)
        if (end := LOANS.monitor.window("bias", at)[1]) - DELAY_S > usual
    )
    months = first, LOANS.monitor.window("bias", first + 32 * DAY)[1]
    unfair = first - DELAY_S  # the first day that the second month's run judges
    simulate = simulators.load("loans")
    past = simulate(start=usual - history_days * DAY, days=history_days, per_day=PER_DAY, seed=3)
    days = {day: simulate(start=day, days=1, per_day=PER_DAY, seed=5) for day in (usual, unfair)}
    days = {day: it[it["timestamp"] < day + DAY - HOUR] for day, it in days.items()}
    its = days[unfair]
    days[unfair] = its.assign(income=its["income"].where(its["gender"] != "female", its["income"] * LEFT))
    return past, days, months

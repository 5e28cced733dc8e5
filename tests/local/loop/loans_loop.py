"""A loop of loans whose groups are watched: what it judged, what was measured, and what is put into it."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
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
from local.loop import Loop
from stacks.application import Application

DAY, HOUR = 86_400, 3_600
LOANS = usecases.load("loans")
DELAY_S = LOANS.label.delay_s
PER_DAY, LEFT = 700, 0.5
FEWER = replace(LOANS, monitor=replace(LOANS.monitor, kinds=("bias", "attribution")))
"""With the schedules of two kinds only, as loans has them: by months, and every day."""


def patiently(found: Callable[[], Any], within_s: float = 180.0) -> Any:
    """The first answer that is not empty: a run whose machine waits for its job is idle to the loop."""
    deadline = time.monotonic() + within_s
    while not (answer := found()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.5)
    return answer


@dataclass(frozen=True)
class Watched:
    """A loop that judged two months: one with a usual day, one with a day on which women's incomes are halved.

    Bias judges a day in the run that ends with its month, of which there are two in ``months``; attribution does so in
    the night after it.
    """

    deployment: Deployment
    loop: Loop
    days: dict[int, pd.DataFrame]
    months: tuple[int, int]
    changes: list[dict[str, Any]] = field(default_factory=list)
    drifts: list[dict[str, Any]] = field(default_factory=list)
    impacts: list[list[float]] = field(default_factory=list)
    found: list[list[float]] = field(default_factory=list)
    orders: list[list[float]] = field(default_factory=list)

    @property
    def days_ends(self) -> list[int]:
        """The midnights after the two days."""
        return [day + DAY for day in self.days]

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

    def turn_explanation(self) -> None:
        """From now on the deployed model's package says that what mattered most mattered least."""
        (key,) = [it for it in lake.keys(self.deployment, "models/") if it.endswith("evaluation/explanation.json")]
        s3, bucket = self.deployment.s3, self.deployment.bucket
        document = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        values = document["explanations"]["kernel_shap"]["label0"]["global_shap_values"]
        order = sorted(values, key=lambda name: -values[name])
        values.update(zip(order, sorted(values.values()), strict=True))
        s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(document).encode())


def synthesize(folder: Path) -> Path:
    """The templates of that watch; the loop itself is any other's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(usecases, "load", lambda _: FEWER)
        app = Application(context={"usecase": "loans", "stage": "local"}, outdir=str(folder))
        composition.build(app)
        app.synth()
    return folder


def world(history_days: int) -> tuple[pd.DataFrame, dict[int, pd.DataFrame]]:
    """What the model learns from; a usual day, tomorrow, and an unfair one: the first that the month after judges."""
    usual = (int(time.time()) // DAY + 1) * DAY
    unfair, _ = months(usual)
    simulate = simulators.load("loans")
    past = simulate(start=usual - history_days * DAY, days=history_days, per_day=PER_DAY, seed=3)
    days = {day: simulate(start=day, days=1, per_day=PER_DAY, seed=5) for day in (usual, unfair)}
    days = {day: it[it["timestamp"] < day + DAY - HOUR] for day, it in days.items()}
    its = days[unfair]
    days[unfair] = its.assign(income=its["income"].where(its["gender"] != "female", its["income"] * LEFT))
    return past, days


def months(usual: int) -> tuple[int, int]:
    """The ends of the months whose runs of bias judge a day, which has labels a delay later, and a day of the next."""
    first = next(end for end in _ends(usual) if end - DELAY_S > usual)
    return first, next(end for end in _ends(first + DAY))


def _ends(since: int) -> Iterator[int]:
    """The ends of calendar months, from the first that is not before a midnight."""
    ends = (LOANS.monitor.window("bias", at + HOUR)[1] for at in range(since, since + 99 * DAY, DAY))
    return (end for end in ends if end >= since)

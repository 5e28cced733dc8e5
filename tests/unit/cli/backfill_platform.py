"""A deployment in memory that a history is backfilled into, and a history small enough to be stopped everywhere."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
from aws_doubles import Bucket, Changes, FeatureStore, Table

import usecases
from cli.backfill.history import History, known
from cli.backfill.writing import Backfill, backfill
from cli.deployment import Deployment
from headrace.usecase import UseCase

DAY_S = 86_400
START = 1_767_225_600
DAYS = 12
AT = START + DAYS * DAY_S
LOADED = usecases.load("fraud")
FRAUD = replace(LOADED, entities=tuple(replace(entity, snapshot=None) for entity in LOADED.entities))
OUTPUTS = {
    "headrace-fraud-local-lake": {"BucketName": "lake"},
    "headrace-fraud-local-features": {"StateTableName": "state", "CustomerFeatureGroupName": "customers"},
}


def unheard(_done: int, _total: int, _doing: str) -> None:
    """Report to nobody."""


def snapshotting() -> UseCase:
    customer, terminal = FRAUD.entities
    return replace(FRAUD, entities=(replace(customer, snapshot="1d"), terminal), expectations=())


def small_history(usecase: UseCase) -> History:
    """Six events of two days, three of them labelled in time, one corrected."""
    events = pd.DataFrame(
        {
            "event_id": [f"e{number}" for number in range(6)],
            "timestamp": [START + second for second in (10, 4_000, 4_001, 90_000, 90_001, 100_000)],
            "customer_id": ["C1", "C2", "C1", "C3", "C1", "C2"],
            "terminal_id": ["T1", "T1", "T2", "T1", "T2", "T3"],
            "amount": [10.0, 20.5, 30.0, 1.25, 99.0, 7.0],
        }
    )
    given = events.iloc[[0, 1, 2, 1]].assign(fraud=[0, 0, 1, 1])
    given["labelled_at"] = given["timestamp"] + [7 * DAY_S, 7 * DAY_S, 7 * DAY_S, 9 * DAY_S]
    return History(usecase=usecase, events=events, labels=known(usecase, given), at=AT)


@dataclass
class Platform:
    """A deployment in memory."""

    usecase: UseCase
    changes: Changes
    s3: Bucket
    table: Table
    records: FeatureStore

    @classmethod
    def empty(cls, usecase: UseCase) -> "Platform":
        changes = Changes()
        return cls(usecase, changes, Bucket(changes), Table(changes, busy=3), FeatureStore(changes))

    @property
    def deployment(self) -> Deployment:
        made = Deployment(self.usecase, "local", OUTPUTS, boto3.Session(region_name="eu-west-1"))
        made.__dict__.update(s3=self.s3, dynamodb=self.table, feature_store=self.records)
        return made

    def contents(self) -> dict[str, Any]:
        """Everything that is stored, but for the checkpoint's own notes."""
        objects = {key: body for key, body in self.s3.objects.items() if not key.startswith("backfill/")}
        finished = {
            key: json.loads(body)["result"] for key, body in self.s3.objects.items() if key.startswith("backfill/")
        }
        offline = sorted(self.records.offline)
        return {"s3": objects, "done": finished, "state": self.table.items, "online": self.records.online} | {
            "offline": offline
        }

    def backfill(self, history: History, out: Path, **options: Any) -> Backfill:
        return backfill(self.deployment, history, out, unheard, clock=lambda: AT + self.changes.count, **options)

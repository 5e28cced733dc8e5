"""What a backfill carries into a platform: past events, what is known of their labels, and where history ends."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from cli.plan import Plan
from headrace.errors import UseCaseError
from headrace.usecase import UseCase


@dataclass(frozen=True, kw_only=True)
class History:
    """A past.

    Attributes:
        usecase: whose events.
        events: the event fields, ordered by (timestamp, event id), all before ``at``.
        labels: one row per label given before ``at``: event id and timestamp, entity keys, label and ``labelled_at``.
        at: epoch seconds; from here on the stream carries the events.
    """

    usecase: UseCase
    events: pd.DataFrame
    labels: pd.DataFrame
    at: int

    @classmethod
    def of(cls, plan: Plan) -> "History":
        """The past of a run of the loop."""
        label = plan.usecase.label.field
        return cls(
            usecase=plan.usecase,
            events=plan.history.drop(columns=label),
            labels=known(plan.usecase, plan.labels_known(None, plan.at)),
            at=plan.at,
        )

    @cached_property
    def digest(self) -> str:
        """Twelve letters that name this past: equal events, labels, end and features have equal ones."""
        cadences = [(entity.name, entity.snapshot) for entity in self.usecase.entities]
        named = f"{self.usecase.name}\0{self.usecase.version}\0{self.usecase.window_features}\0{cadences}\0{self.at}"
        whole = hashlib.blake2b(named.encode(), digest_size=6)
        for table in (self.events, self.labels):
            whole.update(",".join(map(str, table)).encode())
            whole.update(pd.util.hash_pandas_object(table, index=False, categorize=False).to_numpy().tobytes())
        return whole.hexdigest()

    def require_readable(self) -> None:
        """Refuse a use case whose history would need a hash: that of a key, by which events, labels and states join.

        Any other hashed field is left empty in the lake's history: nothing that trains or answers looks at it.

        Raises:
            UseCaseError: naming the field that the deployed functions hash under a key that no tool may read.
        """
        for entity in self.usecase.entities:
            if self.usecase.event.field(entity.key).privacy == "hash":
                raise UseCaseError(
                    f"fields[{entity.key}].privacy",
                    "a backfill cannot hash as the deployed functions do",
                    "leave history out, or hash the field before it becomes an event and set privacy='clear'",
                )


def known(usecase: UseCase, labels: pd.DataFrame) -> pd.DataFrame:
    """Labels in the columns of a history: whole numbers, in the order in which they were given."""
    shape, label = usecase.event, usecase.label.field
    keys = (entity.key for entity in usecase.entities)
    names = list(dict.fromkeys((shape.id, shape.timestamp, *keys, label, "labelled_at")))
    table = labels[names].astype({label: "int64", "labelled_at": "int64"})
    return table.sort_values(["labelled_at", shape.timestamp, shape.id], kind="stable", ignore_index=True)

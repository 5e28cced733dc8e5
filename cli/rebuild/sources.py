"""Where the rows of an item come from: the lake, and what the lake does not have yet from the stream."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from cli.deployment import Deployment
from cli.rebuild import rows as lake_rows
from cli.rebuild.copies import Copies
from cli.rebuild.rows import BACKFILL, Group, Row, Rows
from cli.rebuild.stream import StreamTail
from headrace.schema import parse_event, parse_label
from headrace.usecase import Source, UseCase
from lambdas.shared.looked_up import LookingUp
from lambdas.shared.lookup_table import lookups_of
from lambdas.shared.stream import Record
from pipelines.training_set.bucket import Bucket
from pipelines.training_set.days import DAY_S, iso
from stacks.stage import stage

SKEW_S = 3_600
"""How far an event's time may be ahead of its arrival."""


@dataclass
class Records:
    """The records of one kind, all entities together."""

    table: Any
    tail: StreamTail
    usecase: UseCase
    kind: Source
    copies: Copies | None

    def of(self, entity: str) -> "EntityRecords":
        """Those of one entity, sorted by its keys."""
        key = self.usecase.entity(entity).key
        make = dict if self.kind == "events" else lake_rows.label_of(self.usecase)
        return EntityRecords(self, entity, Rows(self.table, key, self.usecase, make))


@dataclass
class EntityRecords:
    """The records of one entity."""

    records: Records
    entity: str
    lake: Rows

    def groups(self) -> Iterator[Group]:
        """Every key and shard of which the lake has rows."""
        return self.lake.groups()

    def fetch(self, group: Group) -> Callable[[str], list[Row]]:
        """A key and shard's rows up to a mark, in the shard's order, each once. The lake's are looked up only once."""
        delivered = self.lake.of(group)
        held = {row.mark for row in delivered}
        tail, copies = self.records.tail, self.records.copies

        def until(mark: str) -> list[Row]:
            found = [row for row in delivered if row.mark <= mark]
            if group[1] != BACKFILL:
                recent = (row for row in tail.rows(self.entity, group, until=mark) if row.mark not in held)
                found = sorted([*found, *recent], key=lambda row: row.mark)
            return found if copies is None else copies.without(group[1], found)

        return until


def read_events(deployment: Deployment, needed_from: int) -> Records:
    """The events after a time in seconds. Raises LakeError if an object of the lake cannot be read."""
    usecase = deployment.usecase
    table = lake_rows.event_table(_lake(deployment), usecase, first_day=_day(needed_from))
    copies = Copies(usecase, table) if usecase.event.drop_duplicates else None
    keys = {entity.name: entity.key for entity in usecase.entities}

    lookups = _lookups(deployment)

    def parse(record: Record) -> tuple[Mapping[str, Any], dict[str, str]]:
        event: Mapping[str, Any] = parse_event(usecase, record.data, latest=record.latest_event_time)
        if lookups is not None:  # the lake's rows are filled already
            (event,) = lookups.filled([event])
        if copies is not None:
            copies.see(record.shard_id, record.mark, event)
        return event, {name: str(event[key]) for name, key in keys.items()}

    tail = StreamTail(
        deployment.kinesis, deployment.output("ingestion", "EventsStreamName"), parse, since=_since(deployment, table)
    )
    return Records(table, tail, usecase, "events", copies)


def _lookups(deployment: Deployment) -> LookingUp | None:
    if not deployment.usecase.lookups:
        return None
    table = deployment.output("lookups", "LookupTableName")
    return lookups_of(deployment.usecase, deployment.dynamodb, table, ThreadPoolExecutor(1))


def read_labels(deployment: Deployment, needed_from: int) -> Records:
    """The labels of events after a time in seconds. Raises as ``read_events`` does."""
    usecase = deployment.usecase
    table = lake_rows.label_table(_lake(deployment), usecase, first_day=_day(needed_from))

    def parse(record: Record) -> tuple[Any, Mapping[str, str]]:
        label = parse_label(usecase, record.data, latest=record.latest_event_time)
        return label, label.keys

    tail = StreamTail(
        deployment.kinesis, deployment.output("ingestion", "LabelsStreamName"), parse, since=_since(deployment, table)
    )
    return Records(table, tail, usecase, "labels", None)


def _lake(deployment: Deployment) -> Bucket:
    return Bucket(deployment.bucket, deployment.s3)


def _day(needed_from: int) -> str:
    """The first partition of arrival that can hold an event after that time."""
    return iso(max(0, needed_from - SKEW_S) // DAY_S)


def _since(deployment: Deployment, table: Any) -> dict[str, float]:
    """From when on the stream is read: a delivery's longest wait before the newest record that has been delivered."""
    wait_s = 2 * stage(deployment.stage).delivery_buffer_s
    return {shard: arrived_at - wait_s for shard, arrived_at in lake_rows.newest_arrivals(table).items()}

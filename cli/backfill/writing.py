"""History into a deployed platform: training set, lake, window state and Feature Store, as if streamed long ago.

The training set passes the quality gate before anything is written. Every part writes the same when it runs again, and
a checkpoint in the lake notes the parts that are done; so a run that was stopped goes on where it was, and nothing is
there twice. It must end before the stream begins (``backfill_states.require_no_stream``): its items have the sources
``events#backfill`` and ``labels#backfill``, which no shard ever touches.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import pandas as pd

from cli.backfill.checkpoint import Checkpoint, begin, earlier
from cli.backfill.history import History
from cli.backfill.lake import event_days, label_days, write_events, write_labels
from cli.backfill.snapshots import Snapshots, put_snapshots
from cli.backfill.states import announce, expiry, require_no_stream, write_states
from cli.backfill.training import note_lake, order_of, training_rows, write_training_set
from cli.deployment import Deployment
from cli.plan import Report
from cli.training_columns import presented
from headrace.errors import UseCaseError
from headrace.features import FeatureSet
from headrace.windows_columnar import EntityState, entity_states
from pipelines.quality.gate import PAGE_NAME, check, write_report
from pipelines.quality.training_rows import FrameRows
from pipelines.training_set import ObjectStore
from pipelines.training_set.bucket import Bucket
from pipelines.training_set.days import iso
from pipelines.training_set.index import Summary

CHUNK = 1_000
"""States and snapshots are written, and noted as done, so many at a time."""


@dataclass(frozen=True, kw_only=True)
class Backfill:
    """What a backfill wrote: counts, and the prefix of the training set (empty where no label was known)."""

    events: int
    labels: int
    states: int
    snapshots: int
    training_rows: int
    training_prefix: str


def backfill(
    deployment: Deployment,
    history: History,
    out: Path,
    report: Report,
    *,
    only_resume: bool = False,
    clock: Callable[[], float] = time.time,
) -> Backfill:
    """Write everything that the platform would know at the moment where a history ends.

    Args:
        deployment: the platform.
        history: events and labels; run it again with the same ones to go on where it was stopped.
        out: the folder of the quality report.
        report: called while it works.
        only_resume: refuse if no earlier run has begun.
        clock: epoch seconds now.

    Raises:
        QualityError: if the training set does not pass the gate; then nothing was written.
        StreamStartedError: if the stream has begun.
        OtherHistoryError: if the stage was backfilled with another history.
        RetryableError: if a store keeps refusing.
    """
    history.require_readable()
    store = Bucket(deployment.bucket, deployment.s3)
    checkpoint = earlier(store, history.digest)
    if checkpoint is None and only_resume:
        raise UseCaseError("--resume", "no backfill of this history was begun", "leave --resume out to begin it")
    if checkpoint is not None and checkpoint.result is not None:
        return Backfill(**checkpoint.result)
    require_no_stream(deployment)
    report(0, 1, "computing and judging the training set")
    rows = _judged(history, out)
    checkpoint = checkpoint or begin(store, history.digest, at=history.at, now=int(clock()))
    run = _Run(deployment, history, store, checkpoint, report)
    run.write_lake()
    states, snapshots = run.write_states()
    written, prefix = run.write_training_set(rows)
    done = Backfill(
        events=len(history.events),
        labels=len(history.labels),
        states=states,
        snapshots=snapshots,
        training_rows=written,
        training_prefix=prefix,
    )
    require_no_stream(deployment)
    checkpoint.conclude(asdict(done))
    report(1, 1, f"{done.events:,} events, {done.states:,} states, {done.training_rows:,} training rows")
    return done


def _judged(history: History, out: Path) -> pd.DataFrame:
    """The training set, if it may be trained on; no rows where no label is known."""
    if history.labels.empty or not history.usecase.model.labelled:
        return pd.DataFrame()
    rows = training_rows(history)
    verdict = check(history.usecase, FrameRows(presented(history.usecase, rows, history.events)), until=history.at)
    write_report(verdict, out)
    verdict.require(str(out / PAGE_NAME))
    return rows


@dataclass
class _Run:
    """The parts of one backfill, each done unless the checkpoint says that it is."""

    deployment: Deployment
    history: History
    store: ObjectStore
    checkpoint: Checkpoint
    report: Report

    def write_lake(self) -> None:
        """Events by the hour, labels by the day."""
        usecase, order = self.history.usecase, order_of(self.history)
        events: list[Summary] = []
        labels: list[Summary] = []
        for day, rows in event_days(self.history):
            self.report(day - order.since, len(order.days), f"lake: events of {iso(day)}")
            with self.checkpoint.part(f"events/{iso(day)}") as todo:
                events += write_events(self.store, usecase, day, rows) if todo else []
        for day, rows in label_days(self.history):
            self.report(len(order.days), len(order.days), f"lake: labels given on {iso(day)}")
            with self.checkpoint.part(f"labels/{iso(day)}") as todo:
                labels += [write_labels(self.store, usecase, day, rows)] if todo else []
        note_lake(self.store, order, events, labels)
        self.checkpoint.save()

    def write_states(self) -> tuple[int, int]:
        """Window state, then the snapshots that follow from it; returns how many of each there are."""
        history, deployment = self.history, self.deployment
        features = FeatureSet(history.usecase)
        snapshots = Snapshots(features, history.at)
        states = snapshots.passing(entity_states(history.usecase, history.events, history.labels, at=history.at))
        expires_at, count = expiry(history.usecase, self.checkpoint.started_at), 0
        with self.checkpoint.part("announced") as todo:
            if todo:
                announce(deployment, features, expires_at=expires_at)
        for number, chunk in enumerate(_chunks(states)):
            with self.checkpoint.part(f"state/{CHUNK}/{number}") as todo:
                if todo:
                    write_states(deployment, chunk, expires_at=expires_at)
            count += len(chunk)
            self.report(count, 0, f"window state: {count:,} items")
        for number, some in enumerate(snapshots.chunks(CHUNK)):
            self.report(number * CHUNK, len(snapshots), "snapshots into the Feature Store")
            with self.checkpoint.part(f"snapshots/{CHUNK}/{number}") as todo:
                if todo:
                    put_snapshots(self.deployment, some, resumed=self.checkpoint.resumed)
        self.checkpoint.save()
        return count, len(snapshots)

    def write_training_set(self, rows: pd.DataFrame) -> tuple[int, str]:
        """The training set by date; returns its rows and its prefix."""
        if rows.empty:
            return 0, ""
        order = order_of(self.history)
        self.report(0, len(order.days), "training set")
        written = write_training_set(self.store, order, rows, self.report)
        return written, f"s3://{self.deployment.bucket}/{order.prefix.rstrip('/')}"


def _chunks(states: Iterator[EntityState]) -> Iterator[list[EntityState]]:
    while chunk := list(islice(states, CHUNK)):
        yield chunk

"""The three ways to a feature vector: logged by the stream, asked of the API, computed in columns."""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import pandas as pd
from history_cases import Arrival, History, Row
from lambda_fakes import FakeLog, FakeStore, FakeTable, Faults
from shard_records import event_source_mapping, record

from headrace.features import FeatureSet, Vector
from headrace.usecase import UseCase
from headrace.windows_columnar import training_frame
from lambdas.enrichment.logic import Enrichment, enrich
from lambdas.ground_truth.logic import GroundTruth, collect
from lambdas.inference.exchange import Request
from lambdas.inference.logic import Inference, respond
from lambdas.shared.scoring import Scored, Scorer
from lambdas.shared.window_state import StateWrite

LABEL_COLUMNS = ["event_id", "timestamp", "customer_id", "shop_id", "returned", "labelled_at"]


@dataclass(frozen=True)
class Schedule:
    """How a stream is processed: records per invocation, faults step by step, which failed batches are bisected."""

    batch: int
    faults: Sequence[str] = ()
    splits: Sequence[bool] = ()


@dataclass
class Endpoint:
    """A model that remembers what it was asked."""

    asked: list[Vector] = field(default_factory=list)

    def predict(self, vectors: Sequence[Vector], *, ids: Sequence[str], explain: int = 0) -> list[Scored]:
        """Remember, and answer something."""
        self.asked += vectors
        return [Scored(0.5, "SHIP", ids[0])] * len(vectors)


@dataclass
class OneByOne:
    """Writes item by item, so that somebody can look between two of them."""

    table: FakeTable
    between: Callable[[], None] = lambda: None

    def write(self, writes: Sequence[StateWrite]) -> set[object]:
        """Write every item whose condition holds."""
        failed: set[object] = set()
        for write in writes:
            failed |= self.table.write([write])
            self.between()
        return failed


class Loop:
    """The deployed functions on stores in memory."""

    def __init__(self, usecase: UseCase, schedule: Schedule, *, newest: int) -> None:
        self.features = FeatureSet(usecase, newest=newest)
        self._schedule = schedule
        self._splits = iter(schedule.splits)
        self._fed: Counter[tuple[bool, int]] = Counter()
        self._sent: dict[tuple[str, str], Arrival] = {}
        faults = Faults(schedule.faults)
        self._log, store, table = FakeLog(faults), FakeStore(faults), FakeTable(faults)
        self.writer = OneByOne(table)
        self._enrichment = Enrichment(
            features=self.features,
            reader=table,
            writer=self.writer,
            log=self._log,
            quarantine=store,
            scorer=None,
            clock=lambda: 0.0,
        )
        self._ground_truth = GroundTruth(features=self.features, reader=table, writer=table, lake=store)
        self._endpoint = Endpoint()
        scorer = Scorer(endpoint=self._endpoint, call_s=1, deadline_s=5)
        self._inference = Inference(features=self.features, reader=FakeTable(items=table.items), scorer=scorer)

    def feed(self, run: Sequence[Arrival]) -> None:
        """Send some events, or some labels, of one shard, and process them."""
        records = []
        for it in run:
            place = (it.is_label, it.shard)
            sent = record(self._fed[place], it.row, shard=f"shard-{it.shard}")
            self._fed[place] += 1
            self._sent[sent.shard_id, sent.sequence_number] = it
            records.append(sent)
        event_source_mapping(
            records,
            (lambda chunk: collect(chunk, self._ground_truth))
            if run[0].is_label
            else (lambda chunk: enrich(chunk, self._enrichment)),
            batch=self._schedule.batch,
            splits=self._splits,
        )

    def ask(self, row: Row) -> Vector:
        """The vector with which the API would ask the model now."""
        body = json.dumps(row).encode()
        answer = respond(Request("POST", "/predict", "application/json", body), self._inference)
        assert answer.body["score"] == 0.5
        return self._endpoint.asked[-1]

    def logged(self) -> Iterator[tuple[Arrival, Vector]]:
        """Every vector that the stream logged, and what it is of. Copies of a log row are equal."""
        rows: dict[object, Row] = {}
        for row in self._log.rows:
            assert rows.setdefault((row["shard_id"], row["sequence_number"]), row) == row
        for (shard_id, number), arrival in self._sent.items():
            if (shard_id, number) in rows and not arrival.is_label:
                yield arrival, {name: rows[shard_id, number][name] for name in self.features.names}


def runs(arrivals: Sequence[Arrival], longest: int) -> Iterator[list[Arrival]]:
    """Arrivals in their order, cut where kind or shard changes, and after ``longest``."""
    for _, group in groupby(arrivals, key=lambda it: (it.is_label, it.shard)):
        found = list(group)
        yield from (found[start : start + longest] for start in range(0, len(found), longest))


def batch_vectors(usecase: UseCase, history: History) -> dict[object, Vector]:
    """Every event's vector by its id, computed in columns. Copies that are not dropped have equal vectors."""
    events = pd.DataFrame(history.events).astype({"items": object, "online": object, "due": object})
    frame = training_frame(usecase, events, pd.DataFrame(history.labels, columns=LABEL_COLUMNS))
    assert len(frame) == len({row["event_id"] for row in history.events} if usecase.event.drop_duplicates else events)
    found: dict[object, set[tuple[float | None, ...]]] = defaultdict(set)
    for event_id, *values in frame[["event_id", *usecase.feature_names]].itertuples(index=False):
        found[event_id].add(tuple(None if math.isnan(it) else it for it in values))
    assert all(len(vectors) == 1 for vectors in found.values())
    return {of: dict(zip(usecase.feature_names, *vectors, strict=True)) for of, vectors in found.items()}

"""The exact way: every event through the enrichment function, every label through ground_truth, in the order of time.

Nothing is computed in columns here. Records are what producers would send, window state is what the functions write,
vectors and scores are what enrichment logs, the endpoint is the container's code. It is the yardstick for the columnar
way, and as slow as one shard.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from cli.backtest.answers import DECISION, SCORE, VERSION
from cli.backtest.memory import Lake, Runtime, StateTable, VectorLog
from cli.backtest.model import Deployed
from cli.backtest.past import Past
from cli.backtest.vectors import DAY_S, VectorFiles
from cli.label_file import GIVEN
from headrace.errors import HeadraceError
from headrace.features import FeatureSet
from headrace.usecase import Event, UseCase
from headrace.windows_columnar.columns import values
from lambdas.enrichment.logic import Enrichment, enrich
from lambdas.ground_truth.logic import GroundTruth, collect
from lambdas.shared.endpoint import SageMakerEndpoint
from lambdas.shared.scoring import Scorer
from lambdas.shared.stream import Outcome, Record

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

BATCH = 500
SHARD = "shardId-000000000000"
PATIENCE_S = 3_600.0
MASK_KEY = b"backtest"
"""Logged keys may be hashed; the events' own are used instead."""


class StreamError(HeadraceError):
    """A function did not take a batch that it must take."""


class StreamedVectors:
    """Vectors and answers of one policy, by the deployed functions on stores in memory."""

    def __init__(self, usecase: UseCase, past: Past, folder: Path) -> None:
        self._usecase, self._past = usecase, past
        self._files = VectorFiles(folder, usecase.event.timestamp)
        self.features = FeatureSet(usecase)
        self.table, self._log, self._lake = StateTable(), VectorLog(), Lake()
        self._sent = 0
        self._fed = int(past.events[usecase.event.timestamp].iloc[0])

    def rows(self, since: int, until: int) -> Iterator[pd.DataFrame]:
        """See ``Vectors``."""
        self._feed(until, None)
        for rows in self._files.read(since, until):
            yield rows.drop(columns=[SCORE, DECISION, VERSION])

    def answers(self, since: int, until: int, model: Deployed | None) -> pd.DataFrame:
        """See ``Vectors``. An event is answered when it comes, so these must not have come before."""
        self._feed(since, None)
        self._feed(until, model)
        names = [self._usecase.event.id, self._usecase.event.timestamp, self._usecase.primary.key]
        parts = [it[[*names, SCORE, DECISION, VERSION]] for it in self._files.read(since, until)]
        if not parts:
            return pd.DataFrame()
        answers = pd.concat(parts, ignore_index=True)
        answered = answers[DECISION].notna()
        return answers.assign(**{DECISION: answers[DECISION].where(answered, self._usecase.decision.fallback)})

    def _feed(self, until: int, model: Deployed | None) -> None:
        """Send what comes before a moment, a day at a time."""
        while self._fed < until:
            end = min(until, (self._fed // DAY_S + 1) * DAY_S)
            times = self._past.events[self._usecase.event.timestamp].to_numpy()
            first, last = np.searchsorted(times, (self._fed, end))
            events = self._past.events.iloc[first:last]
            given = self._past.labels[GIVEN].to_numpy()
            first, last = np.searchsorted(given, (self._fed, end))
            self._process(events, self._past.labels.iloc[first:last], model)
            if len(events):
                self._files.add(self._logged(events))
            self._fed = end

    def _process(self, events: pd.DataFrame, labels: pd.DataFrame, model: Deployed | None) -> None:
        """Feed batches in the order of time; a label that is given in an event's second is there before it."""
        enrichment, ground_truth = self._enrichment(model), self._ground_truth()
        shape, label = self._usecase.event, self._usecase.label.field
        coming = [(at, True, body) for at, body in _bodies(events, _plain(events, shape), shape.timestamp)]
        said = {name: labels[name].to_numpy(np.int64).tolist() for name in (label, GIVEN)}
        coming += [(at, False, body) for at, body in _bodies(labels, _plain(labels, shape) | said, GIVEN)]
        coming.sort(key=lambda it: it[:2])
        for is_event, group in groupby(coming, key=lambda it: it[1]):
            records = [self._record(at, body) for at, _, body in group]
            for start in range(0, len(records), BATCH):
                batch = records[start : start + BATCH]
                _require_taken(enrich(batch, enrichment) if is_event else collect(batch, ground_truth))

    def _enrichment(self, model: Deployed | None) -> Enrichment:
        endpoint = None
        if model is not None:
            endpoint = SageMakerEndpoint(cast("SageMakerRuntimeClient", Runtime(model.model)), "backtest")
        return Enrichment(
            features=self.features,
            reader=self.table,
            writer=self.table,
            log=self._log,
            quarantine=self._lake,
            scorer=Scorer(endpoint=endpoint, call_s=PATIENCE_S, deadline_s=PATIENCE_S),
            mask_key=MASK_KEY,
        )

    def _ground_truth(self) -> GroundTruth:
        return GroundTruth(
            features=self.features, reader=self.table, writer=self.table, lake=self._lake, mask_key=MASK_KEY
        )

    def _record(self, at: int, body: bytes) -> Record:
        self._sent += 1
        return Record(shard_id=SHARD, sequence_number=str(self._sent), arrived_at=float(at), data=body)

    def _logged(self, events: pd.DataFrame) -> pd.DataFrame:
        """The rows that enrichment logged for these events, with keys and fields of facets as the events have them."""
        usecase, shape = self._usecase, self._usecase.event
        rows = pd.DataFrame(self._log.take()).set_index(shape.id).loc[events[shape.id]]
        besides = [shape.id, shape.timestamp, *(it.key for it in usecase.entities), *usecase.facet_fields]
        frame = events[list(dict.fromkeys(besides))].reset_index(drop=True)
        numbers = {name: rows[name].to_numpy(np.float64) for name in (*usecase.feature_names, SCORE)}
        texts = {name: rows[name].to_numpy(dtype=object) for name in (DECISION, VERSION)}
        return pd.concat([frame, pd.DataFrame({**numbers, **texts})], axis=1)


def _plain(frame: pd.DataFrame, shape: Event) -> dict[str, Sequence[object]]:
    """The event fields of a frame as the plain values that producers send."""
    return {it.name: values(frame, it).tolist() for it in shape.fields if it.name in frame}


def _bodies(
    frame: pd.DataFrame, columns: Mapping[str, Sequence[object]], timestamp: str
) -> Iterator[tuple[int, bytes]]:
    """Every row's time and its JSON; fields without a value are left out."""
    for at, *row in zip(frame[timestamp].tolist(), *columns.values(), strict=True):
        yield at, json.dumps({name: it for name, it in zip(columns, row, strict=True) if it is not None}).encode()


def _require_taken(outcome: Outcome) -> None:
    """Raises StreamError if a record of a batch was rejected or has to be tried again."""
    if outcome.failed_from is not None or outcome.counts["Rejected"]:
        raise StreamError(f"a batch was not taken: {outcome.problem or 'the stream rejects an event of the files'}")

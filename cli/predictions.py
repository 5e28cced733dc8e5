"""The predictions of a run, read back from the logged feature vectors in the lake."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import numpy as np
import pandas as pd

from cli import lake
from cli.api import Answer
from cli.deployment import Deployment

COLUMNS = ("event_id", "timestamp", "score", "decision", "model_version", "latency_ms")


def read_predictions(deployment: Deployment) -> pd.DataFrame:
    """One row per scored event, ordered by time: the columns of ``COLUMNS``, ``timestamp`` in epoch seconds.

    Deliveries repeat; a record is told by its shard and sequence number, and an event sent twice keeps its first score.
    """
    event = deployment.usecase.event
    columns = [event.id, event.timestamp, *COLUMNS[2:], "shard_id", "sequence_number"]
    table = lake.read_parquet(deployment, "features/", columns)
    if not table.num_rows:
        return pd.DataFrame(columns=list(COLUMNS))
    logged: pd.DataFrame = table.to_pandas()
    frame = logged.rename(columns={event.id: "event_id", event.timestamp: "timestamp"})
    frame = frame.sort_values(["shard_id", "sequence_number"]).drop_duplicates("event_id")
    frame["timestamp"] = frame["timestamp"].astype("datetime64[s]").astype(np.int64)
    return frame[frame["score"].notna()].sort_values(["timestamp", "event_id"], ignore_index=True)[list(COLUMNS)]


@dataclass(frozen=True)
class Agreement:
    """How the API's answers compare with the scores logged in the stream, and how long callers waited."""

    calls: int
    equal: int
    degraded: int
    p50_ms: float | None
    p99_ms: float | None


def agreement(predictions: pd.DataFrame, answers: Mapping[str, Answer]) -> Agreement:
    """Compare the API's scores with the stream's, to the last bit."""
    logged = dict(zip(predictions["event_id"], predictions["score"], strict=True))
    waits = [answer.latency_ms for answer in answers.values()]
    return Agreement(
        calls=len(answers),
        equal=sum(
            answer.status == HTTPStatus.OK and answer.body.get("score") == logged.get(key)
            for key, answer in answers.items()
        ),
        degraded=sum(bool(answer.body.get("degraded")) for answer in answers.values()),
        p50_ms=round(float(np.percentile(waits, 50)), 1) if waits else None,
        p99_ms=round(float(np.percentile(waits, 99)), 1) if waits else None,
    )

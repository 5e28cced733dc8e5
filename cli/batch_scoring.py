"""The scheduled batch, started by hand: vectors of streamed events as its input, its joined lines as predictions."""

import json
import time
import uuid

import numpy as np
import pandas as pd

from cli import lake
from cli.deployment import Deployment
from cli.plan import Report
from cli.predictions import COLUMNS
from headrace.errors import HeadraceError

INPUT = "batch/events.jsonl"
OUTPUT = "predictions/"
POLL_S = 0.5
LIMIT_S = 900


class BatchError(HeadraceError):
    """Batch scoring failed; the message holds the state machine's reason."""


def score_batch(deployment: Deployment, report: Report) -> None:
    """Score every streamed event in one run of the batch's state machine. Call it when deliveries are flushed.

    Raises:
        BatchError: if the run fails, or does not end in a quarter of an hour.
    """
    usecase = deployment.usecase
    names = [usecase.event.id, usecase.event.timestamp, *usecase.feature_names]
    vectors = lake.read_parquet(deployment, "features/", names).to_pandas()
    vectors[usecase.event.timestamp] = vectors[usecase.event.timestamp].astype("datetime64[s]").astype(np.int64)
    body = vectors.drop_duplicates(usecase.event.id).to_json(orient="records", lines=True, double_precision=15)
    deployment.s3.put_object(Bucket=deployment.bucket, Key=INPUT, Body=body.encode())
    run = deployment.stepfunctions.start_execution(
        stateMachineArn=deployment.output("serving", "BatchStateMachineArn"),
        name=f"cli-{uuid.uuid4().hex}",
        input=json.dumps({}),
    )["executionArn"]
    deadline = time.monotonic() + LIMIT_S
    while (state := deployment.stepfunctions.describe_execution(executionArn=run))["status"] == "RUNNING":
        if time.monotonic() > deadline:
            raise BatchError(f"batch scoring did not end within {LIMIT_S} s; look at {run}")
        report(0, 1, f"scoring {len(vectors):,} events")
        time.sleep(POLL_S)
    if state["status"] != "SUCCEEDED":
        raise BatchError(f"batch scoring {state['status'].lower()}: {state.get('cause') or state.get('error') or run}")
    report(1, 1, f"scored {len(vectors):,} events")


def read_batch(deployment: Deployment) -> pd.DataFrame:
    """The predictions of batches in the columns of ``cli.predictions``; nobody waited, so latency is missing."""
    event = deployment.usecase.event
    rows = []
    for line in lake.read_json_lines(deployment, OUTPUT):
        answer = line["SageMakerOutput"]
        rows.append((line[event.id], line[event.timestamp], *(answer[name] for name in COLUMNS[2:5]), np.nan))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.sort_values(["timestamp", "event_id"], ignore_index=True)

"""Labels by file and by stream through the deployed loop: one truth in state, monitor files and training set."""

import gzip
import json
import time
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from fed_loop import Fed

from cli import lake, producer
from headrace.features import FeatureSet
from headrace.ground_truth import read_truths
from headrace.schema import format_timestamp
from headrace.windows import LabelState
from headrace.windows.label_state import id_hash
from headrace.windows_columnar import labelled
from lambdas.shared.window_state import EntityKey, StoredState, decode_states

DAY = 86_400
LINES = 1_800
pytestmark = pytest.mark.local
Given = tuple[str, int, float]
"""An event's id, its label, and how many days after the event the label was given."""


@pytest.fixture(scope="module")
def events(fed: Fed) -> pd.DataFrame:
    """Four events of the last days of history, and one that never came; by id."""
    fields = ["event_id", "timestamp", "customer_id", "terminal_id"]
    known = fed.plan.history[fed.plan.history["timestamp"] > fed.plan.at - 10 * DAY].tail(40).iloc[::10][fields]
    return pd.concat([known, known.head(1).assign(event_id="inbox-unknown")]).set_index("event_id", drop=False)


def document(events: pd.DataFrame, given: Given) -> dict[str, object]:
    name, value, days = given
    event = events.loc[name]
    return {
        "event_id": name,
        "timestamp": format_timestamp(int(event["timestamp"])),
        "customer_id": str(event["customer_id"]),
        "terminal_id": str(event["terminal_id"]),
        "fraud": value,
        "labelled_at": format_timestamp(int(event["timestamp"] + days * DAY)),
    }


def drop(fed: Fed, name: str, body: bytes) -> None:
    fed.deployment.s3.put_object(Bucket=fed.deployment.bucket, Key=f"labels-inbox/{name}", Body=body)
    fed.loop.wait_idle()


def stream(fed: Fed, *documents: dict[str, object]) -> None:
    records = [producer.Record(json.dumps(it).encode() + b"\n", str(it["customer_id"])) for it in documents]
    producer.put(fed.deployment.kinesis, fed.deployment.output("ingestion", "LabelsStreamName"), records)
    fed.loop.wait_idle()


def receipts(fed: Fed, name: str) -> list[dict[str, Any]]:
    return list(lake.read_json_lines(fed.deployment, f"labels-inbox-receipts/{name}."))


@pytest.fixture(scope="module")
def truth(fed: Fed, events: pd.DataFrame) -> dict[str, int]:
    """Labels by every way, corrected twice, out of order, twice; returns what is true in the end."""
    one, two, three, four, unknown = events.index
    frame = pd.DataFrame([document(events, it) for it in ((one, 1, 8), (two, 0, 8.5), (three, 1, 8), (unknown, 1, 8))])
    morning = gzip.compress(("\ufeff" + frame.to_csv(index=False, sep=";") + "wrong;line\n").encode())
    drop(fed, "2026/02/morning.csv.gz", morning)
    stream(fed, document(events, (one, 0, 9)))
    stream(fed, document(events, (three, 1, 8.25)))
    evening = [(one, 1, 10.0), (two, 1, 7.75), (three, 0, 8.0), (four, 0, 9.0), (four, 1, 9.0)]
    drop(fed, "2026/02/evening.jsonl", b"\n".join(json.dumps(document(events, it)).encode() for it in evening))
    drop(fed, "2026/02/morning.csv.gz", morning)
    return {one: 1, two: 0, three: 1, four: 1, unknown: 1}


def test_every_file_leaves_a_receipt_and_its_wrong_lines(fed: Fed, truth: dict[str, int]) -> None:
    found = receipts(fed, "2026/02/morning.csv.gz")
    assert len({it["version"] for it in found}) == 2, "it was dropped twice"
    assert {(it["lines"], it["sent"], it["rejected"], it["problem"]) for it in found} == {(6, 4, 1, None)}
    (evening,) = receipts(fed, "2026/02/evening.jsonl")
    assert (evening["lines"], evening["sent"], evening["rejected"]) == (5, 5, 0)
    wrong = list(lake.read_json_lines(fed.deployment, "quarantine/label_inbox/"))
    assert {(it["file"], it["line"], it["reason"]) for it in wrong if "morning" in it["file"]} == {
        ("labels-inbox/2026/02/morning.csv.gz", 6, "has 2 cells where the first line has 6")
    }


def test_window_state_holds_the_truth(fed: Fed, events: pd.DataFrame, truth: dict[str, int]) -> None:
    features, held = FeatureSet(fed.plan.usecase), dict[int, int]()
    for terminal in events["terminal_id"].unique():
        items = fed.deployment.dynamodb.query(
            TableName=fed.deployment.state_table,
            KeyConditionExpression="entity = :entity AND begins_with(#source, :labels)",
            ExpressionAttributeNames={"#source": "source"},
            ExpressionAttributeValues={":entity": {"S": f"terminal#{terminal}"}, ":labels": {"S": "labels#"}},
        )["Items"]
        stored = [
            StoredState(it["source"]["S"], it["state"]["B"], it["mark"]["S"], int(it["folded"]["N"])) for it in items
        ]
        (state,) = decode_states(features, EntityKey("terminal", terminal), stored)
        assert isinstance(state, LabelState)
        held |= {event: value for _, event, _, value in state.entries()}
    assert {name: held[id_hash(name)] for name in truth} == truth


def test_the_monitors_files_hold_the_truth(fed: Fed, truth: dict[str, int]) -> None:
    def files() -> Iterator[tuple[str, list[bytes]]]:
        for key in lake.keys(fed.deployment, "ground-truth/"):
            body = fed.deployment.s3.get_object(Bucket=fed.deployment.bucket, Key=key)["Body"].read()
            yield key, body.splitlines()

    read = read_truths(files())
    assert read.unreadable == 0
    assert {name: read.last[name].value for name in truth} == truth


def test_the_training_set_gets_the_truth(fed: Fed, events: pd.DataFrame, truth: dict[str, int]) -> None:
    rows = pd.DataFrame(lake.read_json_lines(fed.deployment, "labels/"))
    for name in ("timestamp", "labelled_at"):
        rows[name] = pd.to_datetime(rows[name])
    came = events[events.index != "inbox-unknown"][["event_id"]].reset_index(drop=True)
    frame = labelled(fed.plan.usecase, came, rows, known_until=int(time.time()))
    target = dict(zip(frame["event_id"], frame["label"].tolist(), strict=True))
    assert target == {name: value for name, value in truth.items() if name != "inbox-unknown"}


def metric(fed: Fed, name: str) -> float:
    """The sum of one of the function's own metrics."""
    dimensions = {"service": "label_inbox", "UseCase": "fraud", "Stage": "local"}
    found = fed.loop.client("cloudwatch").get_metric_statistics(
        Namespace="Headrace",
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=time.time() - DAY,
        EndTime=time.time() + 400 * DAY,
        Period=DAY,
        Statistics=["Sum"],
    )
    return sum(it["Sum"] for it in found["Datapoints"])


def test_a_file_too_large_for_one_invocation_goes_on_through_the_queue(fed: Fed, events: pd.DataFrame) -> None:
    client, event = fed.loop.client("lambda"), events.iloc[0]
    (function,) = [it for it in client.list_functions()["Functions"] if "label_inbox" in it["Handler"]]
    variables = function["Environment"]["Variables"]
    rows = [
        f"inbox-{number},{event['timestamp']},{event['customer_id']},inbox-terminal,{number % 2}"
        for number in range(LINES)
    ]
    text = "\n".join(("event_id,timestamp,customer_id,terminal_id,fraud", *rows))
    before = metric(fed, "FileContinued")
    client.update_function_configuration(
        FunctionName=function["FunctionName"], Environment={"Variables": {**variables, "SLICE_S": "0.0001"}}
    )
    try:
        drop(fed, "large.csv.gz", gzip.compress(text.encode()))
    finally:
        client.update_function_configuration(
            FunctionName=function["FunctionName"], Environment={"Variables": variables}
        )
    assert metric(fed, "FileContinued") - before >= LINES // 500  # a queue may deliver a message twice
    (receipt,) = receipts(fed, "large.csv.gz")
    assert (receipt["lines"], receipt["sent"], receipt["rejected"]) == (LINES + 1, LINES, 0)
    filed = [row for row in lake.read_json_lines(fed.deployment, "labels/") if row["terminal_id"] == "inbox-terminal"]
    assert sorted({str(row["event_id"]) for row in filed}) == sorted(f"inbox-{number}" for number in range(LINES))


def test_no_file_is_given_up(fed: Fed, truth: dict[str, int]) -> None:
    url = fed.deployment.output("ingestion", "LabelInboxDeadLetterUrl")
    waiting = fed.deployment.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert waiting["Attributes"]["ApproximateNumberOfMessages"] == "0"

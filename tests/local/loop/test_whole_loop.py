"""The whole loop, from the templates that AWS gets: every event is accounted for and every prediction agrees."""

import json
from http import HTTPStatus

import pytest
from fed_loop import Fed

from cli import lake
from headrace.schema import format_timestamp

MALFORMED = 6
pytestmark = pytest.mark.local


def event(fed: Fed, **changes: object) -> dict[str, object]:
    """A valid event just after the stream's end, of a customer who is known."""
    last = fed.plan.events.iloc[-1]
    valid = {
        "event_id": "asked-1",
        "timestamp": format_timestamp(int(last["timestamp"]) + 60),
        "customer_id": last["customer_id"],
        "terminal_id": last["terminal_id"],
        "amount": 12.5,
    }
    return {name: value for name, value in (valid | changes).items() if value is not None}


def test_every_event_is_accounted_for(fed: Fed) -> None:
    account = fed.result.account
    assert account.events_sent == len(fed.plan.events) + MALFORMED
    assert account.events_in_lake == account.events_enriched == len(fed.plan.events)
    assert account.events_quarantined == MALFORMED
    assert account.events_dead_lettered == 0
    assert account.unaccounted == 0


def test_every_good_event_is_scored_by_the_model_that_was_trained(fed: Fed) -> None:
    predictions = fed.result.predictions
    assert len(predictions) == len(fed.plan.events)
    assert predictions["model_version"].nunique() == 1
    assert predictions["score"].between(0, 1).all()
    assert (predictions["latency_ms"] > 0).all()


def test_the_model_tells_fraud_from_the_rest(fed: Fed) -> None:
    truth = fed.plan.events.set_index("event_id")["fraud"].loc[fed.result.predictions["event_id"]].to_numpy()
    scores = fed.result.predictions["score"].to_numpy()
    assert scores[truth == 1].mean() > 5 * scores[truth == 0].mean()


def test_the_api_answers_what_the_stream_scored_to_the_last_bit(fed: Fed) -> None:
    agreement = fed.result.agreement
    assert agreement.calls > 0
    assert agreement.equal == agreement.calls
    assert agreement.degraded == 0


def test_quarantine_says_what_is_wrong_with_each_record(fed: Fed) -> None:
    documents = list(lake.read_json_lines(fed.deployment, "quarantine/enrichment/"))
    assert len(documents) == MALFORMED
    assert {"amount", "timestamp"} <= {document.get("field") for document in documents}
    assert all(document["reason"] for document in documents)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": "ten"}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": None}, "amount"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"customer_id": 5}, "customer_id"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_request_is_answered_with_the_field_at_fault(fed: Fed, changes: dict[str, object], field: str) -> None:
    answer = fed.api.predict(event(fed, **changes))
    assert answer.status == HTTPStatus.BAD_REQUEST
    assert answer.body["error"]["field"] == field


def test_a_customer_never_seen_gets_an_answer(fed: Fed) -> None:
    answer = fed.api.predict(event(fed, customer_id="nobody", terminal_id="nowhere"))
    assert answer.status == HTTPStatus.OK
    assert answer.body["degraded"] is False
    assert answer.body["decision"] in {"APPROVE", "REVIEW", "BLOCK"}


def test_a_record_larger_than_kinesis_takes_is_refused_at_the_door(fed: Fed) -> None:
    stream = fed.deployment.output("ingestion", "EventsStreamName")
    with pytest.raises(fed.deployment.kinesis.exceptions.ClientError, match=r"1048576|1 ?M"):
        fed.deployment.kinesis.put_record(StreamName=stream, Data=b"x" * 2_000_000, PartitionKey="C1")


def test_the_endpoint_captures_what_it_was_asked(fed: Fed) -> None:
    captured = list(lake.read_json_lines(fed.deployment, "capture/"))
    assert captured, "the endpoint wrote no capture"
    first = captured[0]["captureData"]["endpointInput"]
    assert first["encoding"] == "JSON"
    assert "instances" in json.loads(first["data"])


def test_labels_reach_the_lake_in_the_form_that_monitors_read(fed: Fed) -> None:
    truths = list(lake.read_json_lines(fed.deployment, "ground-truth/"))
    streamed = fed.plan.labels_known(fed.plan.at, int(fed.plan.events["timestamp"].iloc[-1]) + 1)["event_id"]
    assert {*streamed} <= {truth["eventMetadata"]["eventId"] for truth in truths}
    assert len(streamed) == fed.result.streamed.labels
    assert {truth["groundTruthData"]["data"] for truth in truths} == {"0", "1"}

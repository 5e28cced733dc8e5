"""The deployed API: batches, reasons, its own document, correlation; what is captured can be joined; alerts go out."""

import time

import jsonschema
import pytest
from fed_loop import Fed

from cli import lake
from headrace.drift import capture
from headrace.openapi import document
from headrace.schema import format_timestamp

DAY = 86_400
pytestmark = pytest.mark.local


def events(fed: Fed, count: int) -> list[dict[str, object]]:
    """Valid events just after the stream's end, of customers who are known."""
    rows = fed.plan.events.tail(count)
    last = int(fed.plan.events["timestamp"].iloc[-1])
    return [
        {
            "event_id": f"batch-{number}",
            "timestamp": format_timestamp(last + 60),
            "customer_id": row.customer_id,
            "terminal_id": row.terminal_id,
            "amount": 10.0 + number,
        }
        for number, row in enumerate(rows.itertuples())
    ]


def test_a_batch_is_answered_as_each_of_its_events_alone_and_a_wrong_one_is_refused_in_its_place(fed: Fed) -> None:
    asked = events(fed, 12)
    answer = fed.api.ask("POST", "/predict/batch", {"events": [*asked[:6], {"event_id": "wrong"}, *asked[6:]]})
    assert answer.status == 200
    refused = answer.body["answers"].pop(6)
    assert refused == {"error": {"field": "timestamp", "reason": "is missing"}}
    assert answer.body["answers"] == [fed.api.predict(it).body for it in asked]
    assert not any(it["degraded"] for it in answer.body["answers"])


def test_reasons_come_from_the_model_that_gave_the_score(fed: Fed) -> None:
    (asked,) = events(fed, 1)
    plain, explained = fed.api.predict(asked).body, fed.api.ask("POST", "/predict?explain=true", asked).body
    reasons = explained.pop("reasons")
    assert explained == plain
    assert len(reasons) == 5
    assert {it["feature"] for it in reasons} <= set(fed.plan.usecase.feature_names)
    sizes = [abs(it["contribution"]) for it in reasons]
    assert sizes == sorted(sizes, reverse=True)


def test_the_api_serves_its_document_and_answers_by_it(fed: Fed) -> None:
    served = fed.api.ask("GET", "/openapi.json")
    assert (served.status, served.body) == (200, document(fed.plan.usecase))
    schemas = served.body["components"]
    answers = {
        "Prediction": fed.api.ask("POST", "/predict?explain=true", events(fed, 1)[0]).body,
        "Predictions": fed.api.ask("POST", "/predict/batch", {"events": [*events(fed, 2), {}]}).body,
        "Error": fed.api.predict({}).body,
        "Health": fed.api.ask("GET", "/health").body,
    }
    for name, body in answers.items():
        jsonschema.Draft202012Validator({**schemas["schemas"][name], "components": schemas}).validate(body)


def test_a_correlation_id_comes_back(fed: Fed) -> None:
    answer = fed.api.ask("POST", "/predict", events(fed, 1)[0], correlation_id="checkout-17")
    assert {name.lower(): value for name, value in answer.headers.items()}["x-correlation-id"] == "checkout-17"


def test_every_row_that_was_captured_has_the_id_of_its_event(fed: Fed) -> None:
    rows = [row for line in lake.read_json_lines(fed.deployment, "capture/") for row in capture.rows(line)]
    streamed = set(fed.plan.events["event_id"])
    assert all(row.single for row in rows)
    assert len({row.inference_id for row in rows} & streamed) > len(streamed) / 2


def test_every_decision_to_block_was_announced(fed: Fed) -> None:
    def total(name: str) -> float:
        answer = fed.loop.client("cloudwatch").get_metric_statistics(
            Namespace="Headrace",
            MetricName=name,
            Dimensions=[
                {"Name": key, "Value": value}
                for key, value in (("service", "enrichment"), ("UseCase", "fraud"), ("Stage", "local"))
            ],
            StartTime=time.time() - DAY,
            EndTime=time.time() + 400 * DAY,
            Period=DAY,
            Statistics=["Sum"],
        )
        return sum(point["Sum"] for point in answer["Datapoints"])

    assert total("Alerts") >= (fed.result.predictions["decision"] == "BLOCK").sum()
    assert total("Unannounced") == 0

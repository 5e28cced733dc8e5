"""The delivery transform: every record id exactly once, each record its own fate, and an answer that fits."""

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shard_records import START, event, record
from varied_usecases import hashing

from headrace.errors import SettingsError
from headrace.masking import mask
from headrace.usecase import Compliance
from lambdas.delivery_transform.logic import Delivery, Transformed, transform
from lambdas.shared.stream import CLOCK_SKEW_S
from usecases import load

FRAUD = load("fraud")


def deliveries(*bodies: bytes | dict[str, object]) -> list[Delivery]:
    return [Delivery(f"id{number}", record(number, body)) for number, body in enumerate(bodies)]


def row(answer: Transformed) -> dict[str, object]:
    line = base64.b64decode(answer.data)
    assert line.endswith(b"\n")
    return dict(json.loads(line))


def test_a_valid_event_is_delivered_in_canonical_form_with_its_place_in_the_stream() -> None:
    answers, counts = transform(deliveries(event(1) | {"timestamp": "2023-11-14T23:13:20.9+01:00", "extra": 1}), FRAUD)
    assert counts == {"Records": 1, "Rejected": 0, "Overflowed": 0}
    assert answers[0].as_json().keys() == {"recordId", "result", "data"}
    assert row(answers[0]) == {
        "event_id": "e000001",
        "timestamp": "2023-11-14T22:13:20Z",
        "customer_id": "c1",
        "terminal_id": "t1",
        "amount": 10.0,
        "shard_id": "shardId-000000000000",
        "sequence_number": record(0, b"").sequence_number,
        "arrived_at": "2023-11-14T22:13:20.000Z",
    }


@given(st.lists(st.one_of(st.binary(max_size=30), st.just(json.dumps(event(1)).encode())), max_size=20))
def test_every_record_comes_back_once_in_order_and_only_bad_ones_fail(bodies: list[bytes]) -> None:
    answers, _ = transform(deliveries(*bodies), FRAUD)
    assert [answer.record_id for answer in answers] == [f"id{number}" for number in range(len(bodies))]
    good = json.dumps(event(1)).encode()
    assert [answer.result for answer in answers] == ["Ok" if body == good else "ProcessingFailed" for body in bodies]


@pytest.mark.parametrize(
    "body", [b"not json", event(1) | {"amount": None}, event(1) | {"timestamp": START + CLOCK_SKEW_S + 1}]
)
def test_what_enrichment_quarantines_fails_here_without_data_so_that_firehose_keeps_the_original(
    body: bytes | dict[str, object],
) -> None:
    answers, counts = transform(deliveries(event(1), body, event(2)), FRAUD)
    assert [answer.result for answer in answers] == ["Ok", "ProcessingFailed", "Ok"]
    assert answers[1].as_json() == {"recordId": "id1", "result": "ProcessingFailed"}
    assert counts["Rejected"] == 1


def test_records_for_which_the_answer_has_no_room_fail_alone_and_smaller_ones_still_go() -> None:
    large = event(2) | {"customer_id": "x" * 64, "terminal_id": "y" * 64}
    sizes = [len(answer.data) for answer in transform(deliveries(event(1), large, event(3)), FRAUD)[0]]
    room = sizes[0] + sizes[2] + 3 * (3 + 64)
    answers, counts = transform(deliveries(event(1), large, event(3)), FRAUD, most_bytes=room)
    assert [answer.result for answer in answers] == ["Ok", "ProcessingFailed", "Ok"]
    assert counts["Overflowed"] == 1
    assert len(json.dumps({"records": [answer.as_json() for answer in answers]})) <= room + len('{"records": []}') + 64


def test_fields_are_masked_as_the_use_case_says() -> None:
    answers, _ = transform(deliveries(event(1)), hashing("customer_id"), mask_key=b"k")
    assert row(answers[0])["customer_id"] == mask("c1", b"k")


def test_a_use_case_that_hashes_without_a_key_delivers_nothing() -> None:
    with pytest.raises(SettingsError, match="mask key"):
        transform(deliveries(event(1)), hashing("customer_id"))


def test_under_a_profile_nothing_is_left_to_firehose_as_it_came() -> None:
    sealed = replace(FRAUD, compliance=Compliance(profiles=("pci",)))
    answers, counts = transform(deliveries(b"4111111111111111"), sealed)
    assert [answer.result for answer in answers] == ["Dropped"]
    assert counts["Rejected"] == 1

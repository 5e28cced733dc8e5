"""The small shared parts: clients, error mapping, objects in the lake, the mask key, the batch answer."""

import base64
import json
from dataclasses import replace

import pytest
from lambda_fakes import FakeStore
from shard_records import START, event, label, record
from varied_usecases import hashing

import usecases
from headrace.errors import RejectedError, UseCaseError
from headrace.masking import mask
from headrace.usecase import Compliance, Field
from headrace.windows import EventState, LabelState, encode
from lambdas.shared.lake_row import identity
from lambdas.shared.loading import features
from lambdas.shared.quarantine import Rejected, quarantine
from lambdas.shared.stream import Outcome, first_of
from lambdas.shared.window_state import EntityKey, StoredState, decode_states
from usecases import load


def test_quarantined_records_keep_reason_field_place_and_bytes_under_their_day_of_arrival() -> None:
    store = FakeStore()
    late = START + 86_400
    quarantine(
        store,
        "enrichment",
        [
            Rejected(record(1, b"\xff"), RejectedError("is not UTF-8")),
            Rejected(record(3, b"{}"), RejectedError("is missing", field="event_id")),
            Rejected(record(4, b"x", arrived_at=late), RejectedError("is not JSON")),
        ],
        usecase=usecases.load("fraud"),
    )
    first, last = record(1, b"").sequence_number, record(3, b"").sequence_number
    assert sorted(store.objects) == [
        f"quarantine/enrichment/dt=2023-11-14/shardId-000000000000-{first}-{last}.jsonl",
        f"quarantine/enrichment/dt=2023-11-15/shardId-000000000000-{record(4, b'').sequence_number}"
        f"-{record(4, b'').sequence_number}.jsonl",
    ]
    assert store.rows("quarantine/enrichment/dt=2023-11-14")[0] == {
        "reason": "is not UTF-8",
        "field": None,
        "shard_id": "shardId-000000000000",
        "sequence_number": first,
        "arrived_at": "2023-11-14T22:13:20.000Z",
        "data": "/w==",
    }
    assert store.rows("quarantine/enrichment/dt=2023-11-14")[1]["field"] == "event_id"


def test_under_a_profile_quarantine_keeps_nothing_that_names_somebody() -> None:
    fraud = usecases.load("fraud")
    sealed = replace(fraud, compliance=Compliance(profiles=("pci",)))
    store = FakeStore()
    data = json.dumps({"event_id": "e1", "customer_id": "4111111111111111", "ssn": "078-05-1120"}).encode()
    quarantine(
        store, "enrichment", [Rejected(record(1, data), RejectedError("is missing", field="amount"))], usecase=sealed
    )
    (row,) = store.rows("quarantine/enrichment/dt=2023-11-14")
    assert base64.b64decode(row["data"]) == b'{"event_id":"e1"}'
    assert row["field"] == "amount"


def test_the_answer_to_a_batch_names_the_first_failed_record_as_kinesis_spells_it() -> None:
    records = [record(number, b"") for number in range(3)]
    assert Outcome(counts={}).response(records) == {"batchItemFailures": []}
    assert Outcome(counts={}, failed_from=records[1].mark).response(records) == {
        "batchItemFailures": [{"itemIdentifier": records[1].sequence_number}]
    }


def test_marks_order_like_the_numbers_they_stand_for() -> None:
    short, long = (record(0, b"")._replace(sequence_number=it) for it in ("9", "10"))
    assert short.mark < long.mark
    assert first_of(long.mark, None, short.mark) == short.mark
    assert first_of(None, None) is None


def test_keys_reach_the_lake_hashed_where_the_use_case_says_so() -> None:
    row = identity(
        hashing("customer_id"), event_id="e1", timestamp=START, keys={"customer": "c1", "terminal": "t1"}, mask_key=b"k"
    )
    assert row == {
        "event_id": "e1",
        "timestamp": "2023-11-14T22:13:20Z",
        "customer_id": mask("c1", b"k"),
        "terminal_id": "t1",
    }


def test_a_use_case_is_loaded_by_name_and_once() -> None:
    assert features("fraud") is features("fraud")
    with pytest.raises(UseCaseError, match="there is no use case 'nope'"):
        features("nope")


def test_labels_of_several_shards_are_one_state_and_events_stay_apart() -> None:
    compiled, key = features("fraud"), EntityKey("terminal", "t1")
    stored = []
    for shard, fraud in (("a", 1), ("b", 0)):
        events, labels = compiled.new_state("terminal", "events"), compiled.new_state("terminal", "labels")
        assert isinstance(events, EventState)
        assert isinstance(labels, LabelState)
        events.fold(timestamp=START, event_id=shard, values={})
        labels.fold(timestamp=START, event_id=shard, value=fraud, labelled_at=START + 1)
        stored += [StoredState(f"{state.layout.source}#{shard}", encode(state), "", 1) for state in (events, labels)]
    states = decode_states(compiled, key, stored)
    assert [state.layout.source for state in states] == ["events", "events", "labels"]
    assert isinstance(states[2], LabelState)
    assert sorted(states[2].values) == [0, 1]


def test_the_examples_of_these_tests_are_json() -> None:
    assert json.loads(record(0, event(1)).data) == event(1)
    assert json.loads(record(0, label(1)).data) == label(1)


def test_a_hashed_field_that_is_no_entitys_key_needs_no_secret_in_a_row_of_the_lake() -> None:
    usecase = load("fraud")
    email = Field(name="email", type="string", required=False, privacy="hash")
    usecase = replace(usecase, event=replace(usecase.event, fields=(*usecase.event.fields, email)))
    keys = {"customer": "c1", "terminal": "t1"}
    assert identity(usecase, event_id="e1", timestamp=0, keys=keys, mask_key=b"") == {
        "event_id": "e1",
        "timestamp": "1970-01-01T00:00:00Z",
        "customer_id": "c1",
        "terminal_id": "t1",
    }

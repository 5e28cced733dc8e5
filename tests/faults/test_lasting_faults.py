"""A call that keeps failing costs nothing but time: what could not be done lies in dead letters, with its reason."""

from collections.abc import Iterator
from typing import Any

import fault_injection
import pytest
import tally
from fault_injection import Fault, Injector
from fault_table import SCENARIOS
from stream_faults import events, labels

QUIET = "ignore:No application metrics to publish"
pytestmark = [pytest.mark.trust, pytest.mark.timeout(600), pytest.mark.filterwarnings(QUIET)]
LASTING = ("throttle", "server error", "access denied")
RECORDS = {"enrichment": events, "ground_truth": labels}


@pytest.fixture(autouse=True, scope="module")
def struck() -> None:
    """Clients that are made from here on can be made to fail."""
    fault_injection.prepare()


def operations(name: str) -> list[str]:
    """The different calls of a scenario."""
    calm = Injector()
    SCENARIOS[name](calm)
    return list(dict.fromkeys(calm.calls))


def trials(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every kind of lasting fault of every operation, and what it left."""
    for operation in operations(name):
        for kind in LASTING:
            injector = Injector(Fault(kind, operation=operation))
            found = dict(SCENARIOS[name](injector))
            assert injector.struck
            tally.lasting[name] += 1
            yield f"{kind} of {operation}", found


def dead_numbers(dead: list[dict[str, Any]], numbers: list[str]) -> set[str]:
    """Sequence numbers that the dead letters' ranges cover."""
    spans = [(it["KinesisBatchInfo"], it["requestContext"]["condition"]) for it in dead]
    assert all(reason in ("RetryAttemptsExhausted", "RecordAgeExceeded") for _, reason in spans)
    return {
        it
        for it in numbers
        for span, _ in spans
        if int(span["startSequenceNumber"]) <= int(it) <= int(span["endSequenceNumber"])
    }


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_of_a_stream_is_done_or_in_quarantine_or_in_a_dead_letter(name: str) -> None:
    numbers = [it.sequence_number for it in RECORDS[name]()]
    kept = {"enrichment": "vectors", "ground_truth": "labels"}[name]
    for trial, found in trials(name):
        dead = dead_numbers(found["dead"], numbers)
        assert set(found[kept]) | set(found["quarantine"]) | dead == set(numbers), trial
        # What was logged before it was given up may have seen records that were given up as well.
        assert all(len(copies) == 1 for number, copies in found[kept].items() if number not in dead), trial


def test_every_file_of_labels_has_its_receipt_or_is_a_dead_letter() -> None:
    for trial, found in trials("label_inbox"):
        done = {file for file, *_ in found["receipts"]}
        dead = " ".join(it["body"] for it in found["dead"])
        left = {"labels-inbox/a.csv", "labels-inbox/b.csv"} - done
        assert all(file in dead for file in left), trial
        assert all(it["condition"] for it in found["dead"]), trial


def test_every_file_of_events_has_its_receipt_or_is_a_dead_letter_and_no_repetition_is_uncounted() -> None:
    for trial, found in trials("event_inbox"):
        done = {file for file, *_ in found["receipts"]}
        dead = " ".join(it["body"] for it in found["dead"])
        left = {"events-inbox/a.csv", "events-inbox/b.parquet"} - done
        assert all(file in dead for file in left), trial
        assert found["repetitions are counted"], trial


def test_no_rollout_is_left_half_done_and_what_was_not_dealt_with_is_a_dead_letter() -> None:
    calm = SCENARIOS["deployment"](Injector())
    for trial, found in trials("deployment"):
        assert not found["half"], trial
        assert found["dead"] or found == calm, trial


def test_every_signal_is_decided_and_closed_or_is_a_dead_letter() -> None:
    calm = SCENARIOS["drift_response"](Injector())
    for trial, found in trials("drift_response"):
        assert found["dead"] or found == calm, trial

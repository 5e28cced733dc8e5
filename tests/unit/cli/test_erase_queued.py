"""Erasure finds what an asynchronous endpoint keeps of an event: request and ticket, by the event's id."""

import json

import pytest

from cli.erase.content import split
from cli.erase.subject import Subject
from headrace.inference_id import inference_id

KEPT = {
    "asynchronous/requests/x.json": {"instances": [{"amount": 1.5}]},
    "asynchronous/tickets/x.json": {"output": "s3://lake/asynchronous/answers/1.out", "accepted_at": 1.0},
}


@pytest.mark.parametrize("key", KEPT)
@pytest.mark.parametrize(("event_id", "theirs"), [("e1", True), ("é1", True), ("e11", False)])
def test_what_names_an_event_of_the_person_goes_and_nothing_else(key: str, event_id: str, theirs: bool) -> None:
    subject = Subject(id="c1", field="customer_id", events={"e1", "é1"})
    body = json.dumps({**KEPT[key], "ids": [inference_id(event_id)]}).encode()
    parted = split(key, body, subject, event_id="event_id")
    assert bool(parted.found) is theirs
    assert (parted.rest is None) is theirs

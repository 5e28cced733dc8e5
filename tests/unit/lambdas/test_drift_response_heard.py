"""What drift response hears as one signal, what it ignores, and what it waits for."""

from dataclasses import replace

import pytest
from reaction_signals import DEPLOYED, FRAUD, alarm, signal
from reaction_world import ENDPOINT, World, envelope, own_event, s3_event

from lambdas.drift_response.messages import Document


@pytest.fixture
def world() -> World:
    return World(FRAUD)


def test_both_spellings_and_all_kinds_are_heard(world: World) -> None:
    for kind in ("data-quality", "model-quality", "bias", "attribution"):
        for name in ("constraint", "constraints"):
            found = signal(world.window(3, kind=kind, name=name))
            assert isinstance(found.content, Document)
            assert found.content.outputs.kind == kind.replace("-", "_")


def test_a_second_delivery_has_the_same_id_and_another_version_another() -> None:
    key = f"monitoring/{ENDPOINT}/{ENDPOINT}-bias/2026/01/01/03/constraint_violations.json"
    one, again = (s3_event(key, time="2026-01-01T03:10:00Z", event_id=it) for it in ("a", "b"))
    assert signal(one).id == signal(again).id
    assert signal(one).id.startswith("20260101T030000Z-")
    assert signal(one).id != signal(one.replace('"sequencer": "0"', '"sequencer": "1"')).id


def test_an_event_of_ours_that_was_put_twice_is_one_signal() -> None:
    first, again = (own_event(DEPLOYED, time=f"2026-01-01T00:00:0{second}Z") for second in (0, 7))
    assert signal(first).id == signal(again).id


@pytest.mark.parametrize(
    "body",
    [
        s3_event("events/x_violations.json", time="2026-01-01T03:10:00Z"),
        s3_event("monitoring/other/other-bias/2026/01/01/03/constraint_violations.json", time="2026-01-01T03:10:00Z"),
        s3_event(f"monitoring/{ENDPOINT}/{ENDPOINT}-bias/2026/01/01/03/report.html", time="2026-01-01T03:10:00Z"),
        envelope("aws.ec2", "Something", {}, time="2026-01-01T00:00:00Z"),
        own_event(replace(DEPLOYED, stage="prod"), time="2026-01-01T00:00:00Z"),
        alarm(namespace="AWS/Lambda", FunctionName="x"),
        alarm(EndpointName="other"),
    ],
)
def test_what_is_not_about_our_model_is_ignored_without_a_record(world: World, body: str) -> None:
    assert world.handle(body).result == "ignored"
    assert not world.records


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{}", '{"source": "aws.s3"}', s3_event("monitoring/x_violations.json", time="2026-01-01T03:10:00Z")],
)
def test_what_is_no_event_goes_to_the_dead_letters(world: World, body: str) -> None:
    handled = world.handle(body)
    assert handled.result == "rejected"
    assert not handled.done


def test_a_document_that_is_not_there_yet_is_waited_for(world: World) -> None:
    body = world.window(1)
    written = dict(world.objects)
    world.objects.clear()
    assert world.handle(body).result == "waiting"
    world.objects.update(written)
    assert world.handle(body).result == "decided"

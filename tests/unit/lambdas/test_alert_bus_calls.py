"""How alerts reach the bus: ten to a call, refused ones again, and never longer than the stream may wait."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from lambda_fakes import FakeClock

from headrace.events import AlertRaised
from lambdas.enrichment.bus import AlertBus


class Client:
    """EventBridge, failing as it is told: per call an exception, or the places of the entries that it refuses."""

    def __init__(self, *plan: Exception | tuple[int, ...]) -> None:
        self.plan, self.calls = list(plan), list[list[Any]]()

    def put_events(self, Entries: list[Any]) -> dict[str, Any]:  # the SDK spells it so
        self.calls.append(Entries)
        step = self.plan.pop(0) if self.plan else ()
        if isinstance(step, Exception):
            raise step
        answers = [
            {"ErrorCode": "ThrottlingException"} if at in step else {"EventId": "1"} for at in range(len(Entries))
        ]
        return {"FailedEntryCount": len(step), "Entries": answers}


def alert(number: int, version: str = "7") -> AlertRaised:
    return AlertRaised(
        usecase="fraud",
        stage="dev",
        at="2026-01-31T12:00:00Z",
        event_id=f"e{number}",
        happened_at="2026-01-31T12:00:00Z",
        entities=("customer#c1",),
        score=0.9,
        decision="BLOCK",
        model_version=version,
    )


def announce(client: Client, count: int, *, version: str = "7", clock: FakeClock | None = None) -> int:
    time = clock or FakeClock()
    with ThreadPoolExecutor(1) as executor:
        bus = AlertBus(client, executor=executor, clock=time, sleep=time.sleep)  # type: ignore[arg-type]  # the part that is used
        return bus.announce([alert(number, version) for number in range(count)])


def test_events_go_ten_to_a_call_and_no_call_is_too_large() -> None:
    client = Client()
    assert announce(client, 25) == 0
    assert [len(call) for call in client.calls] == [10, 10, 5]
    client = Client()
    assert announce(client, 100, version="ü" * 4_000) == 0
    assert sum(len(call) for call in client.calls) == 100
    assert all(sum(len(text.encode()) for it in call for text in it.values()) <= 256_000 for call in client.calls)


def test_only_what_was_refused_is_put_again() -> None:
    client = Client((1, 3))
    assert announce(client, 5) == 0
    assert [[json.loads(it["Detail"])["EventId"] for it in call] for call in client.calls] == [
        ["e0", "e1", "e2", "e3", "e4"],
        ["e1", "e3"],
    ]


@pytest.mark.parametrize(
    "failure",
    [
        ClientError({"Error": {"Code": "ThrottlingException"}}, "PutEvents"),
        ClientError({"Error": {"Code": "AccessDeniedException"}}, "PutEvents"),
        EndpointConnectionError(endpoint_url="https://events"),
    ],
)
def test_whatever_the_bus_does_it_is_counted_and_not_raised(failure: Exception) -> None:
    client, clock = Client(*[failure] * 100), FakeClock()
    assert announce(client, 12, clock=clock) == 12
    assert len(client.calls) == 8
    assert clock.now < 2.0


def test_no_call_starts_after_the_stream_has_waited_long_enough() -> None:
    clock = FakeClock()

    class Slow(Client):
        """Takes more than the whole time."""

        def put_events(self, Entries: list[Any]) -> dict[str, Any]:  # the SDK spells it so
            clock.sleep(3.0)
            return super().put_events(Entries)

    client = Slow()
    assert announce(client, 30, clock=clock) == 20
    assert len(client.calls) == 1

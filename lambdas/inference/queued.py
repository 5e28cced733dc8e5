"""Events whose answer comes later: accepted at once, asked for by id, answered from what the model wrote.

An event's id names its request, so whoever sends an event twice is told of the same answer, and the model is asked
once.
"""

import hashlib
import re
from http import HTTPStatus
from typing import Literal, NamedTuple, Protocol

from headrace.errors import HeadraceError
from headrace.features import Vector
from lambdas.inference.exchange import Answer, counted, refusal
from lambdas.inference.prediction import REASONS, Event, Predictor, Valued, place_of
from lambdas.shared.scoring import Degradation, EndpointError, Scored

RESULTS = "/predict/"
"""A result's path is this and its inference id."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TAKEN = frozenset({"batch"})


class Ticket(NamedTuple):
    """What was accepted: whose answer it will be, and the places of the answer and of a failure, as S3 URIs."""

    event_id: str
    output: str
    failure: str | None
    accepted_at: float


class Outcome(NamedTuple):
    """How far a request has got; ``answer`` is there once it is done or failed."""

    ticket: Ticket
    state: Literal["pending", "done", "failed"]
    answer: Scored | None = None


class Queue(Protocol):
    """The asynchronous endpoint and what it reads and writes."""

    def submit(self, name: str, vector: Vector, *, event_id: str, explain: int) -> Ticket:
        """Hand in a request; one of a name that was handed in before is the same request.

        Raises:
            EndpointError: if it was not taken.
        """

    def outcome(self, name: str) -> Outcome | None:
        """How far the request of a name has got; None if none of that name was accepted, or it is forgotten.

        Raises:
            RetryableError: if nobody can tell now.
            DependencyError: if nobody may tell.
        """


def name_of(event_id: str) -> str:
    """The inference id of an event: its own if that can stand in a path, else a hash of it."""
    if _NAME.fullmatch(event_id) and event_id not in _TAKEN:
        return event_id
    return hashlib.sha256(event_id.encode()).hexdigest()


class Handed(NamedTuple):
    """What became of one event: the body for its sender; ``reason`` says why nobody took it, ``trouble`` where we
    failed.
    """

    body: dict[str, object]
    reason: Degradation | None = None
    trouble: str | None = None


def hand_in(event: Event, valued: Valued, predictor: Predictor, queue: Queue, *, explain: bool) -> Handed:
    """Hand in a checked event, or answer it with the fallback if nobody takes it. Never raises for a dependency.

    Args:
        event: as ``coerce_event`` returns it.
        valued: its features. Poorer ones are not handed in: the answer that comes later could not say that they were.
        predictor: knows the answer's form.
        queue: takes it.
        explain: whether its answer names what moved the score most.
    """
    vector = valued.vector
    if vector is None or valued.degraded:
        return untaken(event, predictor, valued.degraded or "state_error", explain=explain)
    event_id = predictor.id_of(event)
    name = name_of(event_id)
    try:
        ticket = queue.submit(name, vector, event_id=event_id, explain=REASONS if explain else 0)
    except EndpointError as exc:
        return untaken(event, predictor, exc.reason, explain=explain)
    except Exception as exc:  # the boundary: a mistake of ours must not cost the caller the answer
        return untaken(event, predictor, "internal_error", explain=explain, trouble=place_of(exc))
    return Handed(_accepted(event_id, name, ticket))


def untaken(
    event: Event, predictor: Predictor, reason: Degradation, *, explain: bool, trouble: str | None = None
) -> Handed:
    """The fallback for an event that may be sent again."""
    return Handed(predictor.body(predictor.id_of(event), Scored(degraded=reason), explain=explain), reason, trouble)


def _accepted(event_id: str, name: str, ticket: Ticket) -> dict[str, object]:
    return {
        "event_id": event_id,
        "inference_id": name,
        "status": "accepted",
        "result": f"{RESULTS}{name}",
        "output_location": ticket.output,
    }


def result(name: str, predictor: Predictor, queue: Queue) -> Answer:
    """How far a request has got, and its answer. Never raises for a dependency."""
    if not _NAME.fullmatch(name):
        return refusal(HTTPStatus.NOT_FOUND, "is no inference id", field="inference_id")
    try:
        found = queue.outcome(name)
    except HeadraceError:
        return _unknown(name)
    except Exception as exc:  # the boundary, as above: a ticket that somebody has written over, for example
        return _unknown(name, place_of(exc))
    if found is None:
        return refusal(HTTPStatus.NOT_FOUND, "names no request that was accepted", field="inference_id")
    body: dict[str, object] = {"inference_id": name, "status": found.state}
    if found.answer is not None:
        explain = bool(found.answer.reasons)
        body["prediction"] = predictor.body(found.ticket.event_id, found.answer, explain=explain)
    return Answer(HTTPStatus.OK, body, counted())


def _unknown(name: str, trouble: str | None = None) -> Answer:
    body = {"inference_id": name, "status": "unknown", "reason": "lake_error"}
    return Answer(HTTPStatus.OK, body, counted(), trouble=trouble)

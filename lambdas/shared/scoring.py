"""Vectors become scores, within a deadline; whoever asks always gets an answer, if need be a degraded one."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

from headrace.errors import HeadraceError
from headrace.features import Vector
from headrace.frozen import dataclass
from headrace.inference_id import LONGEST_ID, inference_id

Degradation = Literal[
    "no_model",
    "endpoint_throttled",
    "endpoint_timeout",
    "endpoint_error",
    "state_error",
    "lookup_error",
    "internal_error",
]
"""Why an answer has no score; of ``lookup_error``, why its score is that of an event without what is looked up."""
_VALUE_BYTES = 32
"""An upper bound of a number's text (25 characters) with quotes, colon and comma around its name."""
_ID_BYTES = LONGEST_ID + 3
"""An id with its quotes and comma."""
_MOST_INSTANCES = 1_000
_MOST_BYTES = 5_500_000
_PAUSE_S = 0.05


class EndpointError(HeadraceError):
    """The endpoint gave no prediction. ``passing`` says whether it may when asked again."""

    def __init__(self, reason: Degradation, *, passing: bool) -> None:
        super().__init__(reason)
        self.reason: Degradation = reason
        self.passing = passing


Reason = Mapping[str, object]
"""A feature that moved a score: ``feature``, ``value`` and ``contribution`` to the log odds."""


class Scored(NamedTuple):
    """One answer: a prediction, or the reason why there is none.

    ``reasons`` are the features that moved the score most, strongest first; none if nobody asked or nobody can say.
    """

    score: float | None = None
    decision: str | None = None
    model_version: str | None = None
    degraded: Degradation | None = None
    reasons: tuple[Reason, ...] = ()


class Endpoint(Protocol):
    """A deployed model."""

    def predict(self, vectors: Sequence[Vector], *, ids: Sequence[str], explain: int = 0) -> list[Scored]:
        """One prediction per vector, in order, each under its inference id and with so many reasons.

        Raises:
            EndpointError: if there are no predictions.
        """


@dataclass(frozen=True, kw_only=True)
class Scorer:
    """Asks the endpoint, again if that may help, and gives up in time.

    Args:
        endpoint: the deployed model; None if scores are not wanted or there is no model.
        call_s: the longest that one call may take.
        deadline_s: the longest that all calls together may take: after the first, a call starts only if it can end
            in time.
        clock: a monotonic clock in seconds.
    """

    endpoint: Endpoint | None
    call_s: float
    deadline_s: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def score(
        self, vectors: Sequence[Vector], ids: Sequence[str], *, explain: int = 0, until: float | None = None
    ) -> list[Scored]:
        """One answer per vector, in order.

        Args:
            vectors: all of one use case.
            ids: the event's id of each.
            explain: how many reasons each answer should name.
            until: on the clock, when several scorers share one deadline: no call starts that could end after it.
        """
        if self.endpoint is None or not vectors:
            return [Scored(degraded="no_model")] * len(vectors)
        shared = until is not None
        until = self.clock() + self.deadline_s if until is None else until
        size = _most_per_call(vectors[0]) if len(vectors) > 1 else 1
        answers: list[Scored] = []
        for start in range(0, len(vectors), size):
            chunk = vectors[start : start + size]
            try:
                names = [inference_id(it) for it in ids[start : start + size]]
                answers += self._predict(self.endpoint, chunk, names, explain, until, first=not start and not shared)
            except EndpointError as exc:
                answers += [Scored(degraded=exc.reason)] * len(chunk)
        return answers

    def _predict(
        self,
        endpoint: Endpoint,
        vectors: Sequence[Vector],
        names: Sequence[str],
        explain: int,
        until: float,
        *,
        first: bool,
    ) -> list[Scored]:
        pause_s, failure = _PAUSE_S, EndpointError("endpoint_timeout", passing=True)
        while first or self.clock() + self.call_s <= until:
            first = False
            try:
                return endpoint.predict(vectors, ids=names, explain=explain)
            except EndpointError as exc:
                if not exc.passing:
                    raise
                failure = exc
            self.sleep(pause_s)
            pause_s *= 2
        raise failure


def _most_per_call(vector: Vector) -> int:
    """How many such vectors fit into one request."""
    return max(1, min(_MOST_INSTANCES, _MOST_BYTES // (_ID_BYTES + sum(len(name) + _VALUE_BYTES for name in vector))))

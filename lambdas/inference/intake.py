"""Events of one request, handed in to an asynchronous endpoint side by side and within one deadline.

Each is taken or not on its own, as if it had come alone. Whoever is not told of its event in time may send it again:
its id names one request, so it is the same one even if it was taken a moment later.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from http import HTTPStatus

from lambdas.inference.exchange import Answer, counted
from lambdas.inference.prediction import Event, Predictor, place_of
from lambdas.inference.queued import Handed, Queue, hand_in, name_of, untaken


@dataclass(frozen=True, kw_only=True)
class Intake:
    """Takes events in.

    Attributes:
        queue: takes each of them, from many threads at once.
        executor: the threads; a call that takes too long keeps its own until it ends.
        deadline_s: the longest that a caller waits for all events together.
        clock: a monotonic clock in seconds.
    """

    queue: Queue
    executor: Executor
    deadline_s: float
    clock: Callable[[], float] = time.monotonic

    def submit(self, events: Sequence[Event], predictor: Predictor, *, explain: bool) -> list[Handed]:
        """Hand in checked events; what became of each, in order. Never raises for a dependency.

        Events of one id are one request, of which the first one's words count.
        """
        try:
            valued = predictor.valued(events)
        except Exception as exc:  # the boundary: a mistake of ours must not cost the caller the answer
            trouble = place_of(exc)
            return [untaken(it, predictor, "internal_error", explain=explain, trouble=trouble) for it in events]
        until = self.clock() + self.deadline_s
        names = [name_of(predictor.id_of(it)) for it in events]
        places = {name: names.index(name) for name in names}
        started = {
            name: self.executor.submit(hand_in, events[it], valued[it], predictor, self.queue, explain=explain)
            for name, it in places.items()
        }
        told = {name: self._told(it, until) for name, it in started.items()}
        return [
            told[name] or untaken(events[places[name]], predictor, "endpoint_timeout", explain=explain)
            for name in names
        ]

    def _told(self, started: "Future[Handed]", until: float) -> Handed | None:
        """What became of an event; None if nobody knows in time."""
        try:
            return started.result(max(0.0, until - self.clock()))
        except TimeoutError:
            started.cancel()
            return None


def answer_of(handed: Sequence[Handed], body: dict[str, object], *, refused: int) -> Answer:
    """The answer to a request: accepted if anything of it was.

    Args:
        handed: what became of each event that could be handed in.
        body: the answer's.
        refused: how many events were none.
    """
    reasons = [it.reason for it in handed if it.reason is not None]
    accepted = len(reasons) < len(handed)
    return Answer(
        HTTPStatus.ACCEPTED if accepted else HTTPStatus.OK,
        body,
        counted(events=len(handed) + refused, refused=refused, degraded=len(reasons)),
        reasons=tuple(dict.fromkeys(reasons)),
        trouble=next((it.trouble for it in handed if it.trouble is not None), None),
    )

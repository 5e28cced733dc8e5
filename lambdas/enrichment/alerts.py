"""Which scored events are told to the bus, and as what."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Protocol, cast

from headrace.errors import RejectedError
from headrace.events import AlertRaised, BusEvent, PredictionMade
from headrace.schema import format_timestamp
from headrace.usecase import Alerts, UseCase
from lambdas.enrichment.parts import Accepted
from lambdas.shared.scoring import Scored


class Bus(Protocol):
    """Takes what others want to be told."""

    def announce(self, events: Sequence[BusEvent]) -> int:
        """Put events, soon or not at all. Returns how many were not taken. Raises nothing that the bus does."""


class Announcer:
    """Tells the bus of a use case's scored events.

    Args:
        usecase: whose events.
        alerts: what it wants to be told.
        bus: where.
        stage: of the deployment.
        clock: epoch seconds now.
    """

    def __init__(
        self, usecase: UseCase, alerts: Alerts, *, bus: Bus, stage: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._usecase, self._bus, self._stage, self._clock = usecase, bus, stage, clock
        self._alerting, self._everything = frozenset(alerts.decisions), alerts.every_prediction
        self._id, self._timestamp = usecase.event.id, usecase.event.timestamp

    def tell(self, scored: Iterable[tuple[Accepted, Scored]]) -> dict[str, int]:
        """Tell the bus, alerts first. An event without a score was not decided by a model and is told nobody.

        Returns:
            As metrics: how many alerts there were, and how many events of the bus were not taken.
        """
        alerts: list[BusEvent] = []
        predictions: list[BusEvent] = []
        unfit = 0
        now = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        for it, answer in scored:
            try:
                for event in self._events(it, answer, now):
                    (alerts if isinstance(event, AlertRaised) else predictions).append(event)
            except RejectedError:  # an id longer than a field of the bus may be
                unfit += 1
        events = alerts + predictions
        lost = self._bus.announce(events) if events else 0
        return {"Alerts": len(alerts), "Unannounced": lost + unfit}

    def _events(self, it: Accepted, answer: Scored, now: str) -> Iterator[BusEvent]:
        if answer.score is None or answer.decision is None:
            return
        alerting = answer.decision in self._alerting
        if not alerting and not self._everything:
            return
        for kind in [AlertRaised] * alerting + [PredictionMade] * self._everything:
            yield kind(
                usecase=self._usecase.name,
                stage=self._stage,
                at=now,
                event_id=cast(str, it.event[self._id]),
                happened_at=format_timestamp(cast(int, it.event[self._timestamp])),
                entities=tuple(key.id for key in it.keys),
                score=answer.score,
                decision=answer.decision,
                model_version=answer.model_version or "",
            )

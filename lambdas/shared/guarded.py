"""The endpoint, the state table and look-ups behind circuit breakers, for whoever must answer in time."""

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from headrace.errors import HeadraceError
from headrace.features import Vector
from headrace.lookups import LookupKey, Readings
from lambdas.shared.breaker import Breaker
from lambdas.shared.failures import DependencyError
from lambdas.shared.looked_up import ReadingsStore
from lambdas.shared.scoring import Degradation, Endpoint, EndpointError, Scored
from lambdas.shared.window_state import EntityKey, StateReader, Stored


class GuardedEndpoint:
    """An endpoint that is not called while it keeps failing.

    A model's refusal of one request says nothing about the next and does not count.
    """

    def __init__(self, endpoint: Endpoint, breaker: Breaker) -> None:
        self._endpoint, self._breaker = endpoint, breaker

    def predict(self, vectors: Sequence[Vector], *, ids: Sequence[str], explain: int = 0) -> list[Scored]:
        """As the endpoint does. Raises EndpointError, at once and for good while the breaker is open."""
        if (refusal := self._breaker.refusal) is not None:
            raise EndpointError(cast(Degradation, refusal), passing=False)
        try:
            answers = self._endpoint.predict(vectors, ids=ids, explain=explain)
        except EndpointError as exc:
            if exc.passing:
                self._breaker.failed(exc.reason)
            elif exc.reason == "no_model":  # said at once, and over as soon as the first model is in service
                self._breaker.failed(exc.reason, cheap=True)
            raise
        self._breaker.succeeded()
        return answers


class GuardedStates:
    """A reader of window state that is not called while it keeps failing."""

    def __init__(self, reader: StateReader, breaker: Breaker) -> None:
        self._reader, self._breaker = reader, breaker

    def read(self, keys: Iterable[EntityKey]) -> Stored:
        """As the reader does. Raises what it raises, and DependencyError at once while the breaker is open."""
        if (refusal := self._breaker.refusal) is not None:
            raise DependencyError(f"reading window state is paused: {refusal}")
        try:
            found = self._reader.read(keys)
        except HeadraceError as exc:
            self._breaker.failed(str(exc))
            raise
        self._breaker.succeeded()
        return found


class GuardedReadings:
    """A store of readings that is not called while it keeps failing."""

    def __init__(self, store: ReadingsStore, breaker: Breaker) -> None:
        self._store, self._breaker = store, breaker

    def read(self, keys: Iterable[LookupKey]) -> Mapping[LookupKey, Readings]:
        """As the store does. Raises what it raises, and DependencyError at once while the breaker is open."""
        if (refusal := self._breaker.refusal) is not None:
            raise DependencyError(f"reading look-ups is paused: {refusal}")
        try:
            found = self._store.read(keys)
        except HeadraceError as exc:
            self._breaker.failed(str(exc))
            raise
        self._breaker.succeeded()
        return found

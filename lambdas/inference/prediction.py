"""Checked events become answers: features from window state, scores from the model, the fallback from the use case.

Whatever fails on the way, every event gets its answer. All events of a call are read, valued and scored together; none
of them sees another, because the answer to an event depends on its own history only.
"""

import traceback
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from headrace.errors import HeadraceError
from headrace.features import FeatureSet, Vector
from headrace.schema import Value
from headrace.windows import State
from lambdas.inference.surroundings import Surroundings
from lambdas.inference.tenants import TenantScorers
from lambdas.shared.scoring import Degradation, Scored, Scorer
from lambdas.shared.window_state import EntityKey, StateReader, Stored, decode_states

REASONS = 5
"""So many reasons are named where a caller asks for them."""
UNEXPLAINED = "not available: this model cannot say what moved its score"
UNSCORED = "not available: there is no score"
_FRAMES = 12

Event = Mapping[str, Value]


class Predictions(NamedTuple):
    """One body per event, in order; ``trouble`` says where our own code failed, if it did."""

    bodies: list[dict[str, object]]
    trouble: str | None = None


class Valued(NamedTuple):
    """One event's features, None if its state cannot be read; and what they lack, if anything."""

    vector: Vector | None
    degraded: Degradation | None = None


class Predictor:
    """Answers checked events of one use case."""

    def __init__(
        self,
        features: FeatureSet,
        reader: StateReader,
        scorer: Scorer | TenantScorers,
        surroundings: Surroundings | None = None,
    ) -> None:
        usecase = features.usecase
        self._features, self._reader, self._scorer = features, reader, scorer
        self._surroundings = surroundings
        self._tenant = usecase.serving.tenant
        self._id, self._fallback = usecase.event.id, usecase.decision.fallback
        self._entities = [(it.name, it.key) for it in usecase.entities]

    def predict(self, events: Sequence[Event], *, explain: bool) -> Predictions:
        """Answer every event. Never raises: a caller with a valid event gets an answer.

        Args:
            events: as ``coerce_event`` returns them.
            explain: whether the answers name what moved the scores most.
        """
        trouble = None
        try:
            answers = self._score(events, REASONS if explain else 0)
        except Exception as exc:  # the boundary: a mistake of ours must not cost the caller the answer
            answers, trouble = [Scored(degraded="internal_error")] * len(events), place_of(exc)
        bodies = [
            self.body(self.id_of(event), answer, explain=explain) for event, answer in zip(events, answers, strict=True)
        ]
        return Predictions(bodies, trouble)

    def id_of(self, event: Event) -> str:
        """An event's id."""
        return cast(str, event[self._id])

    def valued(self, events: Sequence[Event]) -> list[Valued]:
        """The features of each event by what is known of its entities and looked up of it now."""
        keys = [self._keys(event) for event in events]
        begun = self._surroundings.begin(events) if self._surroundings else None
        try:
            stored = self._reader.read(dict.fromkeys(key for own in keys for key in own))
        except HeadraceError:
            return [Valued(None, "state_error")] * len(events)
        if self._surroundings is None:
            return [self._valued(event, own, stored) for event, own in zip(events, keys, strict=True)]
        found = self._surroundings.end(begun, events)
        valued = [self._valued(event, own, stored) for event, own in zip(found.events, keys, strict=True)]
        return [
            it._replace(degraded="lookup_error") if poorer and it.vector is not None else it
            for it, poorer in zip(valued, found.poorer, strict=True)
        ]

    def _valued(self, event: Event, keys: Sequence[EntityKey], stored: Stored) -> Valued:
        try:
            return Valued(self._features.vector(event, self._states(keys, stored)))
        except HeadraceError:
            return Valued(None, "state_error")

    def _keys(self, event: Event) -> list[EntityKey]:
        return [EntityKey(name, cast(str, event[key])) for name, key in self._entities]

    def _score(self, events: Sequence[Event], reasons: int) -> list[Scored]:
        answers = [Scored(degraded="state_error")] * len(events)
        valued = self.valued(events)
        known = {place: it.vector for place, it in enumerate(valued) if it.vector is not None}
        if not known:
            return answers
        asked = [events[place] for place in known]
        found = self._ask(asked, list(known.values()), [self.id_of(event) for event in asked], reasons)
        for place, answer in zip(known, found, strict=True):
            answers[place] = answer if answer.degraded else answer._replace(degraded=valued[place].degraded)
        return answers

    def _ask(
        self, events: Sequence[Event], vectors: Sequence[Vector], ids: Sequence[str], reasons: int
    ) -> list[Scored]:
        if isinstance(self._scorer, TenantScorers):
            tenants = [str(event[self._tenant or ""]) for event in events]
            return self._scorer.score(tenants, vectors, ids, explain=reasons)
        return self._scorer.score(vectors, ids, explain=reasons)

    def _states(self, keys: Sequence[EntityKey], stored: Stored) -> dict[str, list[State]]:
        return {key.entity: decode_states(self._features, key, stored.get(key, ())) for key in keys}

    def body(self, event_id: str, answer: Scored, *, explain: bool) -> dict[str, object]:
        """The answer to an event as its caller gets it: the score, or the fallback and why."""
        body: dict[str, object] = {
            "event_id": event_id,
            "score": answer.score,
            "decision": answer.decision or self._fallback,
            "model_version": answer.model_version,
            "degraded": answer.degraded is not None,
        }
        if answer.degraded is not None:
            body["reason"] = answer.degraded
        if explain:
            body["reasons"] = list(answer.reasons) or None
            if not answer.reasons:
                body["reasons_note"] = UNSCORED if answer.degraded else UNEXPLAINED
        return body


def place_of(exc: Exception) -> str:
    """The kind of an error and where it arose. Not its message, which may hold a value of the event."""
    frames = traceback.extract_tb(exc.__traceback__)[-_FRAMES:]
    return f"{type(exc).__name__} at {' > '.join(f'{it.filename}:{it.lineno} {it.name}' for it in frames)}"

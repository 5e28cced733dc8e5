"""In-memory stand-ins for AWS behind the functions' protocols, with faults where a test asks for them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from headrace.errors import RetryableError
from headrace.features import Vector
from lambdas.enrichment.folding import Snapshot
from lambdas.shared.scoring import EndpointError, Scored
from lambdas.shared.window_state import EntityKey, StateWrite, StoredState


class CrashError(Exception):
    """The process died here."""


class Faults:
    """Says what goes wrong at each step; steps are counted over the whole run. Nothing goes wrong after the last."""

    def __init__(self, plan: Iterable[str] = ()) -> None:
        self.plan = iter(plan)

    def next(self) -> str:
        """``ok``, ``before`` or ``after`` (crash before or after the effect), ``throttle`` or ``lose``."""
        return next(self.plan, "ok")


@dataclass
class FakeStore:
    """The lake's bucket."""

    faults: Faults = field(default_factory=Faults)
    objects: dict[str, bytes] = field(default_factory=dict)

    def put(self, key: str, body: bytes) -> None:
        fault = self.faults.next()
        if fault == "before":
            raise CrashError
        if fault in ("throttle", "lose"):
            raise RetryableError("slow down")
        self.objects[key] = body
        if fault == "after":
            raise CrashError

    def rows(self, prefix: str) -> list[dict[str, object]]:
        """Every row under a prefix."""
        return [
            json.loads(line)
            for key in sorted(self.objects)
            if key.startswith(prefix)
            for line in self.objects[key].splitlines()
        ]


@dataclass
class FakeTable:
    """The window-state table."""

    faults: Faults = field(default_factory=Faults)
    items: dict[tuple[EntityKey, str], StoredState] = field(default_factory=dict)
    reads: int = 0
    expiries: dict[EntityKey, int] = field(default_factory=dict)

    def read(self, keys: Iterable[EntityKey]) -> Mapping[EntityKey, Sequence[StoredState]]:
        self._fail_read()
        return {key: [state for (owner, _), state in self.items.items() if owner == key] for key in keys}

    def read_own(self, keys: Iterable[EntityKey], source: str) -> Mapping[EntityKey, StoredState]:
        self._fail_read()
        return {key: self.items[key, source] for key in keys if (key, source) in self.items}

    def _fail_read(self) -> None:
        self.reads += 1
        fault = self.faults.next()
        if fault in ("before", "after"):
            raise CrashError
        if fault in ("throttle", "lose"):
            raise RetryableError("slow down")

    def write(self, writes: Sequence[StateWrite]) -> set[EntityKey]:
        failed = set()
        for write in writes:
            fault = self.faults.next()
            if fault == "before":
                raise CrashError
            if fault == "throttle" or not self._put(write):
                failed.add(write.key)
            if fault == "lose":  # stored, but the answer says that it was not, as after a lost response
                failed.add(write.key)
            if fault == "after":
                raise CrashError
        return failed

    def _put(self, write: StateWrite) -> bool:
        place = (write.key, write.source)
        stored = self.items.get(place)
        if (stored.mark if stored else None) != write.read_mark:
            return False
        self.items[place] = StoredState(write.source, write.data, write.mark, write.folded)
        self.expiries[write.key] = write.expires_at
        return True


@dataclass
class FakeLog:
    """The feature delivery stream."""

    faults: Faults = field(default_factory=Faults)
    rows: list[dict[str, object]] = field(default_factory=list)

    def append(self, rows: Sequence[bytes]) -> set[int]:
        refused = set()
        for position, row in enumerate(rows):
            fault = self.faults.next()
            if fault == "before":
                raise CrashError
            if fault == "throttle":
                refused.add(position)
                continue
            assert row.endswith(b"\n")
            self.rows.append(json.loads(row))
            if fault == "lose":  # taken, but the answer says that it was not
                refused.add(position)
            if fault == "after":
                raise CrashError
        return refused


@dataclass
class FakeFeatureStore:
    """The feature groups."""

    faults: Faults = field(default_factory=Faults)
    puts: list[Snapshot] = field(default_factory=list)

    def put(self, snapshots: Sequence[Snapshot]) -> set[int]:
        refused = set()
        for position, snapshot in enumerate(snapshots):
            fault = self.faults.next()
            if fault == "before":
                raise CrashError
            if fault == "throttle":
                refused.add(position)
                continue
            self.puts.append(snapshot)
            if fault == "lose":  # taken, but the answer says that it was not
                refused.add(position)
            if fault == "after":
                raise CrashError
        return refused


@dataclass
class FakeEndpoint:
    """A model whose score is a function of the vector, or which fails in the order given."""

    failures: list[EndpointError] = field(default_factory=list)
    calls: list[tuple[int, str]] = field(default_factory=list)

    def predict(self, vectors: Sequence[Vector], *, ids: Sequence[str], explain: int = 0) -> list[Scored]:
        assert len(ids) == len(vectors)
        self.calls.append((len(vectors), ids[0]))
        if self.failures:
            raise self.failures.pop(0)
        return [Scored(score_of(it), "APPROVE", "7", reasons=reasons_of(it)[:explain]) for it in vectors]


def reasons_of(vector: Vector) -> tuple[dict[str, object], ...]:
    """Why: every feature, in the vector's order."""
    return tuple({"feature": name, "value": value, "contribution": 0.5} for name, value in vector.items())


def score_of(vector: Vector) -> float:
    """A score in which every feature counts."""
    return sum((index + 1) * (value or 0.0) for index, value in enumerate(vector.values())) % 1.0


@dataclass
class FakeClock:
    """A clock that only sleeping and being told moves."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

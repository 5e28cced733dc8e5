"""The stores of the deployed functions, in memory: window state, the log of vectors, the lake, the endpoint."""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from lambdas.shared.window_state import EntityKey, StateWrite, StoredState
from pipelines.jobs import inference
from pipelines.jobs.inference import JSON, ServedModel


@dataclass
class StateTable:
    """The window-state table: reader and writer of every function that folds. Items by entity, then by source."""

    items: dict[EntityKey, dict[str, StoredState]] = field(default_factory=dict)

    def read(self, keys: Iterable[EntityKey]) -> Mapping[EntityKey, Sequence[StoredState]]:
        """Every stored state of each entity."""
        return {key: list(self.items[key].values()) for key in keys if key in self.items}

    def read_own(self, keys: Iterable[EntityKey], source: str) -> Mapping[EntityKey, StoredState]:
        """One shard's item of each entity that has one."""
        return {key: held for key in keys if (held := self.items.get(key, {}).get(source)) is not None}

    def write(self, writes: Sequence[StateWrite]) -> AbstractSet[EntityKey]:
        """Write every item whose mark is still the one that was read."""
        lost: set[EntityKey] = set()
        for it in writes:
            items = self.items.setdefault(it.key, {})
            held = items.get(it.source)
            if (held.mark if held else None) == it.read_mark:
                items[it.source] = StoredState(it.source, it.data, it.mark, it.folded)
            else:
                lost.add(it.key)
        return lost


@dataclass
class VectorLog:
    """The delivery stream of logged vectors: keeps the rows until somebody takes them."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    def append(self, rows: Sequence[bytes]) -> AbstractSet[int]:
        """Take rows as the lake would get them."""
        self.rows += map(json.loads, rows)
        return frozenset()

    def take(self) -> list[dict[str, Any]]:
        """The rows since the last time."""
        rows, self.rows = self.rows, []
        return rows


class Lake:
    """A bucket that nobody reads; it counts what was refused."""

    def __init__(self) -> None:
        self.quarantined = 0

    def put(self, key: str, body: bytes) -> None:
        """Take an object."""
        del body
        self.quarantined += key.startswith("quarantine")


@dataclass
class Runtime:
    """What the endpoint's adapter calls: the container's own functions around the artifact that is deployed now."""

    model: ServedModel

    def invoke_endpoint(self, *, Body: bytes, ContentType: str, Accept: str, **_: str) -> dict[str, Any]:
        """Answer one request as the container does."""
        request = inference.input_fn(Body, ContentType)
        content, kind = inference.output_fn(inference.predict_fn(request, self.model), Accept)
        return {"Body": io.BytesIO(content.encode()), "ContentType": kind or JSON}

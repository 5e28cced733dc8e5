"""A row of a file becomes a label as it travels on the labels stream.

CSV has no types, so the cells of times and of the label are read as numbers where they look like numbers; ids and keys
stay as they are, spaces included.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from headrace.schema import LabelRecord, coerce_label, parse_label
from headrace.usecase import UseCase
from lambdas.shared.files.rows import Outgoing
from lambdas.shared.stream import CLOCK_SKEW_S

_GIVEN = "labelled_at"
_NUMBER = re.compile(r"\d+(\.\d*)?", re.ASCII)
_TRUTHS: dict[str, int | bool] = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": False, "true": True}
_LONGEST_KEY = 256
"""Of a partition key, in characters."""


@dataclass(frozen=True, slots=True)
class LabelReader:
    """How a file's labels are read: whose they are, and when the file was given, in seconds."""

    usecase: UseCase
    given_at: int

    @property
    def max_bytes(self) -> int:
        """The largest label."""
        return self.usecase.event.max_bytes

    @property
    def latest(self) -> int:
        """The second after which no label can have been given."""
        return self.given_at + CLOCK_SKEW_S

    @property
    def needed(self) -> set[str]:
        """The columns without which there is no label."""
        shape = self.usecase.event
        return {shape.id, shape.timestamp, self.usecase.label.field, *(entity.key for entity in self.usecase.entities)}

    @property
    def single(self) -> set[str]:
        """The columns that no file may have twice."""
        return {*self.needed, _GIVEN}

    def of_json(self, data: bytes) -> Outgoing:
        """A label of a line as on the stream. Raises RejectedError."""
        return self._outgoing(parse_label(self.usecase, data, latest=self.latest, labelled_at=self.given_at))

    def of_cells(self, cells: Mapping[str, str]) -> Outgoing:
        """A label of a line of CSV. Raises RejectedError."""
        raw = self._typed(cells)
        return self._outgoing(coerce_label(self.usecase, raw, latest=self.latest, labelled_at=self.given_at))

    def _typed(self, raw: Mapping[str, str]) -> dict[str, object]:
        """The cells as JSON would have them; an empty one is absent."""
        typed: dict[str, object] = {name: cell for name, cell in raw.items() if cell}
        for name in (self.usecase.event.timestamp, _GIVEN):
            if text := raw.get(name, "").strip():
                typed[name] = float(text) if _NUMBER.fullmatch(text) else text
        truth = raw[self.usecase.label.field].strip()
        if truth:
            typed[self.usecase.label.field] = _TRUTHS.get(truth.lower(), truth)
        return typed

    def _outgoing(self, label: LabelRecord) -> Outgoing:
        """A label as it travels; every copy of it is the same. Its primary entity chooses the shard."""
        shape = self.usecase.event
        document = {
            shape.id: label.event_id,
            shape.timestamp: label.timestamp,
            **{entity.key: label.keys[entity.name] for entity in self.usecase.entities},
            self.usecase.label.field: label.value,
            _GIVEN: label.labelled_at,
        }
        data = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        return Outgoing(data + b"\n", label.keys[self.usecase.primary.name][:_LONGEST_KEY])

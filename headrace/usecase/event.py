"""What comes in: fields, the event they form, and the entities that events belong to."""

from typing import Literal, get_args

from headrace import duration
from headrace.frozen import dataclass
from headrace.usecase.checks import require, require_duration, require_name, require_one_of, require_unique

FieldType = Literal["string", "integer", "number", "boolean", "timestamp"]
Privacy = Literal["clear", "hash", "remove"]
Sensitive = Literal["pii", "phi", "pan"]

NUMERIC: frozenset[FieldType] = frozenset({"integer", "number", "boolean"})
"""Types that features can be computed from."""
_KINESIS_LIMIT_BYTES = 1_048_576


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of an event: its type, range and privacy.

    ``integer`` and ``number`` are bounded by ``minimum`` and ``maximum`` (inclusive), ``string`` by ``max_length``
    characters and ``allowed``. A string with privacy ``hash`` reaches the lake only as a keyed hash, a field with
    ``remove`` not at all. ``sensitive`` marks what names a person (``pii``), a patient (``phi``) or a payment card
    (``pan``) by itself: profiles of ``headrace.usecase.compliance`` ask that it is masked.
    """

    name: str
    type: FieldType
    required: bool = True
    minimum: float | None = None
    maximum: float | None = None
    max_length: int = 256
    allowed: tuple[str, ...] = ()
    privacy: Privacy = "clear"
    sensitive: Sensitive | None = None

    @property
    def codes(self) -> dict[str, int]:
        """The number that stands for each allowed text, where features compute with it: its position."""
        return {text: code for code, text in enumerate(self.allowed)}

    def __post_init__(self) -> None:
        where = f"fields[{self.name}]"
        require_name(self.name, where)
        require_one_of(self.type, get_args(FieldType), f"{where}.type")
        require_one_of(self.privacy, get_args(Privacy), f"{where}.privacy")
        if self.sensitive is not None:
            require_one_of(self.sensitive, get_args(Sensitive), f"{where}.sensitive")
        require(
            self.privacy != "hash" or self.type == "string",
            f"{where}.privacy",
            f"a hash is no {self.type}",
            "hash strings only; use 'remove' or 'clear' here",
        )
        self._check_bounds(where)

    def _check_bounds(self, where: str) -> None:
        bounded = self.minimum is not None or self.maximum is not None
        require(
            self.type in ("integer", "number") or not bounded,
            f"{where}.minimum",
            f"a {self.type} has no range",
            "drop minimum and maximum",
        )
        if self.minimum is not None and self.maximum is not None:
            require(self.minimum <= self.maximum, f"{where}.minimum", "is above maximum", "swap them")
        require(self.type == "string" or not self.allowed, f"{where}.allowed", "is for strings", "drop it")
        require_unique(self.allowed, f"{where}.allowed")
        require(self.max_length > 0, f"{where}.max_length", "is not positive", "give the longest text you accept")


@dataclass(frozen=True, kw_only=True)
class Event:
    """The shape of one event: its fields, which of them is the id and which the event time.

    ``drop_duplicates`` drops an event whose id is among the newest that its primary entity has sent: for producers that
    send again. Without it a copy is an event of its own.
    """

    fields: tuple[Field, ...]
    id: str = "event_id"
    timestamp: str = "timestamp"
    max_bytes: int = 65_536
    drop_duplicates: bool = False

    def __post_init__(self) -> None:
        require(bool(self.fields), "event.fields", "is empty", "name at least the id, the timestamp and a key")
        require_unique((f.name for f in self.fields), "event.fields")
        self._require_kind("id", self.id, "string")
        self._require_kind("timestamp", self.timestamp, "timestamp")
        require(
            0 < self.max_bytes <= _KINESIS_LIMIT_BYTES,
            "event.max_bytes",
            f"is outside 1 to {_KINESIS_LIMIT_BYTES}",
            "Kinesis takes no more: lower it",
        )

    def _require_kind(self, role: str, name: str, kind: FieldType) -> None:
        where = f"event.{role}"
        require_one_of(name, (f.name for f in self.fields), where)
        it = self.field(name)
        require(
            it.type == kind and it.required,
            where,
            f"{name!r} is not a required {kind}",
            f"make it Field(type={kind!r})",
        )
        require(
            it.privacy == "clear", where, f"{name!r} is masked", f"the {role} must stay readable: set privacy='clear'"
        )

    def field(self, name: str) -> Field:
        """The field of that name. Raises KeyError if there is none."""
        for it in self.fields:
            if it.name == name:
                return it
        raise KeyError(name)


@dataclass(frozen=True, kw_only=True)
class Entity:
    """Somebody or something that events belong to: a customer, a terminal. ``key`` is the field that identifies it.

    ``snapshot`` is a cadence such as ``1d``: the first event of the entity in each such period (UTC) puts the entity's
    window features into the Feature Store. Without it nothing is put.
    """

    name: str
    key: str
    snapshot: str | None = None

    def __post_init__(self) -> None:
        if self.snapshot is not None:
            cadence = require_duration(self.snapshot, f"entities[{self.name}].snapshot")
            require(cadence > 0, f"entities[{self.name}].snapshot", "is zero", "use at least '1s', or drop it")

    @property
    def snapshot_s(self) -> int | None:
        """The cadence of snapshots in seconds; None if there are none."""
        return None if self.snapshot is None else duration.seconds(self.snapshot)

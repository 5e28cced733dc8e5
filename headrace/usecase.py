"""What a use case is: the one file that names events, features, label, model, decisions and serving.

Everything is checked when the definition is built, so a wrong use case fails at import, before anything is
synthesized or deployed. Times are whole seconds since the epoch (UTC) and durations are texts such as ``7d``.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, get_args

from headrace import duration
from headrace.errors import UseCaseError

FieldType = Literal["string", "integer", "number", "boolean", "timestamp"]
WindowFunction = Literal["count", "sum", "mean", "min", "max", "std"]
Source = Literal["events", "labels"]
CalendarPart = Literal["is_weekend", "is_night", "hour", "weekday"]
Privacy = Literal["clear", "hash", "remove"]
Algorithm = Literal["xgboost"]
Metric = Literal["average_precision", "auc", "f1", "recall", "precision"]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
RESERVED = frozenset({"shard_id", "sequence_number", "arrived_at", "score", "decision", "model_version", "dt", "hh"})
"""Columns that the lake adds to every event; a use case cannot use these names."""


def _require(ok: bool, where: str, problem: str, fix: str) -> None:
    if not ok:
        raise UseCaseError(where, problem, fix)


def _require_name(name: str, where: str) -> None:
    _require(bool(_NAME.fullmatch(name)), where, f"{name!r} is not a name", "use lower case letters, digits and _")
    _require(name not in RESERVED, where, f"{name!r} is a column of the lake", "choose another name")


def _require_one_of(value: str, choices: Iterable[str], where: str) -> None:
    known = sorted(choices)
    _require(value in known, where, f"{value!r} is unknown", f"use one of {', '.join(known)}")


def _require_unique(names: Iterable[str], where: str) -> None:
    seen: set[str] = set()
    for name in names:
        _require(name not in seen, where, f"{name!r} is there twice", "give each its own name")
        seen.add(name)


def _seconds(text: str, where: str) -> int:
    try:
        return duration.seconds(text)
    except ValueError as exc:
        raise UseCaseError(where, "wrong duration", str(exc)) from exc


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of an event: its type, range and privacy.

    ``integer`` and ``number`` are bounded by ``minimum`` and ``maximum`` (inclusive), ``string`` by ``max_length``
    characters and ``allowed``. A field with privacy ``hash`` reaches the lake only as a keyed hash, one with ``remove`` not at all.
    """

    name: str
    type: FieldType
    required: bool = True
    minimum: float | None = None
    maximum: float | None = None
    max_length: int = 256
    allowed: tuple[str, ...] = ()
    privacy: Privacy = "clear"

    def __post_init__(self) -> None:
        where = f"fields[{self.name}]"
        _require_name(self.name, where)
        _require_one_of(self.type, get_args(FieldType), f"{where}.type")
        _require_one_of(self.privacy, get_args(Privacy), f"{where}.privacy")
        numeric = self.type in ("integer", "number")
        bounded = self.minimum is not None or self.maximum is not None
        _require(numeric or not bounded, f"{where}.minimum", f"a {self.type} has no range", "drop minimum and maximum")
        if self.minimum is not None and self.maximum is not None:
            _require(self.minimum <= self.maximum, f"{where}.minimum", "is above maximum", "swap them")
        _require(self.type == "string" or not self.allowed, f"{where}.allowed", "is for strings", "drop it")
        _require(self.max_length > 0, f"{where}.max_length", "is not positive", "give the longest text you accept")


@dataclass(frozen=True, kw_only=True)
class Event:
    """The shape of one event: its fields, which of them is the id and which the event time."""

    fields: tuple[Field, ...]
    id: str = "event_id"
    timestamp: str = "timestamp"
    max_bytes: int = 65_536

    def __post_init__(self) -> None:
        _require_unique((f.name for f in self.fields), "event.fields")
        self._require_kind("id", self.id, "string")
        self._require_kind("timestamp", self.timestamp, "timestamp")
        _require(0 < self.max_bytes <= 1_048_576, "event.max_bytes", "is outside 1 to 1048576", "Kinesis takes no more")

    def _require_kind(self, role: str, name: str, kind: FieldType) -> None:
        where = f"event.{role}"
        _require_one_of(name, (f.name for f in self.fields), where)
        it = self.field(name)
        _require(it.type == kind and it.required, where, f"{name!r} is not a required {kind}", f"make it Field(type={kind!r})")
        _require(it.privacy == "clear", where, f"{name!r} is masked", f"the {role} must stay readable: set privacy='clear'")

    def field(self, name: str) -> Field:
        """The field of that name. Raises KeyError if there is none."""
        for it in self.fields:
            if it.name == name:
                return it
        raise KeyError(name)


@dataclass(frozen=True, kw_only=True)
class Entity:
    """Somebody or something that events belong to: a customer, a terminal. ``key`` is the event field that identifies it."""

    name: str
    key: str


@dataclass(frozen=True, kw_only=True)
class WindowFeature:
    """One window of one length, ready to be computed: a column of the feature vector. Durations in seconds."""

    name: str
    entity: str
    function: WindowFunction
    over: str | None
    source: Source
    length_s: int
    resolution_s: int
    delay_s: int
    fill: float | None


@dataclass(frozen=True, kw_only=True)
class Window:
    """An aggregate over an entity's recent events or labels, for one or more lengths.

    The value at time t covers (t - delay - length, t - delay]. ``over`` is the aggregated event field (for
    ``source="labels"``: the label field); ``count`` takes none. ``fill`` is the value of a mean or rate over an empty window;
    without it the value is missing. Features are named ``{name}_{length}``.
    """

    entity: str
    function: WindowFunction
    lengths: tuple[str, ...]
    over: str | None = None
    source: Source = "events"
    resolution: str = "1s"
    delay: str = "0s"
    fill: float | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", "_".join(filter(None, (self.entity, self.over, self.function))))
        where = f"windows[{self.name}]"
        _require_name(self.name, f"{where}.name")
        _require_one_of(self.function, get_args(WindowFunction), f"{where}.function")
        _require_one_of(self.source, get_args(Source), f"{where}.source")
        _require(bool(self.lengths), f"{where}.lengths", "is empty", "name at least one, for example ('1d',)")
        _require((self.over is None) == (self.function == "count"), f"{where}.over",
                 "count takes no field, every other function takes one", "add or drop over=")
        resolution = _seconds(self.resolution, f"{where}.resolution")
        _require(resolution > 0, f"{where}.resolution", "is zero", "use at least '1s'")
        _require(_seconds(self.delay, f"{where}.delay") >= 0, f"{where}.delay", "is negative", "use '0s' or more")
        for length in self.lengths:
            _require(_seconds(length, f"{where}.lengths") >= resolution, f"{where}.lengths",
                     f"{length!r} is shorter than the resolution", "lengthen it or refine the resolution")

    @property
    def features(self) -> tuple[WindowFeature, ...]:
        """One feature per length, in the order of ``lengths``."""
        return tuple(
            WindowFeature(
                name=f"{self.name}_{length}", entity=self.entity, function=self.function, over=self.over, source=self.source,
                length_s=duration.seconds(length), resolution_s=duration.seconds(self.resolution),
                delay_s=duration.seconds(self.delay), fill=self.fill)
            for length in self.lengths)


@dataclass(frozen=True, kw_only=True)
class Label:
    """The truth that arrives late: a binary field, how late it comes, and what errors cost (any one currency)."""

    field: str
    delay: str
    missed_cost: float
    false_alarm_cost: float

    def __post_init__(self) -> None:
        _require_name(self.field, "label.field")
        _seconds(self.delay, "label.delay")
        _require(self.missed_cost > 0, "label.missed_cost", "is not positive", "say what a missed positive costs")
        _require(self.false_alarm_cost > 0, "label.false_alarm_cost", "is not positive", "say what a false alarm costs")

    @property
    def delay_s(self) -> int:
        """The usual time between an event and its label, in seconds."""
        return duration.seconds(self.delay)


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A floor that a model must reach on the test rows before it is registered."""

    metric: Metric
    minimum: float

    def __post_init__(self) -> None:
        _require_one_of(self.metric, get_args(Metric), "model.gates.metric")
        _require(0 <= self.minimum <= 1, f"model.gates[{self.metric}].minimum", "is outside 0 to 1", "metrics are fractions")


@dataclass(frozen=True, kw_only=True)
class Model:
    """The algorithm, its hyperparameters and the gates before registration."""

    algorithm: Algorithm = "xgboost"
    hyperparameters: Mapping[str, str | int | float] = field(default_factory=dict)
    gates: tuple[Gate, ...] = ()

    def __post_init__(self) -> None:
        _require_one_of(self.algorithm, get_args(Algorithm), "model.algorithm")
        _require(bool(self.gates), "model.gates", "is empty", "a model without a floor must not be deployed: add a Gate")
        _require_unique((g.metric for g in self.gates), "model.gates")


@dataclass(frozen=True, kw_only=True)
class Band:
    """Scores from ``from_score`` (inclusive) up to the next band get this decision."""

    decision: str
    from_score: float


@dataclass(frozen=True, kw_only=True)
class Decision:
    """How scores become decisions, and the decision when no model can answer."""

    bands: tuple[Band, ...]
    fallback: str

    def __post_init__(self) -> None:
        _require(bool(self.bands), "decision.bands", "is empty", "add at least one Band(from_score=0)")
        _require(self.bands[0].from_score == 0, "decision.bands", "does not start at 0", "give the first band from_score=0")
        for low, high in pairwise(self.bands):
            _require(low.from_score < high.from_score <= 1, "decision.bands", "is not ascending within 0 to 1", "sort by from_score")
        _require_unique((b.decision for b in self.bands), "decision.bands")
        _require_one_of(self.fallback, (b.decision for b in self.bands), "decision.fallback")


@dataclass(frozen=True, kw_only=True)
class Serving:
    """The endpoint: instance, fleet size, share of requests captured, and whether events are scored in the stream."""

    instance_type: str = "ml.m5.large"
    min_instances: int = 1
    max_instances: int = 4
    invocations_per_instance_minute: int = 6_000
    capture_percent: int = 100
    score_stream: bool = False

    def __post_init__(self) -> None:
        _require(1 <= self.min_instances <= self.max_instances, "serving.min_instances", "is outside 1 to max_instances", "mend either")
        _require(0 <= self.capture_percent <= 100, "serving.capture_percent", "is outside 0 to 100", "give a percentage")
        _require(self.instance_type.startswith("ml."), "serving.instance_type", "is no SageMaker type", "for example 'ml.m5.large'")


@dataclass(frozen=True, kw_only=True)
class UseCase:
    """One use case, whole and checked.

    ``inputs`` are numeric event fields that enter the model as they are. The feature vector is, in this order,
    ``inputs``, ``calendar``, then every window's features.
    """

    name: str
    description: str
    event: Event
    entities: tuple[Entity, ...]
    inputs: tuple[str, ...]
    calendar: tuple[CalendarPart, ...]
    windows: tuple[Window, ...]
    label: Label
    model: Model
    decision: Decision
    serving: Serving = Serving()

    def __post_init__(self) -> None:
        _require_name(self.name, "name")
        self._check_entities()
        self._check_windows()
        fields = {f.name: f for f in self.event.fields}
        _require(self.label.field not in fields, "label.field", f"{self.label.field!r} is a field of the event",
                 "labels arrive on their own stream: take it out of event.fields")
        for name in self.inputs:
            _require_one_of(name, fields, "inputs")
            _require(fields[name].type in ("integer", "number", "boolean"), f"inputs[{name}]", "is not a number", "derive one")
        for part in self.calendar:
            _require_one_of(part, get_args(CalendarPart), "calendar")
        _require_unique(self.feature_names, "features")
        clash = set(self.feature_names) & (set(fields) - set(self.inputs))
        _require(not clash, "features", f"{sorted(clash)} are also event fields", "rename the window")

    def _check_entities(self) -> None:
        _require(bool(self.entities), "entities", "is empty", "name at least the entity that partitions the stream")
        _require_unique((e.name for e in self.entities), "entities")
        for entity in self.entities:
            where = f"entities[{entity.name}].key"
            _require_name(entity.name, where)
            _require_one_of(entity.key, (f.name for f in self.event.fields), where)
            key = self.event.field(entity.key)
            _require(key.type == "string" and key.required, where, f"{entity.key!r} is not a required string", "make it one")

    def _check_windows(self) -> None:
        _require_unique((w.name for w in self.windows), "windows")
        numeric = {f.name for f in self.event.fields if f.type in ("integer", "number", "boolean")}
        for window in self.windows:
            where = f"windows[{window.name}]"
            _require_one_of(window.entity, (e.name for e in self.entities), f"{where}.entity")
            if window.over is not None:
                known = numeric if window.source == "events" else {self.label.field}
                _require_one_of(window.over, known, f"{where}.over")
            if window.source == "labels":
                _require(duration.seconds(window.delay) >= self.label.delay_s, f"{where}.delay",
                         "is shorter than the label's delay, so training would see labels that serving cannot have",
                         f"use at least {self.label.delay!r}")

    @property
    def primary(self) -> Entity:
        """The entity whose key partitions the event stream."""
        return self.entities[0]

    def entity(self, name: str) -> Entity:
        """The entity of that name. Raises KeyError if there is none."""
        for it in self.entities:
            if it.name == name:
                return it
        raise KeyError(name)

    @property
    def window_features(self) -> tuple[WindowFeature, ...]:
        """Every window of every length, in vector order."""
        return tuple(feature for window in self.windows for feature in window.features)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the feature vector, in order."""
        return (*self.inputs, *self.calendar, *(f.name for f in self.window_features))

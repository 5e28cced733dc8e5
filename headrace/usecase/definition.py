"""The use case as a whole, and what its parts must agree on."""

from dataclasses import dataclass, field
from typing import get_args

from headrace.usecase.answer import Decision, Serving
from headrace.usecase.checks import require, require_duration, require_name, require_one_of, require_unique
from headrace.usecase.event import NUMERIC, Entity, Event
from headrace.usecase.expectation import Expectation
from headrace.usecase.expression import Expression
from headrace.usecase.model import Label, Model
from headrace.usecase.window import OF_ANY_FIELD, CalendarPart, Window, WindowFeature

_TRUTH = "label"
_PART = "a part of the calendar, which windows and inputs know by that name"


@dataclass(frozen=True, kw_only=True)
class UseCase:
    """One use case, whole and checked.

    ``inputs`` are event fields that enter the model as they are: numbers, or strings with ``allowed``, which enter as
    their position therein. The feature vector is, in this order, ``inputs``, ``calendar``, every window's features,
    then ``expressions``. ``version`` names the feature groups: raise it to remove or retype a feature.
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
    serving: Serving = field(default_factory=Serving)
    expressions: tuple[Expression, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    version: int = 1

    def __post_init__(self) -> None:
        require_name(self.name, "name")
        self._check_entities()
        self._check_windows()
        self._check_state()
        self._check_features()
        self._check_expressions()
        self._check_expectations()
        self._check_model()
        require(self.version >= 1, "version", "is below 1", "count up from 1")

    def _check_entities(self) -> None:
        require(bool(self.entities), "entities", "is empty", "name at least the entity that partitions the stream")
        require_unique((e.name for e in self.entities), "entities")
        for entity in self.entities:
            require_name(entity.name, f"entities[{entity.name}]")
            where = f"entities[{entity.name}].key"
            require_one_of(entity.key, (f.name for f in self.event.fields), where)
            key = self.event.field(entity.key)
            require(
                key.type == "string" and key.required,
                where,
                f"{entity.key!r} is not a required string",
                "make it Field(type='string')",
            )
            require(
                key.privacy != "remove",
                where,
                f"{entity.key!r} is removed on its way to the lake",
                "training must group by it: set privacy='hash'",
            )

    def _check_windows(self) -> None:
        require_unique((w.name for w in self.windows), "windows")
        for window in self.windows:
            where = f"windows[{window.name}]"
            require_one_of(window.entity, (e.name for e in self.entities), f"{where}.entity")
            if window.source == "labels":
                self._check_label_window(window, where)
            elif window.over is not None:
                self._check_event_window(window, window.over, f"{where}.over")

    def _check_state(self) -> None:
        """What is found in window state can be asked only of entities that keep some."""
        keeping = {window.entity for window in self.windows if window.source == "events"}
        fix = "add such a window, or drop it"
        for entity in self.entities:
            where = f"entities[{entity.name}].snapshot"
            require(
                entity.snapshot is None or entity.name in keeping, where, "is of no use without a window of events", fix
            )
        require(
            not self.event.drop_duplicates or self.primary.name in keeping,
            "event.drop_duplicates",
            f"asks the state of {self.primary.name!r} for ids, and it has no window of events",
            fix,
        )

    def _check_event_window(self, window: Window, over: str, where: str) -> None:
        parts = get_args(CalendarPart)
        if over in parts:
            return
        fields = [it for it in self.event.fields if it.name not in (self.event.id, self.event.timestamp)]
        if window.function not in OF_ANY_FIELD:
            coded = window.function == "last"
            fields = [it for it in fields if it.type in NUMERIC or (coded and it.allowed)]
        require_one_of(over, (*(it.name for it in fields), *parts), where)
        self._require_clear(over, where)

    def _check_label_window(self, window: Window, where: str) -> None:
        if window.over is not None:
            require_one_of(window.over, (self.label.field,), f"{where}.over")
        require(
            require_duration(window.delay, f"{where}.delay") >= self.label.delay_s,
            f"{where}.delay",
            "is shorter than the label's delay, so training would see labels that serving cannot have",
            f"use at least {self.label.delay!r}",
        )

    def _require_clear(self, name: str, where: str) -> None:
        require(
            self.event.field(name).privacy == "clear",
            where,
            f"{name!r} is masked, so training could not see it",
            "set privacy='clear' or leave it out",
        )

    def _check_features(self) -> None:
        fields = {f.name for f in self.event.fields}
        require(
            self.label.field not in fields,
            "label.field",
            f"{self.label.field!r} is a field of the event",
            "labels arrive on their own stream: take it out of event.fields",
        )
        taken = {_TRUTH: "the training set's column of the truth", **dict.fromkeys(get_args(CalendarPart), _PART)}
        for name in sorted(fields & taken.keys()):
            require(False, "event.fields", f"{name!r} is {taken[name]}", "choose another name")
        for name in self.inputs:
            usable = (f.name for f in self.event.fields if f.type in NUMERIC or f.allowed)
            require_one_of(name, usable, f"inputs[{name}]")
            self._require_clear(name, f"inputs[{name}]")
        for part in self.calendar:
            require_one_of(part, get_args(CalendarPart), "calendar")
        require(bool(self.feature_names), "inputs", "and calendar and windows are empty", "name at least one feature")
        require_unique(self.feature_names, "features")
        clash = set(self.feature_names) & (fields - set(self.inputs))
        require(not clash, "features", f"{sorted(clash)} are also event fields", "rename the window or the field")

    def _check_expressions(self) -> None:
        known = (*self.inputs, *self.calendar, *(it.name for it in self.window_features))
        for it in self.expressions:
            for name in (it.of, *it.against):
                require_one_of(name, known, f"expressions[{it.name}]")

    def _check_expectations(self) -> None:
        require_unique((it.column for it in self.expectations), "expectations")
        columns = {_TRUTH, *(f.name for f in self.event.fields), *self.feature_names}
        for it in self.expectations:
            require_one_of(it.column, columns, "expectations")

    def _check_model(self) -> None:
        self.model.check_names(
            self.feature_names,
            coded=[name for name in self.inputs if self.event.field(name).allowed],
            clear=[it.name for it in self.event.fields if it.privacy == "clear" and it.type != "timestamp"],
        )

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
    def facet_fields(self) -> tuple[str, ...]:
        """Event fields that a training set holds beside the features, because a facet tells groups apart by them."""
        named = dict.fromkeys(it.field for it in self.model.facets)
        keys = {it.key for it in self.entities}
        return tuple(name for name in named if name not in self.feature_names and name not in keys)

    @property
    def window_features(self) -> tuple[WindowFeature, ...]:
        """Every window of every length, in vector order."""
        return tuple(feature for window in self.windows for feature in window.features)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the feature vector, in order."""
        windows = (it.name for it in self.window_features)
        return (*self.inputs, *self.calendar, *windows, *(it.name for it in self.expressions))

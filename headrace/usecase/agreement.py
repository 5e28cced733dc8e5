"""What the parts of a use case must agree on; each failure names the field, what is wrong, and the fix."""

from typing import TYPE_CHECKING, get_args

from headrace.usecase.checks import require, require_duration, require_key, require_name, require_one_of, require_unique
from headrace.usecase.event import NUMERIC
from headrace.usecase.window import CalendarPart, Window
from headrace.window_functions import FUNCTIONS

if TYPE_CHECKING:
    from headrace.usecase.definition import UseCase

_TRUTH = "label"
_PART = "a part of the calendar, which windows and inputs know by that name"


def check_agreement(usecase: "UseCase") -> None:
    """Check a use case as a whole; its parts have checked themselves. Raises UseCaseError."""
    _check_entities(usecase)
    _check_windows(usecase)
    _check_state(usecase)
    _check_features(usecase)
    _check_expressions(usecase)
    _check_expectations(usecase)
    _check_model(usecase)
    _check_answers(usecase)
    _check_serving(usecase)
    _check_monitor(usecase)


def _check_entities(usecase: "UseCase") -> None:
    require(bool(usecase.entities), "entities", "is empty", "name at least the entity that partitions the stream")
    require_unique((e.name for e in usecase.entities), "entities")
    for entity in usecase.entities:
        require_name(entity.name, f"entities[{entity.name}]")
        where = f"entities[{entity.name}].key"
        require_one_of(entity.key, (f.name for f in usecase.event.fields), where)
        key = usecase.event.field(entity.key)
        require_key(key, entity.name, where)
        require(
            key.privacy != "remove",
            where,
            f"{entity.key!r} is removed on its way to the lake",
            "training must group by it: set privacy='hash'",
        )


def _check_windows(usecase: "UseCase") -> None:
    require_unique((w.name for w in usecase.windows), "windows")
    for window in usecase.windows:
        where = f"windows[{window.name}]"
        require_one_of(window.entity, (e.name for e in usecase.entities), f"{where}.entity")
        if window.source == "labels":
            _check_label_window(usecase, window, where)
        elif window.over is not None:
            _check_event_window(usecase, window, window.over, f"{where}.over")


def _check_state(usecase: "UseCase") -> None:
    """What is found in window state can be asked only of entities that keep some."""
    keeping = {window.entity for window in usecase.windows if window.source == "events"}
    fix = "add such a window, or drop it"
    for entity in usecase.entities:
        where = f"entities[{entity.name}].snapshot"
        require(
            entity.snapshot is None or entity.name in keeping, where, "is of no use without a window of events", fix
        )
    require(
        not usecase.event.drop_duplicates or usecase.primary.name in keeping,
        "event.drop_duplicates",
        f"asks the state of {usecase.primary.name!r} for ids, and it has no window of events",
        fix,
    )


def _check_event_window(usecase: "UseCase", window: Window, over: str, where: str) -> None:
    parts = get_args(CalendarPart)
    if over in parts:
        return
    fields = [it for it in usecase.event.fields if it.name not in (usecase.event.id, usecase.event.timestamp)]
    taken = FUNCTIONS[window.function].takes
    if taken != "values":
        fields = [it for it in fields if it.type in NUMERIC or (taken == "codes" and it.allowed)]
    require_one_of(over, (*(it.name for it in fields), *parts), where)
    _require_clear(usecase, over, where)


def _check_label_window(usecase: "UseCase", window: Window, where: str) -> None:
    if window.over is not None:
        require_one_of(window.over, (usecase.label.field,), f"{where}.over")
    require(
        require_duration(window.delay, f"{where}.delay") >= usecase.label.delay_s,
        f"{where}.delay",
        "is shorter than the label's delay, so training would see labels that serving cannot have",
        f"use at least {usecase.label.delay!r}",
    )


def _require_clear(usecase: "UseCase", name: str, where: str) -> None:
    require(
        usecase.event.field(name).privacy == "clear",
        where,
        f"{name!r} is masked, so training could not see it",
        "set privacy='clear' or leave it out",
    )


def _check_features(usecase: "UseCase") -> None:
    fields = {f.name for f in usecase.event.fields}
    require(
        usecase.label.field not in fields,
        "label.field",
        f"{usecase.label.field!r} is a field of the event",
        "labels arrive on their own stream: take it out of event.fields",
    )
    taken = {_TRUTH: "the training set's column of the truth", **dict.fromkeys(get_args(CalendarPart), _PART)}
    for name in sorted(fields & taken.keys()):
        require(False, "event.fields", f"{name!r} is {taken[name]}", "choose another name")
    for name in usecase.inputs:
        usable = (f.name for f in usecase.event.fields if f.type in NUMERIC or f.allowed)
        require_one_of(name, usable, f"inputs[{name}]")
        _require_clear(usecase, name, f"inputs[{name}]")
    for part in usecase.calendar:
        require_one_of(part, get_args(CalendarPart), "calendar")
    require(bool(usecase.feature_names), "inputs", "and calendar and windows are empty", "name at least one feature")
    require_unique(usecase.feature_names, "features")
    clash = set(usecase.feature_names) & (fields - set(usecase.inputs))
    require(not clash, "features", f"{sorted(clash)} are also event fields", "rename the window or the field")


def _check_expressions(usecase: "UseCase") -> None:
    known = (*usecase.inputs, *usecase.calendar, *(it.name for it in usecase.window_features))
    for it in usecase.expressions:
        for name in (it.of, *it.against):
            require_one_of(name, known, f"expressions[{it.name}]")


def _check_expectations(usecase: "UseCase") -> None:
    require_unique((it.column for it in usecase.expectations), "expectations")
    columns = {_TRUTH, *(f.name for f in usecase.event.fields), *usecase.feature_names}
    for it in usecase.expectations:
        require_one_of(it.column, columns, "expectations")


def _check_model(usecase: "UseCase") -> None:
    usecase.model.check_names(
        usecase.feature_names,
        coded=[name for name in usecase.inputs if usecase.event.field(name).allowed],
        clear=[it.name for it in usecase.event.fields if it.privacy == "clear" and it.type != "timestamp"],
    )


def _check_monitor(usecase: "UseCase") -> None:
    require(
        "bias" not in usecase.monitor.kinds or bool(usecase.model.facets),
        "monitor.kinds",
        "asks for bias, and the model has no facets",
        "add model.facets, or leave bias out",
    )
    require(
        usecase.monitor.engine == "headrace" or "bias" not in usecase.monitor.kinds or not usecase.uncaptured_facets,
        "monitor.kinds",
        f"asks Clarify for bias by what it cannot see, for capture does not hold it: {usecase.uncaptured_facets}",
        "use the engine headrace, or leave bias out",
    )
    columns = {*usecase.feature_names, "score"}
    for column in usecase.monitor.thresholds.effects:
        require_one_of(column, columns, "monitor.thresholds.effects")
    for column in usecase.reaction.weights:
        require_one_of(column, columns, "reaction.weights")


def _check_serving(usecase: "UseCase") -> None:
    serving = usecase.serving
    where = "serving.multi_model.tenant"
    if serving.tenant is not None:
        require_one_of(serving.tenant, (it.name for it in usecase.event.fields if it.type == "string"), where)
        _require_clear(usecase, serving.tenant, where)
        required = usecase.event.field(serving.tenant).required
        require(required, where, f"{serving.tenant!r} may be missing", "make the field required")


def _check_answers(usecase: "UseCase") -> None:
    require(
        usecase.api.batch_bytes >= usecase.event.max_bytes,
        "api.batch_bytes",
        f"is below event.max_bytes, {usecase.event.max_bytes}: a batch of one event might not fit",
        "raise it",
    )
    if usecase.alerts is None:
        return
    for name in usecase.alerts.decisions:
        require_one_of(name, (band.decision for band in usecase.decision.bands), "alerts.decisions")
    fix = "set serving.score_stream=True, or drop alerts"
    require(usecase.serving.score_stream, "alerts", "asks for decisions in the stream, where nothing is scored", fix)

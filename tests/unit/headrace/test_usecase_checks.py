"""A wrong use case fails when it is defined, naming the field and the fix."""

from dataclasses import replace

import pytest
from window_cases import USECASE, shop

import usecases
from headrace import duration
from headrace.errors import UseCaseError
from headrace.usecase import (
    Band,
    Decision,
    Entity,
    Event,
    Field,
    Gate,
    Label,
    Model,
    Serving,
    UseCase,
    Window,
)

ID = Field(name="event_id", type="string")
TIME = Field(name="timestamp", type="timestamp")
KEY = Field(name="customer_id", type="string")
LABEL = {"field": "returned", "delay": "7d", "missed_cost": 5, "false_alarm_cost": 1}
COUNT = {"entity": "customer", "function": "count", "lengths": ("1d",)}
SUM = COUNT | {"function": "sum", "over": "amount"}
FRAUDULENT = {"entity": "customer", "function": "mean", "over": "returned", "source": "labels", "lengths": ("1d",)}
OK, ASK = Band(decision="OK", from_score=0), Band(decision="ASK", from_score=0.5)


def changed(**changes: object) -> UseCase:
    return replace(USECASE, **changes)


def with_fields(*fields: Field) -> UseCase:
    return changed(event=replace(USECASE.event, fields=(*USECASE.event.fields, *fields)))


def masked(name: str, privacy: str) -> UseCase:
    fields = tuple(replace(field, privacy=privacy) if field.name == name else field for field in USECASE.event.fields)
    return changed(event=replace(USECASE.event, fields=fields))


LABELLED = Window(**FRAUDULENT | {"delay": "7d"})
WRONG = {
    # fields
    "a name with capitals": (lambda: Field(name="Amount", type="number"), "fields[Amount]", "lower case"),
    "a name of the lake": (lambda: Field(name="shard_id", type="string"), "fields[shard_id]", "choose another"),
    "an unknown type": (lambda: Field(name="a", type="decimal"), "fields[a].type", "use one of boolean, integer"),
    "an unknown privacy": (lambda: Field(name="a", type="string", privacy="x"), "fields[a].privacy", "clear, hash"),
    "a hashed number": (lambda: Field(name="a", type="number", privacy="hash"), "fields[a].privacy", "remove"),
    "a range of text": (lambda: Field(name="a", type="string", maximum=1), "fields[a].minimum", "drop minimum"),
    "a range of times": (lambda: Field(name="a", type="timestamp", minimum=1), "fields[a].minimum", "drop minimum"),
    "an empty range": (lambda: Field(name="a", type="number", minimum=2, maximum=1), "fields[a].minimum", "swap"),
    "allowed numbers": (lambda: Field(name="a", type="number", allowed=("1",)), "fields[a].allowed", "drop it"),
    "text of no length": (lambda: Field(name="a", type="string", max_length=0), "fields[a].max_length", "longest"),
    # what window state is asked for
    "snapshots without events": (
        lambda: changed(
            windows=(LABELLED,), entities=tuple(replace(it, snapshot="1d") for it in USECASE.entities), expressions=()
        ),
        "entities[customer].snapshot",
        "add such a window",
    ),
    "copies without events": (
        lambda: changed(windows=(LABELLED,), event=replace(USECASE.event, drop_duplicates=True), expressions=()),
        "event.drop_duplicates",
        "add such a window",
    ),
    # event
    "no fields": (lambda: Event(fields=()), "event.fields", "name at least"),
    "a field twice": (lambda: Event(fields=(ID, TIME, ID)), "event.fields", "its own name"),
    "no id": (lambda: Event(fields=(TIME,)), "event.id", "use one of timestamp"),
    "no timestamp": (lambda: Event(fields=(ID,)), "event.timestamp", "use one of event_id"),
    "an id that is no text": (lambda: Event(fields=(ID, TIME), id="timestamp"), "event.id", "Field(type='string')"),
    "an optional timestamp": (
        lambda: Event(fields=(ID, replace(TIME, required=False))),
        "event.timestamp",
        "Field(type='timestamp')",
    ),
    "a masked id": (lambda: Event(fields=(replace(ID, privacy="hash"), TIME)), "event.id", "privacy='clear'"),
    "no bytes": (lambda: Event(fields=(ID, TIME), max_bytes=0), "event.max_bytes", "Kinesis"),
    "more than Kinesis takes": (lambda: Event(fields=(ID, TIME), max_bytes=2**21), "event.max_bytes", "lower it"),
    # entities
    "no entities": (lambda: changed(entities=()), "entities", "name at least"),
    "an entity twice": (lambda: changed(entities=USECASE.entities * 2), "entities", "its own name"),
    "an entity that is no name": (
        lambda: changed(entities=(Entity(name="a b", key="customer_id"),)),
        "entities[a b]",
        "lower case",
    ),
    "an unknown key": (lambda: changed(entities=(Entity(name="a", key="b"),)), "entities[a].key", "use one of"),
    "a key that is no text": (
        lambda: changed(entities=(Entity(name="a", key="amount"),)),
        "entities[a].key",
        "Field(type='string')",
    ),
    "a removed key": (lambda: masked("shop_id", "remove"), "entities[shop].key", "privacy='hash'"),
    # windows
    "a window that is no name": (lambda: Window(**COUNT, name="A"), "windows[A].name", "lower case"),
    "an unknown function": (
        lambda: Window(**COUNT | {"function": "median"}),
        "windows[customer_median].function",
        "use one of count",
    ),
    "an unknown source": (lambda: Window(**COUNT, source="x"), "windows[customer_count].source", "events, labels"),
    "a count of a field": (
        lambda: Window(**COUNT, over="amount"),
        "windows[customer_amount_count].over",
        "drop over=",
    ),
    "a sum of nothing": (lambda: Window(**COUNT | {"function": "sum"}), "windows[customer_sum].over", "add over="),
    "a filled count": (lambda: Window(**COUNT, fill=0.0), "windows[customer_count].fill", "drop it"),
    "a filled sum": (lambda: Window(**SUM, fill=0.0), "windows[customer_amount_sum].fill", "drop it"),
    "an infinite fill": (
        lambda: Window(**SUM | {"function": "mean", "fill": float("inf")}),
        "windows[customer_amount_mean].fill",
        "give a number",
    ),
    "no lengths": (lambda: Window(**COUNT | {"lengths": ()}), "windows[customer_count].lengths", "('1d',)"),
    "a length in words": (
        lambda: Window(**COUNT | {"lengths": ("a day",)}),
        "windows[customer_count].lengths",
        "write a whole number and one of s, m, h, d",
    ),
    "a length below the resolution": (
        lambda: Window(**COUNT | {"lengths": ("30s",)}, resolution="1m"),
        "windows[customer_count].lengths",
        "refine the resolution",
    ),
    "no resolution": (lambda: Window(**COUNT, resolution="0s"), "windows[customer_count].resolution", "'1s'"),
    "a wrong resolution": (lambda: Window(**COUNT, resolution="x"), "windows[customer_count].resolution", "write a"),
    "a negative delay": (lambda: Window(**COUNT, delay="-1d"), "windows[customer_count].delay", "write a whole"),
    "a window twice": (lambda: shop(Window(**COUNT), Window(**COUNT)), "windows", "its own name"),
    "an unknown entity": (
        lambda: shop(Window(**COUNT | {"entity": "planet"})),
        "windows[planet_count].entity",
        "use one of customer, shop",
    ),
    "a sum of text": (
        lambda: shop(Window(**SUM | {"over": "shop_id"})),
        "windows[customer_shop_id_sum].over",
        "use one of amount, hour, is_night, is_weekend, online, tip, weekday",
    ),
    "a sum of what is masked": (lambda: masked("tip", "remove"), "windows[tip_sum_r1s_d0s].over", "privacy='clear'"),
    "a label window over a field": (
        lambda: shop(Window(**FRAUDULENT | {"over": "amount"}, delay="7d")),
        "windows[customer_amount_mean].over",
        "use one of returned",
    ),
    "a label window that sees the future": (
        lambda: shop(Window(**FRAUDULENT, delay="19s")),
        "windows[customer_returned_mean].delay",
        "use at least '20s'",
    ),
    # features
    "an unknown input": (lambda: changed(inputs=("colour",)), "inputs[colour]", "use one of amount, online, tip"),
    "an input of text": (lambda: changed(inputs=("shop_id",)), "inputs[shop_id]", "use one of amount, online, tip"),
    "a masked input": (
        lambda: replace(shop(), inputs=("amount",), event=masked_event("amount")),
        "inputs[amount]",
        "leave it out",
    ),
    "an unknown part of the calendar": (lambda: changed(calendar=("month",)), "calendar", "hour, is_night"),
    "no features": (lambda: replace(shop(), inputs=(), calendar=()), "inputs", "name at least one feature"),
    "a feature twice": (lambda: changed(inputs=("amount", "amount")), "features", "its own name"),
    "a feature that is a field": (
        lambda: with_fields(Field(name=USECASE.window_features[0].name, type="string")),
        "features",
        "rename the window or the field",
    ),
    "the truth among the fields": (lambda: with_fields(Field(name="label", type="string")), "event.fields", "another"),
    "a part of the calendar among the fields": (
        lambda: with_fields(Field(name="weekday", type="integer")),
        "event.fields",
        "choose another name",
    ),
    "a label among the fields": (
        lambda: with_fields(Field(name="returned", type="boolean")),
        "label.field",
        "take it out of event.fields",
    ),
    # label, model, decision, serving
    "a label that is no name": (lambda: Label(**LABEL | {"field": "Fraud"}), "label.field", "lower case"),
    "a label's delay in words": (lambda: Label(**LABEL | {"delay": "soon"}), "label.delay", "write a whole number"),
    "a label without delay": (lambda: Label(**LABEL | {"delay": "0s"}), "label.delay", "at least '1s'"),
    "a miss that costs nothing": (lambda: Label(**LABEL | {"missed_cost": 0}), "label.missed_cost", "say what"),
    "an alarm that costs nothing": (
        lambda: Label(**LABEL | {"false_alarm_cost": float("nan")}),
        "label.false_alarm_cost",
        "say what",
    ),
    "an unknown metric": (lambda: Gate(metric="luck", minimum=0.1), "model.gates.metric", "auc"),
    "a metric above 1": (lambda: Gate(metric="auc", minimum=70), "model.gates[auc].minimum", "fractions"),
    "an unknown algorithm": (
        lambda: Model(algorithm="oracle", gates=(Gate(metric="auc", minimum=0),)),
        "model.algorithm",
        "use one of factorization_machine, isolation_forest, kmeans, linear, xgboost",
    ),
    "no gates": (Model, "model.gates", "add a Gate"),
    "a gate twice": (lambda: Model(gates=(Gate(metric="auc", minimum=0.5),) * 2), "model.gates", "its own name"),
    "no bands": (lambda: Decision(bands=(), fallback="OK"), "decision.bands", "add at least one"),
    "bands that start above 0": (lambda: Decision(bands=(ASK,), fallback="ASK"), "decision.bands", "from_score=0"),
    "bands out of order": (
        lambda: Decision(bands=(OK, ASK, replace(ASK, decision="NO")), fallback="OK"),
        "decision.bands",
        "sort by from_score",
    ),
    "a band above 1": (
        lambda: Decision(bands=(OK, replace(ASK, from_score=1.1)), fallback="OK"),
        "decision.bands",
        "sort by from_score",
    ),
    "a decision twice": (
        lambda: Decision(bands=(OK, replace(ASK, decision="OK")), fallback="OK"),
        "decision.bands",
        "its own name",
    ),
    "an unknown fallback": (lambda: Decision(bands=(OK,), fallback="NO"), "decision.fallback", "use one of OK"),
    "no instances": (lambda: Serving(min_instances=0), "serving.min_instances", "mend either"),
    "fewer instances than the least": (lambda: Serving(min_instances=5), "serving.min_instances", "mend either"),
    "no requests": (
        lambda: Serving(invocations_per_instance_minute=0),
        "serving.invocations_per_instance_minute",
        "say how many",
    ),
    "more than everything captured": (lambda: Serving(capture_percent=101), "serving.capture_percent", "percentage"),
    "an instance of EC2": (lambda: Serving(instance_type="m5.large"), "serving.instance_type", "'ml.m5.large'"),
    # the use case
    "a use case that is no name": (lambda: changed(name="My-Shop"), "name", "lower case"),
}


def masked_event(name: str) -> Event:
    fields = tuple(replace(it, privacy="remove") if it.name == name else it for it in USECASE.event.fields)
    return replace(USECASE.event, fields=fields)


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_definition_names_the_field_and_the_fix(what):
    define, where, fix = WRONG[what]
    with pytest.raises(UseCaseError) as caught:
        define()
    assert caught.value.where == where
    assert str(caught.value).startswith(f"{where}: ")
    assert fix in str(caught.value)


def test_a_window_is_named_after_what_it_aggregates_and_its_lengths():
    window = Window(entity="customer", function="mean", over="amount", lengths=("1d", "36h"), delay="7d", fill=0.0)
    assert [feature.name for feature in window.features] == ["customer_amount_mean_1d", "customer_amount_mean_36h"]
    assert [(it.length_s, it.delay_s, it.resolution_s, it.fill) for it in window.features] == [
        (86_400, 604_800, 1, 0.0),
        (129_600, 604_800, 1, 0.0),
    ]


def test_the_first_entity_partitions_the_stream():
    assert USECASE.primary == USECASE.entity("customer")
    with pytest.raises(KeyError):
        USECASE.entity("planet")
    with pytest.raises(KeyError):
        USECASE.event.field("colour")


def test_every_use_case_loads_and_has_the_name_of_its_file():
    assert [usecases.load(name).name for name in usecases.names()] == list(usecases.names())


def test_an_unknown_use_case_is_answered_with_the_known_ones():
    with pytest.raises(UseCaseError, match=f"no use case 'chess'; use one of {usecases.names()[0]}"):
        usecases.load("chess")


def test_the_fraud_features_hold_the_handbooks_and_more_of_the_same_events():
    names = usecases.load("fraud").feature_names
    of_each_length = ("customer_count", "customer_amount_mean", "terminal_count", "terminal_fraud_rate")
    assert names[:3] == ("amount", "is_weekend", "is_night")
    assert set(names) > {f"{name}_{days}d" for name in of_each_length for days in (1, 7, 30)}
    assert len(names) == 44


@pytest.mark.parametrize(("text", "expected"), [("0s", 0), ("90s", 90), ("15m", 900), ("6h", 21_600), ("7d", 604_800)])
def test_durations_are_read_in_seconds(text, expected):
    assert duration.seconds(text) == expected


@pytest.mark.parametrize("text", ["", "7", "d", "1.5h", "7 d", "-1d", "7w", "1d2h", "1d\n"])
def test_what_is_no_duration_is_said_so(text):
    with pytest.raises(ValueError, match="is not a duration; write a whole number"):
        duration.seconds(text)

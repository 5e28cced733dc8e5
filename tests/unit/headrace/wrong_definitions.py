"""Wrong fields, events and entities, each with the place that its error names and the fix."""

from dataclasses import replace

from definition_parts import (
    ID,
    LABELLED,
    TIME,
    changed,
    masked,
)
from window_cases import USECASE

from headrace.usecase import (
    Entity,
    Event,
    Field,
)


def _longest(name: str, length: int) -> tuple[Field, ...]:
    return tuple(replace(it, max_length=length) if it.name == name else it for it in USECASE.event.fields)


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
    "a key too long for the table": (
        lambda: changed(event=replace(USECASE.event, fields=_longest("shop_id", 511))),
        "entities[shop].key",
        "max_length=510",
    ),
    "a removed key": (lambda: masked("shop_id", "remove"), "entities[shop].key", "privacy='hash'"),
}

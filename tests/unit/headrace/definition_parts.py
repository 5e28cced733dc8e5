"""Parts of a small use case, and the use case with one of them changed."""

from dataclasses import replace

from window_cases import USECASE

from headrace.usecase import (
    Band,
    Event,
    Field,
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


def masked_event(name: str) -> Event:
    fields = tuple(replace(it, privacy="remove") if it.name == name else it for it in USECASE.event.fields)
    return replace(USECASE.event, fields=fields)

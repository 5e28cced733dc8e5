"""The fraud use case with other windows, fields and versions."""

from dataclasses import replace

import pytest
from window_cases import shop

from headrace.errors import UseCaseError
from headrace.evolution import Evolution, record_of
from headrace.usecase import UseCase, Window

COUNT = Window(entity="customer", function="count", lengths=("10s", "60s"))
MEAN = Window(entity="shop", function="mean", over="tip", lengths=("60s",))
RATE = Window(entity="shop", function="mean", over="returned", source="labels", lengths=("60s",), delay="20s")
NOW = shop(COUNT, MEAN, RATE)
RECORD = record_of(NOW)


def changed(*windows: Window, usecase: UseCase = NOW, **changes: object) -> UseCase:
    return replace(usecase, **({"windows": windows} if windows else {}), **changes)


def with_field(name: str, **changes: object) -> UseCase:
    fields = tuple(replace(it, **changes) if it.name == name else it for it in NOW.event.fields)
    return changed(event=replace(NOW.event, fields=fields))


def only_refusal(evolution: Evolution) -> str:
    (refusal,) = evolution.refusals
    with pytest.raises(UseCaseError) as raised:
        evolution.require_allowed()
    assert raised.value is refusal
    return str(refusal)

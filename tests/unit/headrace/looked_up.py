"""A use case that looks things up, and readings of them."""

from dataclasses import replace

from definition_parts import changed
from window_cases import USECASE

from headrace.usecase import Field, Lookup, UseCase

WEATHER = Lookup(name="weather", key="city_id", fields=("degrees", "rain", "sky"), max_age="1h", delay="5m")
SEGMENT = Lookup(name="segment", key="customer_id", fields=("segment",))
FIELDS = (
    Field(name="city_id", type="string"),
    Field(name="degrees", type="number", required=False, minimum=-60, maximum=60),
    Field(name="rain", type="integer", required=False, minimum=0),
    Field(name="sky", type="string", required=False, max_length=20),
    Field(name="segment", type="string", required=False),
)


def looking_up(*lookups: Lookup, fields: tuple[Field, ...] = FIELDS) -> UseCase:
    """The small use case with these look-ups and the fields that they need."""
    return changed(event=replace(USECASE.event, fields=(*USECASE.event.fields, *fields)), lookups=lookups)


def of_weather(**changes: object) -> UseCase:
    return looking_up(replace(WEATHER, **changes))

"""The fraud use case with look-ups, and a store of readings that can fail."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from shard_records import START

from headrace.errors import HeadraceError
from headrace.lookups import LookupKey, Reading, Readings, gather
from headrace.usecase import Field, Lookup
from lambdas.shared.looked_up import LookingUp
from usecases import load

WEATHER = Lookup(name="weather", key="terminal_id", fields=("degrees", "rain"), max_age="1h")
SEGMENT = Lookup(name="segment", key="customer_id", fields=("segment",))
_FRAUD = load("fraud")
_FIELDS = (
    Field(name="degrees", type="number", required=False),
    Field(name="rain", type="integer", required=False, minimum=0),
    Field(name="segment", type="string", required=False),
)
USECASE = replace(
    _FRAUD,
    event=replace(_FRAUD.event, fields=(*_FRAUD.event.fields, *_FIELDS)),
    inputs=(*_FRAUD.inputs, "degrees"),
    lookups=(WEATHER, SEGMENT),
)
KNOWN = {
    LookupKey("weather", "t1"): gather(WEATHER, [Reading("t1", START - 60, {"degrees": 3.5, "rain": 2})]),
    LookupKey("segment", "c1"): gather(SEGMENT, [Reading("c1", START - 86_400, {"segment": "new"})]),
}


@dataclass
class FakeReadings:
    """The table of readings. ``asked`` lists the keys of every read."""

    known: Mapping[LookupKey, Readings] = field(default_factory=lambda: KNOWN)
    failure: HeadraceError | None = None
    asked: list[list[LookupKey]] = field(default_factory=list)

    def read(self, keys: Iterable[LookupKey]) -> Mapping[LookupKey, Readings]:
        wanted = list(keys)
        self.asked.append(wanted)
        if self.failure:
            raise self.failure
        return {key: self.known[key] for key in wanted if key in self.known}


def looking_up(store: FakeReadings) -> LookingUp:
    return LookingUp(usecase=USECASE, store=store)

"""The readings of one key: checked, merged, kept small.

Readings are kept field by field. Of two for the same time the one given later counts, so that a wrong reading is
corrected by giving it again, and of two given in the same second the larger value. So the order of merging plays no
part, nor does repetition, and what is dropped to keep a key small is dropped for good.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, cast

from headrace.errors import RejectedError
from headrace.identifiers import field_check
from headrace.schema import Value, parse_timestamp
from headrace.usecase import Lookup, UseCase

GIVEN_AT = "given_at"
"""What readings may say of themselves: when they were given."""
MOST_READINGS = 1_000
"""So many of a field's newest readings are kept of a key, whatever ``lateness`` says."""
MOST_BYTES = 300_000
"""Room for a key's readings: an item of DynamoDB holds 400 KB."""
_NUMBER_BYTES, _FRAME_BYTES = 25, 24


class Reading(NamedTuple):
    """What is known of a key from a time on, at least one field; ``given_at`` is when it was told. Both in seconds."""

    key: str
    time: int
    values: Mapping[str, Value]
    given_at: int = 0


class Series(NamedTuple):
    """One field's readings, by time."""

    times: Sequence[int]
    given: Sequence[int]
    values: Sequence[Value]


Readings = Mapping[str, Series]
"""The readings of one key, by field."""
NOTHING = Series((), (), ())


class LookupKey(NamedTuple):
    """Whose readings: the look-up's name and the key, for example ``("weather", "city1")``."""

    lookup: str
    key: str


def coerce_reading(
    usecase: UseCase, lookup: Lookup, raw: Mapping[str, object], *, given_at: int, latest: int
) -> Reading:
    """Check one reading by the rules of the event's own fields.

    Args:
        usecase: whose look-up it is.
        lookup: which one.
        raw: the key, the time (named as the event's), at least one of the looked-up fields, and ``given_at`` if the
            reading says itself when it was given.
        given_at: when one that does not say so was given, in seconds.
        latest: the latest of both times that it may claim.

    Raises:
        RejectedError: naming the first wrong field.
    """
    check, shape = field_check(usecase), usecase.event
    for name in (lookup.key, shape.timestamp):
        if raw.get(name) is None:
            raise RejectedError("is missing", field=name)
    key = cast(str, check(shape.field(lookup.key))(raw[lookup.key]))
    time = parse_timestamp(raw[shape.timestamp], field=shape.timestamp)
    if raw.get(GIVEN_AT) is not None:
        given_at = parse_timestamp(raw[GIVEN_AT], field=GIVEN_AT)
    for name, moment in ((shape.timestamp, time), (GIVEN_AT, given_at)):
        if moment > latest:
            raise RejectedError("lies in the future", field=name)
    given = {name: value for name in lookup.fields if (value := raw.get(name)) is not None}
    if not given:
        raise RejectedError(f"has none of {', '.join(lookup.fields)}")
    values = {name: check(shape.field(name))(value) for name, value in given.items()}
    return Reading(key, time, values, given_at)


def gather(lookup: Lookup, readings: Iterable[Reading]) -> Readings:
    """The readings of one key, field by field; of those for one time the one given last."""
    found: dict[str, dict[int, tuple[int, Value]]] = {name: {} for name in lookup.fields}
    for it in readings:
        for name, value in it.values.items():
            _keep(found[name], it.time, (it.given_at, value))
    return {name: _series(entries) for name, entries in found.items()}


def merge(lookup: Lookup, parts: Iterable[Readings]) -> Readings:
    """What several sets of one key's readings say together, in whatever order they are given."""
    found: dict[str, dict[int, tuple[int, Value]]] = {name: {} for name in lookup.fields}
    for part in parts:
        for name, entries in found.items():
            for time, given_at, value in zip(*part.get(name, NOTHING), strict=True):
                _keep(entries, time, (given_at, value))
    return {name: _series(entries) for name, entries in found.items()}


def _keep(entries: dict[int, tuple[int, Value]], time: int, entry: tuple[int, Value]) -> None:
    known = entries.get(time)
    if known is None or cast(tuple[int, float], entry) > cast(tuple[int, float], known):
        entries[time] = entry


def _series(entries: Mapping[int, tuple[int, Value]]) -> Series:
    times = sorted(entries)
    return Series(times, [entries[it][0] for it in times], [entries[it][1] for it in times])


def prune(usecase: UseCase, lookup: Lookup, readings: Readings) -> Readings:
    """Drop what no event can ask for that lies at most ``lateness`` behind the key's newest reading.

    Of the older readings the newest stays, because it still holds; and of each field at most so many stay as fit.
    """
    newest = max((series.times[-1] for series in readings.values() if series.times), default=0)
    horizon, most = newest - lookup.lateness_s - lookup.delay_s, most_readings(usecase, lookup)
    kept = {}
    for name, series in readings.items():
        first = max(0, bisect_right(series.times, horizon) - 1, len(series.times) - most)
        kept[name] = Series(series.times[first:], series.given[first:], series.values[first:])
    return kept


def most_readings(usecase: UseCase, lookup: Lookup) -> int:
    """How many readings of each field are kept of a key at most, so that they fit whatever their values are."""
    fields = [usecase.event.field(name) for name in lookup.fields]
    row = sum(_FRAME_BYTES + (_NUMBER_BYTES if it.type != "string" else 4 * it.max_length + 2) for it in fields)
    return max(1, min(MOST_READINGS, MOST_BYTES // row))

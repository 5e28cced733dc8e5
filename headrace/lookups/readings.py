"""The readings of one key: checked, merged, kept small.

Readings are kept field by field. Of two for the same time the one given later counts, so that a wrong reading is
corrected by giving it again; which one that is does not depend on the order in which they are merged. So merging is
idempotent, commutative and associative, and what is dropped to keep a key small is dropped for good.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, cast

from headrace.errors import RejectedError
from headrace.identifiers import field_check
from headrace.schema import Value, parse_timestamp
from headrace.usecase import Lookup, UseCase

MOST_READINGS = 1_000
"""So many of a field's newest readings are kept of a key, whatever ``lateness`` says."""
MOST_BYTES = 300_000
"""Room for a key's readings: an item of DynamoDB holds 400 KB."""
_NUMBER_BYTES, _FRAME_BYTES = 25, 34


class Rank(NamedTuple):
    """Which of two readings for the same time counts: the one whose file came later, then the one further down."""

    given_at: int
    line: int


class Reading(NamedTuple):
    """What is known of a key from a time on; ``values`` holds at least one field."""

    key: str
    time: int
    values: Mapping[str, Value]
    rank: Rank = Rank(0, 0)


class Series(NamedTuple):
    """One field's readings, by time."""

    times: Sequence[int]
    ranks: Sequence[Rank]
    values: Sequence[Value]


Readings = Mapping[str, Series]
"""The readings of one key, by field."""
NOTHING = Series((), (), ())


class LookupKey(NamedTuple):
    """Whose readings: the look-up's name and the key, for example ``("weather", "city1")``."""

    lookup: str
    key: str


def coerce_reading(usecase: UseCase, lookup: Lookup, raw: Mapping[str, object], *, rank: Rank, latest: int) -> Reading:
    """Check one reading by the rules of the event's own fields.

    Args:
        usecase: whose look-up it is.
        lookup: which one.
        raw: the key, the time (named as the event's), and at least one of the looked-up fields.
        rank: when its file came, and its line there.
        latest: the latest time that it may claim.

    Raises:
        RejectedError: naming the first wrong field.
    """
    check, shape = field_check(usecase), usecase.event
    for name in (lookup.key, shape.timestamp):
        if raw.get(name) is None:
            raise RejectedError("is missing", field=name)
    key = cast(str, check(shape.field(lookup.key))(raw[lookup.key]))
    time = parse_timestamp(raw[shape.timestamp], field=shape.timestamp)
    if time > latest:
        raise RejectedError("lies in the future", field=shape.timestamp)
    given = {name: value for name in lookup.fields if (value := raw.get(name)) is not None}
    if not given:
        raise RejectedError(f"has none of {', '.join(lookup.fields)}")
    values = {name: check(shape.field(name))(value) for name, value in given.items()}
    return Reading(key, time, values, rank)


def gather(lookup: Lookup, readings: Iterable[Reading]) -> Readings:
    """The readings of one key, field by field; of those for one time the one of the highest rank."""
    found: dict[str, dict[int, tuple[Rank, Value]]] = {name: {} for name in lookup.fields}
    for it in readings:
        for name, value in it.values.items():
            _keep(found[name], it.time, (it.rank, value))
    return {name: _series(entries) for name, entries in found.items()}


def merge(lookup: Lookup, parts: Iterable[Readings]) -> Readings:
    """What several sets of one key's readings say together, in whatever order they are given."""
    found: dict[str, dict[int, tuple[Rank, Value]]] = {name: {} for name in lookup.fields}
    for part in parts:
        for name, entries in found.items():
            for time, rank, value in zip(*part.get(name, NOTHING), strict=True):
                _keep(entries, time, (rank, value))
    return {name: _series(entries) for name, entries in found.items()}


def _keep(entries: dict[int, tuple[Rank, Value]], time: int, entry: tuple[Rank, Value]) -> None:
    known = entries.get(time)
    if known is None or cast(tuple[Rank, float], entry) > cast(tuple[Rank, float], known):
        entries[time] = entry


def _series(entries: Mapping[int, tuple[Rank, Value]]) -> Series:
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
        kept[name] = Series(series.times[first:], series.ranks[first:], series.values[first:])
    return kept


def most_readings(usecase: UseCase, lookup: Lookup) -> int:
    """How many readings of each field are kept of a key at most, so that they fit whatever their values are."""
    fields = [usecase.event.field(name) for name in lookup.fields]
    row = sum(_FRAME_BYTES + (_NUMBER_BYTES if it.type != "string" else 4 * it.max_length + 2) for it in fields)
    return max(1, min(MOST_READINGS, MOST_BYTES // row))

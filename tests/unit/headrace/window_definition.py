"""The value of one window over a list of events, written down as plainly as possible: no state, exact sums."""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from headrace.usecase import Field, WindowFeature
from headrace.window_functions import recency

EventRow = dict[str, object]


def value(
    feature: WindowFeature,
    rows: Iterable[EventRow],
    timestamp: int,
    event_id: str,
    *,
    fields: Mapping[str, Field] | None = None,
    event: EventRow | None = None,
) -> float | None:
    """The value of a feature at (timestamp, event id), from the rows of its own entity; ``event`` is the one there."""
    inside = [row for row in rows if _covers(feature, row, timestamp, event_id)]
    field = (fields or {}).get(feature.over or "")
    if feature.over is None or feature.function == "time_since_true":
        times = [row["timestamp"] for row in inside if feature.over is None or part_or_value(row, feature.over)]
        return _of_times(feature, times, timestamp)
    if feature.function in ("distinct", "is_new"):
        hashes = sorted({hashed(it, field) for it in _present(feature, inside)})
        own = None if event is None else part_or_value(event, feature.over)
        return _novelty(feature, hashes, None if own is None else hashed(own, field))
    if feature.function == "last":
        return _last(feature, inside, field)
    numbers = [Fraction(float(it)) for it in _present(feature, inside)]
    return _of_numbers(feature, numbers)


def part_or_value(row: EventRow, over: str) -> object:
    """A field's value, or a part of the calendar."""
    day, hour = divmod(row["timestamp"] // 3_600, 24)
    weekday = (day + 3) % 7
    parts = {"hour": hour, "weekday": weekday, "is_weekend": weekday > 4, "is_night": hour <= 6}
    return float(parts[over]) if over in parts else row.get(over)


def _present(feature: WindowFeature, rows: Iterable[EventRow]) -> list[object]:
    return [it for it in (part_or_value(row, feature.over) for row in rows) if it is not None]


def _of_times(feature: WindowFeature, times: Sequence[int], timestamp: int) -> float | None:
    if feature.function == "count":
        return float(len(times))
    if not times:
        return feature.fill
    if feature.function == "session_length":
        return _mean_session(sorted(times))
    return float(timestamp - (min(times) if feature.function == "time_since_first" else max(times)))


def _mean_session(times: Sequence[int]) -> float:
    sessions = [[times[0]]]
    for at in times[1:]:
        if at - sessions[-1][-1] > recency.SESSION_GAP_S:
            sessions.append([])
        sessions[-1].append(at)
    return sum(it[-1] - it[0] for it in sessions) / len(sessions)


def hashed(it: object, field: Field | None) -> int:
    """The hash of a value by its field's type; parts of the calendar are numbers."""
    kind = "number" if field is None else field.type
    text = {"string": str, "boolean": lambda truth: str(truth).lower(), "number": lambda it: repr(it or 0.0)}
    digest = hashlib.blake2b(text.get(kind, str)(it).encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big")


def _novelty(feature: WindowFeature, hashes: Sequence[int], own: int | None) -> float | None:
    many = len(hashes) > 256
    if feature.function == "distinct":
        return 255 / ((hashes[255] + 1) / 2**32) if many else float(len(hashes))
    if own is None:
        return None
    return float(own not in hashes[:256] and (not many or own < hashes[255]))


def _last(feature: WindowFeature, inside: Sequence[EventRow], field: Field | None) -> float | None:
    having = [
        (row["timestamp"], part_or_value(row, feature.over))
        for row in inside
        if part_or_value(row, feature.over) is not None
    ]
    if field is not None and field.allowed:
        having = [(at, field.allowed.index(text)) for at, text in having]
    return float(max(having)[1]) if having else feature.fill


def rounded(number: float) -> float:
    """A number to 1 %: the middle of its bin."""
    if abs(number) < 1e-9:
        return 0.0
    gamma = 1.01 / 0.99
    power = math.ceil(math.log(abs(number)) / math.log(gamma))
    return math.copysign(2 * gamma**power / (gamma + 1), number)


def _of_numbers(feature: WindowFeature, numbers: Sequence[Fraction]) -> float | None:
    if feature.function == "sum":
        return float(sum(numbers))
    if not numbers:
        return feature.fill
    if feature.function in ("p10", "p50", "p90"):
        rank = math.ceil(Fraction(int(feature.function[1:]), 100) * len(numbers))
        return rounded(float(sorted(numbers)[rank - 1]))
    mean = sum(numbers) / len(numbers)
    if feature.function == "mean":
        return float(mean)
    if feature.function == "std":
        return math.sqrt(sum((number - mean) ** 2 for number in numbers) / len(numbers))
    return float(min(numbers) if feature.function == "min" else max(numbers))


def _covers(feature: WindowFeature, row: EventRow, timestamp: int, event_id: str) -> bool:
    resolution, until = feature.resolution_s, timestamp - feature.delay_s
    start = row["timestamp"] // resolution * resolution
    if not until - feature.length_s < start <= until:
        return False
    if feature.delay_s:
        return start + resolution - 1 <= until
    place = (row["timestamp"], row["event_id"])
    return place <= (timestamp, event_id) if feature.current else place < (timestamp, event_id)

"""Files of events that are almost right: tables that are bent as an input says, and lines of text that are inputs."""

import random
from collections.abc import Callable, Mapping

from event_inbox_world import KEY, avro_events, csv_events, event, event_world, parquet_events

_ROWS = [event(number) for number in range(30)]
_TABLES = {
    ".avro": (avro_events(_ROWS), avro_events(_ROWS, codec="null")),
    ".parquet": (parquet_events(_ROWS), parquet_events(_ROWS, compression="zstd", use_dictionary=False)),
}
_FOOTER_BYTES = 900
"""About where a table's schema and sizes lie."""


def _take(ending: str, data: bytes) -> None:
    its = event_world()
    (handled,) = its.work(its.put(KEY + ending, data))
    assert (handled.result, len(its.receipts)) == ("finished", 1)


def _bent(ending: str, seed: bytes) -> bytes:
    """A table, with bytes changed, taken out or put in, half of them near its end."""
    chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
    data = bytearray(chance.choice(_TABLES[ending]))
    for _ in range(chance.choice((1, 1, 2, 5))):
        place = chance.randrange(len(data))
        if chance.random() < 0.5:
            place = max(0, len(data) - chance.randrange(1, _FOOTER_BYTES))
        kind = chance.random()
        if kind < 0.5:
            data[place : place + 1] = bytes([chance.randrange(256)])
        elif kind < 0.75:
            del data[place : place + chance.randrange(1, 9)]
        else:
            data[place:place] = chance.choice((b"\0", b"\xff", b"\x7f", b"\x01")) * chance.randrange(1, 9)
    return bytes(data)


FILES: Mapping[str, Callable[[bytes], None]] = {
    "file of events: Avro": lambda data: _take(".avro", _bent(".avro", data)),
    "file of events: CSV": lambda data: _take(".csv", csv_events(_ROWS[:2]) + data + b"\n" + data),
    "file of events: JSON lines": lambda data: _take(".jsonl", data),
    "file of events: Parquet": lambda data: _take(".parquet", _bent(".parquet", data)),
}
"""What files of events become, whatever is in them: each is finished, with a receipt."""

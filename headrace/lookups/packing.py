"""One key's readings as bytes, with a version in front."""

import json
import zlib

from headrace.errors import StateError
from headrace.lookups.readings import Readings, Series

_VERSION = b"\x01"


def encode(readings: Readings) -> bytes:
    """Pack one key's readings: a version byte, and the columns as packed JSON."""
    columns = {name: [list(column) for column in series] for name, series in readings.items()}
    text = json.dumps(columns, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return _VERSION + zlib.compress(text.encode(), 1)


def decode(data: bytes) -> Readings:
    """Unpack one key's readings.

    Raises:
        StateError: if the bytes are damaged, or of a version that this code does not know.
    """
    if data[:1] != _VERSION:
        raise StateError(f"readings of version {data[:1].hex() or 'none'}: this code knows {_VERSION.hex()}")
    try:
        columns = json.loads(zlib.decompress(data[1:]))
        return {name: Series(*series) for name, series in columns.items()}
    except (zlib.error, ValueError, TypeError, AttributeError) as exc:
        raise StateError("readings are damaged") from exc

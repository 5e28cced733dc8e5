"""What the peers' detection programs share: the streams in a folder, and how alarms are handed over."""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

TIME = "time"
Alarms = Iterable[tuple[int, str]]


def watch(monitor: Callable[[pd.DataFrame, pd.DataFrame, int], Alarms]) -> None:
    """Run a monitor over every stream of the folder given first, in windows of the length given second.

    A monitor takes reference, stream and length, and gives alarms: how many rows of the stream it had seen, and the
    column.
    """
    folder, length = Path(sys.argv[1]), int(sys.argv[2])
    found = {}
    for path in sorted(folder.iterdir()):
        sys.stderr.write(f"  {Path(sys.argv[0]).stem}: {path.name}\n")
        reference, stream = (pd.read_parquet(path / f"{it}.parquet") for it in ("reference", "stream"))
        alarms = monitor(reference.drop(columns=TIME), stream.drop(columns=TIME), length)
        found[path.name] = [[int(row), column] for row, column in alarms]
    sys.stdout.write(json.dumps(found))

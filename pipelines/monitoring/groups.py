"""Whom an answer was about: fields that tell groups apart and that the model never sees, from the events in the lake.

Data capture holds what the model was asked. A field that it must not know travels with the event alone, so it is joined
by the id under which the answer was captured.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from headrace.inference_id import inference_id
from headrace.usecase import UseCase
from pipelines.monitoring.answers import number
from pipelines.monitoring.refusal import TableError

_ROWS = 65_536
Cells = tuple[object, ...]


def fields_of(place: Path, ids: Sequence[str], usecase: UseCase, names: Sequence[str]) -> Mapping[str, np.ndarray]:
    """Fields of the events that were answered, by name, each of shape (n,) in the order of the answers.

    An answer whose event is not there has NaN or None: nobody knows whom it was about.

    Args:
        place: folder of the lake's events as Parquet; it need not be there.
        ids: of the answers; an empty one is nobody's.
        usecase: names the event's id, and says which fields are texts.
        names: of the fields.

    Returns:
        Texts with None, everything else as numbers with NaN.

    Raises:
        TableError: if a file cannot be read.
    """
    wanted = frozenset(filter(None, ids))
    known: dict[str, Cells] = {}
    for path in sorted(place.rglob("*.parquet")) if names else ():
        known |= _rows(path, wanted, usecase.event.id, names)
    nobody: Cells = (None,) * len(names)
    rows = [known.get(name, nobody) for name in ids]
    return {name: _column(usecase, name, [row[at] for row in rows]) for at, name in enumerate(names)}


def _rows(path: Path, wanted: Collection[str], id_: str, names: Sequence[str]) -> dict[str, Cells]:
    """The wanted rows of a file, by inference id; a column that an older file lacks has no values."""
    found: dict[str, Cells] = {}
    try:
        with pq.ParquetFile(path) as file:
            there = {*file.schema_arrow.names}
            for batch in file.iter_batches(batch_size=_ROWS, columns=[it for it in (id_, *names) if it in there]):
                found |= _chosen(batch, wanted, id_, [it if it in there else None for it in names])
    except (pa.ArrowException, OSError, KeyError) as exc:
        raise TableError(f"--events {path}: cannot be read ({exc}); give the lake's events as Parquet") from exc
    return found


def _chosen(batch: pa.RecordBatch, wanted: Collection[str], id_: str, names: Sequence[str | None]) -> dict[str, Cells]:
    ids = [inference_id(str(it)) for it in batch.column(id_).to_pylist()]
    at = [place for place, name in enumerate(ids) if name in wanted]
    part = batch.take(pa.array(at, pa.int64()))
    nothing: list[object] = [None] * len(at)
    columns = [nothing if name is None else part.column(name).to_pylist() for name in names]
    return dict(zip((ids[place] for place in at), zip(*columns, strict=True), strict=True))


def _column(usecase: UseCase, name: str, values: list[object]) -> np.ndarray:
    if usecase.event.field(name).type == "string":
        return np.array(values, dtype=object)
    numbers = (number(it) for it in values)
    return np.array([np.nan if it is None else it for it in numbers], dtype=np.float64)

"""How lake records travel between Spark and pandas: pandas would make floats of whole numbers of which some miss."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

_SPARK = {pa.string(): "string", pa.int64(): "long", pa.float64(): "double", pa.bool_(): "boolean"}


class Wire:
    """The columns of a table on their way. Whole numbers that may be missing travel as text."""

    def __init__(self, schema: pa.Schema, *, whole: frozenset[str]) -> None:
        """Take the columns as they are and as they travel.

        Args:
            schema: of the table.
            whole: those of its whole-number columns that may be missing.
        """
        self._schema, self._whole = schema, whole
        self._travels = pa.schema([(it.name, pa.string() if it.name in whole else it.type) for it in schema])

    @property
    def ddl(self) -> str:
        """The travelling columns as Spark's schema text."""
        return ", ".join(f"`{it.name}` {_SPARK[it.type]}" for it in self._travels)

    def send(self, table: pa.Table) -> list[pa.RecordBatch]:
        """A table as Spark's Arrow functions yield it."""
        batches: list[pa.RecordBatch] = table.cast(self._travels).combine_chunks().to_batches()
        return batches

    def receive(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A group as Spark hands it over, in the types that the kernel takes."""
        columns: dict[str, object] = {}
        for name in frame.columns:
            if name in self._whole:
                columns[name] = pd.array([None if it is None else int(it) for it in frame[name]], dtype="Int64")
            elif name in self._schema.names and pa.types.is_boolean(self._schema.field(name).type):
                columns[name] = frame[name].astype("boolean")
            else:
                columns[name] = frame[name]
        return pd.DataFrame(columns)


def packed(frame: pd.DataFrame, names: Sequence[str]) -> list[bytes]:
    """Many columns of numbers as one: each row's doubles side by side. Spark is slow with hundreds of columns."""
    matrix = np.ascontiguousarray(frame[list(names)].to_numpy(np.float64))
    return [row.tobytes() for row in matrix]


def unpacked(rows: pd.Series, names: Sequence[str]) -> pd.DataFrame:
    """The columns that were ``packed``, with the index of the rows."""
    matrix = np.frombuffer(b"".join(rows), dtype=np.float64).reshape(len(rows), len(names))
    return pd.DataFrame(matrix, columns=list(names), index=rows.index)

"""Files of past events: read, and their columns renamed to the use case's fields.

History is checked column by column, not row by row: a wrong column is an error that names it, and a wrong row is one
that names the column and the first row. Nothing is dropped in silence.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
import pandas as pd

from cli import table_file
from cli.event_columns import Column, field_values, zero_or_one
from headrace.errors import UseCaseError
from headrace.usecase import UseCase
from headrace.windows_columnar import without_duplicates

DERIVED = "@content"
"""In place of the id's column: derive ids from what the events hold."""


def parse_map(text: str) -> dict[str, str]:
    """Parse ``field=COLUMN,field=COLUMN`` into a mapping from the use case's name to the file's.

    Raises:
        UseCaseError: if a part is not of that form, or a name is there twice.
    """
    pairs: dict[str, str] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, equals, column = (piece.strip() for piece in part.partition("="))
        if not (name and equals and column):
            raise UseCaseError(
                "--map", f"{part!r} is not field=COLUMN", "for example event_id=TRANSACTION_ID,amount=TX_AMOUNT"
            )
        if name in pairs:
            raise UseCaseError("--map", f"{name!r} is there twice", "map each field once")
        pairs[name] = column
    return pairs


@dataclass(frozen=True)
class EventFile:
    """Events of one use case read from files.

    Attributes:
        frame: the event fields under the use case's names, ordered by (timestamp, event id), and the label column if
            any (0.0, 1.0 or missing). ``timestamp`` is whole epoch seconds.
        id_column: the name that the event id has in the file.
        ids: event id -> the id as the file holds it.
    """

    frame: pd.DataFrame
    id_column: str
    ids: pd.Series


def read(paths: Sequence[Path], usecase: UseCase, columns: Mapping[str, str]) -> EventFile:
    """Read and check event files. Copies of an event are left out where the use case drops them.

    Args:
        paths: Parquet, CSV (also .gz) or JSONL files of one shape.
        usecase: whose events they are.
        columns: field name -> column name where they differ; ``label`` means the use case's label. The id may be
            ``@content``: see ``content_ids``.

    Raises:
        UseCaseError: if a file, a mapping or a column is wrong; the message names it.
    """
    label, shape = usecase.label.field, usecase.event
    columns = named(usecase, columns)
    names = {name: columns.get(name, name) for name in (*(field.name for field in shape.fields), label)}
    needed = {field.name for field in shape.fields if field.required} | set(columns)
    if derived := names[shape.id] == DERIVED:
        del names[shape.id]
    raw, row = rows(paths, usecase, names, needed)
    frame = pd.DataFrame(
        {
            field.name: field_values(Column(raw[names[field.name]], names[field.name], row), field)
            for field in shape.fields
            if names.get(field.name) in raw
        }
    )
    if names[label] in raw:
        frame[label] = zero_or_one(Column(raw[names[label]], names[label], row))
    if derived:
        frame.insert(0, shape.id, content_ids(frame))
    id_column = shape.id if derived else names[shape.id]
    given = frame[shape.id] if derived else _natural(raw[id_column])
    ids = pd.Series(given.to_numpy(), index=frame[shape.id].to_numpy(), name=id_column)
    if shape.drop_duplicates:
        frame = without_duplicates(usecase, frame)
        ids = ids.iloc[frame.index.to_numpy()]
    _require_unique(ids.index, id_column)
    order = np.lexsort((frame[shape.id].to_numpy(dtype=object), frame[shape.timestamp].to_numpy()))
    return EventFile(frame=frame.take(order).reset_index(drop=True), id_column=id_column, ids=ids)


def content_ids(events: pd.DataFrame) -> pd.Series:
    """Ids for events that have none: a hash of all fields, and a number where several events are equal.

    So the same rows have the same ids in whatever order and however often they are read.
    """
    codes = pd.util.hash_pandas_object(events, index=False)
    numbers = codes.groupby(codes).cumcount()
    return codes.map("{:016x}".format) + numbers.map(lambda it: f"-{it}" if it else "")


def named(usecase: UseCase, columns: Mapping[str, str], *, also: Sequence[str] = ()) -> dict[str, str]:
    """The mapping with the label under the use case's name for it.

    Raises:
        UseCaseError: if the use case has no such field.
    """
    label = usecase.label.field
    columns = {label if name == "label" else name: column for name, column in columns.items()}
    known = [*(field.name for field in usecase.event.fields), *also]
    for name in columns:
        if name not in (*known, label):
            raise UseCaseError(
                "--map", f"{usecase.name} has no field {name!r}", f"use one of {', '.join(known)}, label"
            )
    return columns


def rows(
    paths: Sequence[Path], usecase: UseCase, names: Mapping[str, str], needed: AbstractSet[str]
) -> tuple[pd.DataFrame, Callable[[int], str]]:
    """The named columns of all files one after the other, and how a row of them is called.

    Args:
        paths: the files.
        usecase: says which columns are text.
        names: field name -> column name.
        needed: the fields that every file must have.

    Raises:
        UseCaseError: if a file cannot be read or lacks a column, or there are no rows.
    """
    for path in paths:
        _require_present(path, names, needed)
    fields = usecase.event.fields
    texts = frozenset(names[field.name] for field in fields if field.type == "string" and field.name in names)
    parts = [table_file.read(path, list(names.values()), texts=texts) for path in paths]
    raw = parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)
    if not len(raw):
        raise UseCaseError(str(paths[0]), "holds no rows", "give a file with events")
    starts = [0, *accumulate(len(part) for part in parts)]

    def row(number: int) -> str:
        of = bisect_right(starts, number) - 1
        return str(number) if len(paths) == 1 else f"{number - starts[of]} of {paths[of].name}"

    return raw, row


def _require_present(path: Path, names: Mapping[str, str], needed: AbstractSet[str]) -> None:
    there = table_file.columns(path)
    for name, column in names.items():
        if name in needed and column not in there:
            way_out = f"name it with --map {name}=COLUMN; " if name == column else ""
            raise UseCaseError(
                name, f"{path.name} has no column {column!r}", f"{way_out}there are {', '.join(there) or 'none'}"
            )


def _natural(values: pd.Series) -> pd.Series:
    """Ids of a text format as numbers where each is written as numbers are, so that they join with the file's own."""
    if values.dtype != object or not values.iloc[:1].astype(str).str.fullmatch(r"-?\d{1,18}").all():
        return values
    if not values.map(lambda it: isinstance(it, str)).all():
        return values
    numbers = pd.to_numeric(values, errors="coerce")
    return numbers if numbers.dtype == np.int64 and (numbers.astype(str) == values).all() else values


def _require_unique(ids: pd.Index, column: str) -> None:
    twice = ids.duplicated()
    if twice.any():
        raise UseCaseError(column, f"{ids[twice][0]!r} is there more than once", "an event id names one event")

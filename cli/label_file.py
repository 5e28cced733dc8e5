"""Files of labels that came apart from their events: late, corrected, perhaps of events that nobody knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cli.event_columns import Column, epoch_seconds, field_values, zero_or_one
from cli.event_file import named, rows
from headrace.errors import UseCaseError
from headrace.usecase import UseCase

GIVEN = "labelled_at"


@dataclass(frozen=True)
class Labels:
    """Labels of known events.

    Attributes:
        frame: one row per label: event id, time and every entity's key as its event has them, the label field, and
            ``labelled_at`` in epoch seconds if the file says when each was given.
        unknown: how many labels are of events that were not given; they are left out.
    """

    frame: pd.DataFrame
    unknown: int


def read_labels(paths: Sequence[Path], usecase: UseCase, columns: Mapping[str, str], events: pd.DataFrame) -> Labels:
    """Read labels of events.

    Args:
        paths: Parquet, CSV (also .gz) or JSONL files with the event id, the label and, if wanted, ``labelled_at``.
        usecase: whose labels they are.
        columns: field name -> column name where they differ, as for the events; also of ``labelled_at``.
        events: whose labels count, as ``event_file.read`` returns them.

    Raises:
        UseCaseError: if a column is missing or wrong, a label is given before its event, or an event has several labels
            and the file does not say which is the last.
    """
    shape, label = usecase.event, usecase.label.field
    given = named(usecase, columns, also=(GIVEN,))
    names = {name: given.get(name, name) for name in (shape.id, label, GIVEN)}
    raw, row = rows(paths, usecase, names, {shape.id, label} | ({GIVEN} & set(given)))

    def column(name: str) -> Column:
        return Column(raw[names[name]], names[name], row)

    values = zero_or_one(column(label))
    column(label).refuse(values.isna(), "is missing")
    frame = pd.DataFrame({shape.id: field_values(column(shape.id), shape.field(shape.id)), label: values})
    if names[GIVEN] in raw:
        frame[GIVEN] = epoch_seconds(column(GIVEN))
    else:
        repeated = frame[shape.id].duplicated()
        column(shape.id).refuse(repeated, f"has several labels, and no column {names[GIVEN]!r} says which is the last,")
    keys = dict.fromkeys((shape.id, shape.timestamp, *(entity.key for entity in usecase.entities)))
    known = frame.merge(events[list(keys)], on=shape.id, how="inner")
    if GIVEN in known and bool((known[GIVEN] < known[shape.timestamp]).any()):
        first = known.loc[known[GIVEN] < known[shape.timestamp], shape.id].iloc[0]
        raise UseCaseError(names[GIVEN], f"the label of {first!r} is given before its event", "mend or filter the file")
    return Labels(known, len(frame) - len(known))


def last_known(usecase: UseCase, labels: pd.DataFrame) -> pd.Series:
    """The last label of every event (of several given at once the greatest), by event id."""
    order = [GIVEN, usecase.label.field] if GIVEN in labels else [usecase.label.field]
    last = labels.sort_values(order, kind="stable").drop_duplicates(usecase.event.id, keep="last")
    return last.set_index(usecase.event.id)[usecase.label.field]

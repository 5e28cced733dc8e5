"""What is known of a training set after one pass over its rows, in memory that does not grow with them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from headrace.training_columns import common_names
from headrace.usecase import Expectation, UseCase
from pipelines.jobs.training_set import EVENT_ID, LABEL, TIMESTAMP
from pipelines.quality.column import Column, Kind, Watch
from pipelines.quality.sample import Sample
from pipelines.quality.training_rows import Rows
from pipelines.quality.uniqueness import hashes_of

EARLIEST, LATEST = 0, 7_258_118_400
"""1970 and 2200, in seconds: a time beyond is rather in milliseconds."""


def column_of(usecase: UseCase, name: str) -> str:
    """How the training set calls an event field, a feature or the label."""
    return common_names(usecase).get(name, name)


def watches(usecase: UseCase, *, since: int = EARLIEST, until: int = LATEST) -> dict[str, Watch]:
    """What to look for in every column that is needed, in the training set's order, then in those only expected.

    Args:
        usecase: whose training set.
        since: the earliest time that an event may have, in seconds.
        until: the time, in seconds, that every event must be before.
    """
    clear = {field.name: field.privacy == "clear" for field in usecase.event.fields}
    texts = {field.name for field in usecase.event.fields if field.type == "string"} - set(usecase.inputs)
    needed = [
        Watch(name=EVENT_ID, kind="text", required=True, distinct=True),
        Watch(name=TIMESTAMP, kind="number", required=True, lowest=since, highest=until - 1),
    ]
    keys = dict.fromkeys(entity.key for entity in usecase.entities)
    needed += [Watch(name=key, kind="text", required=True, masked=not clear[key]) for key in keys]
    needed += [
        Watch(name=name, kind="text" if name in texts else "number", masked=not clear[name])
        for name in usecase.facet_fields
    ]
    needed += [Watch(name=name, kind="number") for name in usecase.feature_names]
    if usecase.model.labelled:
        needed.append(Watch(name=LABEL, kind="number", required=True, allowed=(0, 1)))
    found = {watch.name: watch for watch in needed}
    for rule in usecase.expectations:
        name = column_of(usecase, rule.column)
        kind: Kind = "text" if name in texts else "number"
        watch = found.get(name) or Watch(name=name, kind=kind, masked=not clear.get(name, True))
        found[name] = watch.expecting(replace(rule, allowed=_codes(usecase, rule) or rule.allowed))
    return found


def _codes(usecase: UseCase, rule: Expectation) -> tuple[str | float, ...]:
    """What is allowed of a text input, which enters the training set as the position of the text."""
    if rule.column not in usecase.inputs:
        return ()
    codes = usecase.event.field(rule.column).codes
    return tuple(codes.get(str(it), -1) for it in rule.allowed) if codes else ()


@dataclass
class Profile:
    """Columns by name, a sample of positive rows (``hits``) and of all others (``rest``), and counts of rows."""

    usecase: UseCase
    columns: dict[str, Column]
    rows: int = 0
    positives: int = 0
    negatives: int = 0
    hits: Sample = field(init=False)
    rest: Sample = field(init=False)

    def __post_init__(self) -> None:
        self.hits, self.rest = (Sample(len(self.usecase.feature_names)) for _ in range(2))

    @classmethod
    def of(cls, usecase: UseCase, looked_for: Iterable[Watch]) -> "Profile":
        """The profile of no rows."""
        return cls(usecase, {watch.name: Column(watch) for watch in looked_for})

    def read(self, rows: Rows, report: Callable[[int], None]) -> "Profile":
        """Add every row; ``report`` is called with how many have been read."""
        texts = frozenset(name for name, column in self.columns.items() if column.watch.kind == "text")
        for batch in rows.batches(frozenset(self.columns), texts):
            self.add(batch)
            report(self.rows)
        return self

    def add(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        count = batch.num_rows
        if not count:
            return
        arrays = {name: batch.column(index) for index, name in enumerate(batch.schema.names)}
        ids = _texts(arrays[EVENT_ID]) if EVENT_ID in arrays else None
        shown = np.array([f"row {self.rows + row}" for row in range(count)], dtype=object) if ids is None else ids
        numbers: dict[str, npt.NDArray[np.float64]] = {}
        for name, column in self.columns.items():
            if name not in arrays:
                column.add_without(count)
            elif column.watch.kind == "text":
                column.add_texts(_texts(arrays[name]), shown)
            elif (values := _numbers(arrays[name])) is None:
                column.add_without(count, str(arrays[name].type))
            else:
                column.add_numbers(values, shown)
                numbers[name] = values
        self._classes(numbers)
        if ids is not None:
            self._sampled(hashes_of(np.where(ids == None, "", ids)), numbers)  # noqa: E711 - element by element
        self.rows += count

    def merge(self, other: "Profile") -> None:
        """Take over what is known of another part of the set."""
        for name, column in self.columns.items():
            column.merge(other.columns[name])
        self.hits.merge(other.hits)
        self.rest.merge(other.rest)
        self.rows += other.rows
        self.positives += other.positives
        self.negatives += other.negatives

    def _classes(self, numbers: dict[str, npt.NDArray[np.float64]]) -> None:
        if LABEL in numbers:
            self.positives += int((numbers[LABEL] == 1).sum())
            self.negatives += int((numbers[LABEL] == 0).sum())

    def _sampled(self, hashes: npt.NDArray[np.uint64], numbers: dict[str, npt.NDArray[np.float64]]) -> None:
        nothing = np.full(len(hashes), np.nan)
        positive = numbers.get(LABEL, nothing) == 1
        for sample, rows in ((self.hits, np.flatnonzero(positive)), (self.rest, np.flatnonzero(~positive))):
            wanted = rows[sample.wanted(hashes[rows])]
            features = [numbers.get(name, nothing)[wanted] for name in self.usecase.feature_names]
            sample.add(hashes[wanted], np.stack(features, axis=1))


def _texts(values: pa.Array) -> npt.NDArray[np.object_]:
    """Texts, None where missing; whatever else it is becomes text."""
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        values = values.cast(pa.string())
    texts: npt.NDArray[np.object_] = values.to_numpy(zero_copy_only=False)
    return texts


def _numbers(values: pa.Array) -> npt.NDArray[np.float64] | None:
    """Numbers, NaN where missing; None if the column holds none. Times become seconds."""
    kind = values.type
    if pa.types.is_timestamp(kind):
        values = pc.divide(values.cast(pa.timestamp("us", tz=kind.tz)).cast(pa.int64()), 1_000_000)
    elif not (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
    ):
        return None
    numbers: npt.NDArray[np.float64] = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return numbers

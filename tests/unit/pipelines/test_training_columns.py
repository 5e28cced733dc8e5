"""Whoever writes a training set and the jobs that read it agree on its columns, whatever a use case calls its id."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import small_lake
from small_lake import USECASE, order, week

from headrace.errors import UseCaseError
from headrace.training_columns import common_names, training_columns
from headrace.usecase import Event, Facet, Field, UseCase
from pipelines.jobs import training_set
from pipelines.training_set import Folder, build, part

NAMES = {"event_id": "order_id", "timestamp": "placed_at"}


def orders() -> UseCase:
    """The same purchases under other names, with a group that a field of the event tells apart."""
    fields = (
        Field(name="order_id", type="string"),
        Field(name="placed_at", type="timestamp"),
        Field(name="customer_id", type="string"),
        Field(name="terminal_id", type="string"),
        Field(name="amount", type="number"),
        Field(name="region", type="string", required=False),
    )
    event = Event(fields=fields, id="order_id", timestamp="placed_at")
    facet = Facet(field="region", values=("north",))
    return replace(USECASE, event=event, model=replace(USECASE.model, facets=(facet,)))


def renamed(lake: Path) -> None:
    """The lake as that use case would have filled it."""
    for path in lake.glob("events/**/*.parquet"):
        table = pq.ParquetFile(path).read()
        table = table.append_column("region", pa.array(["north"] * table.num_rows))
        pq.write_table(table.rename_columns([NAMES.get(it, it) for it in table.column_names]), path)
    for path in lake.glob("labels/**/*.jsonl"):
        text = path.read_text()
        for old, new in NAMES.items():
            text = text.replace(f'"{old}"', f'"{new}"')
        path.write_text(text)


def test_writer_and_reader_have_one_schema() -> None:
    for usecase in (USECASE, orders()):
        assert part.schema(usecase).equals(training_set.schema(usecase))


def test_columns_are_in_order_under_their_common_names() -> None:
    assert list(training_columns(orders())) == [
        "event_id", "timestamp", "customer_id", "terminal_id", "region", *orders().feature_names, "label"
    ]  # fmt: skip
    assert training_columns(orders())["region"] == "text"
    assert common_names(orders()) == {"order_id": "event_id", "placed_at": "timestamp"}


def test_a_set_of_a_use_case_with_other_names_is_read_by_the_jobs(tmp_path: Path) -> None:
    small_lake.put(tmp_path, week())
    build(Folder(tmp_path), order())
    same = small_lake.rows(tmp_path)
    renamed(tmp_path)
    build(Folder(tmp_path), order(usecase=orders(), name="renamed"))
    table = training_set.read(tmp_path / "training" / "renamed", orders())
    assert table.schema.names == list(training_columns(orders()))
    found = table.to_pandas().set_index("event_id")
    assert set(found.pop("region")) == {"north"}
    pd.testing.assert_frame_equal(found.loc[same.index], same, check_exact=True)


def test_two_columns_of_one_name_are_refused() -> None:
    fields = tuple(replace(it, name="event_id") if it.name == "customer_id" else it for it in orders().event.fields)
    entities = (replace(USECASE.entities[0], key="event_id"), USECASE.entities[1])
    usecase = replace(orders(), event=replace(orders().event, fields=fields), entities=entities)
    with pytest.raises(UseCaseError, match="'event_id' would be two columns"):
        training_columns(usecase)

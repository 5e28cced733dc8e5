"""docs/extending.md, a new sink: vectors into a file, with nothing lost and nothing wrong when it refuses."""

import json
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest
from lambda_fakes import FakeStore, FakeTable
from shard_records import event, event_source_mapping, record

from headrace.features import FeatureSet
from lambdas.enrichment.logic import Enrichment, VectorLog, enrich
from lambdas.shared.failures import DependencyError
from usecases import load

FEATURES = FeatureSet(load("fraud"), newest=3)
EVENTS = [record(number, event(number, amount=number + 0.5, customer=f"c{number % 3}")) for number in range(12)]


class FolderSink:
    """Appends rows to a file; ``refuses`` are rows that it does not take at their first try."""

    def __init__(self, folder: Path, refuses: Sequence[str] = ()) -> None:
        self._path, self._refuses = folder / "vectors.jsonl", set(refuses)

    def append(self, rows: Sequence[bytes]) -> AbstractSet[int]:
        """Take what is taken, and say which positions were not: the stream brings those again."""
        refused = {place for place, row in enumerate(rows) if json.loads(row)["event_id"] in self._refuses}
        self._refuses.clear()
        with self._path.open("ab") as file:
            file.writelines(row.rstrip() + b"\n" for place, row in enumerate(rows) if place not in refused)
        return refused

    @property
    def rows(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self._path.read_text().splitlines()]


def wired(sink: VectorLog) -> tuple[Enrichment, FakeTable]:
    """The function with this sink."""
    table = FakeTable()
    function = Enrichment(
        features=FEATURES, reader=table, writer=table, log=sink, quarantine=FakeStore(), scorer=None, clock=lambda: 0.0
    )
    return function, table


def streamed(sink: VectorLog) -> FakeTable:
    """Carry the events into the function with this sink, as the event source mapping does."""
    function, table = wired(sink)
    event_source_mapping(EVENTS, lambda chunk: enrich(chunk, function), batch=5, splits=iter(()))
    return table


def test_every_vector_reaches_a_new_sink_once(tmp_path: Path) -> None:
    sink = FolderSink(tmp_path)
    streamed(sink)
    assert [row["event_id"] for row in sink.rows] == [f"e{number:06d}" for number in range(12)]
    assert set(FEATURES.names) <= sink.rows[0].keys()


def test_what_a_sink_refuses_comes_again_with_the_same_values(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    whole, sink = FolderSink(tmp_path / "whole"), FolderSink(tmp_path, refuses=["e000003", "e000007"])
    states = [table.items for table in (streamed(whole), streamed(sink))]
    assert states[0] == states[1], "the state is the same, however often rows were refused"
    found = {row["event_id"]: row for row in sink.rows}
    assert found == {row["event_id"]: row for row in whole.rows}
    assert all(row == found[row["event_id"]] for row in sink.rows), "copies are equal"


def test_a_sink_that_fails_for_good_fails_the_batch(tmp_path: Path) -> None:
    class Broken(FolderSink):
        def append(self, rows: Sequence[bytes]) -> AbstractSet[int]:
            raise DependencyError("the disk is full")

    function, _ = wired(Broken(tmp_path))
    with pytest.raises(DependencyError, match="the disk is full"):
        enrich(EVENTS, function)

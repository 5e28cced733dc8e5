"""One event, one answer of a model: though it was streamed, asked for over HTTP and tried again, in whatever order."""

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.monitoring import shards
from pipelines.monitoring.answers import Names, answers
from pipelines.monitoring.counting import count
from pipelines.monitoring.repeats import Repeats
from pipelines.monitoring.sample import sampled


def call(
    ids: list[str], scores: list[float], minute: int, *, named: bool = True, version: str = "v1"
) -> dict[str, Any]:
    """A captured call: of the stream, which names its rows, or over HTTP, where the call has the event's id."""
    asked = {"instances": [{"amount": 100 * score} for score in scores], **({"ids": ids} if named else {})}
    answered = {"predictions": [{"score": it} for it in scores], "model_version": version}
    sides = {"endpointInput": asked, "endpointOutput": answered}
    return {
        "captureData": {name: {"data": json.dumps(it), "encoding": "JSON"} for name, it in sides.items()},
        "eventMetadata": {"inferenceId": ids[0], "inferenceTime": f"2026-03-03T05:{minute:02}:00Z"},
    }


STREAMED = call(["a", "b", "c"], [0.1, 0.2, 0.3], 10)
AGAIN = call(["a", "b", "c"], [0.1, 0.2, 0.3], 12)
OVER_HTTP = call(["b"], [0.25], 5, named=False)
ORDERS = [*permutations([STREAMED, AGAIN, OVER_HTTP])]


def written(folder: Path, calls: Any) -> Path:
    """Each call in a file of its own, in their order."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, it in enumerate(calls):
        (folder / f"{place}.jsonl").write_text(json.dumps(it) + "\n")
    return folder


@pytest.mark.parametrize("calls", ORDERS)
def test_the_earliest_answer_about_an_event_meets_its_label(calls: Any, tmp_path: Path) -> None:
    found = answers(written(tmp_path, calls), Names())
    assert found is not None
    # The event that was asked for over HTTP first was answered with 0.25, whatever the stream said after.
    assert dict(zip(found.ids, found.scores.tolist(), strict=True)) == {"a": 0.1, "b": 0.25, "c": 0.3}
    assert (len(found.ids), found.repeated, found.unnamed) == (3, 4, 0)


def test_each_model_has_an_answer_of_its_own_about_an_event(tmp_path: Path) -> None:
    written(tmp_path, [STREAMED, call(["a"], [0.9], 11, version="v2"), call(["a"], [0.8], 13, version="v2")])
    every, second = answers(tmp_path, Names()), answers(tmp_path, Names(), version="v2")
    assert every is not None
    assert second is not None
    assert (sorted(every.ids), every.repeated) == (["a", "a", "b", "c"], 1)
    assert (second.ids, second.scores.tolist(), second.repeated, second.foreign) == (["a"], [0.9], 1, 3)


@pytest.mark.parametrize("calls", ORDERS)
def test_an_event_weighs_once_in_the_distributions(calls: Any, tmp_path: Path) -> None:
    found = count(written(tmp_path, calls))
    assert (found.summary.rows, found.repeated) == (3, 4)
    assert found.summary.columns["amount"].rows == 3


def test_what_a_machine_did_not_count_is_known_when_parts_are_judged(tmp_path: Path) -> None:
    for host, calls in (("algo-1", [STREAMED, AGAIN]), ("algo-2", [call(["d"], [0.5], 7, named=False)])):
        shards.leave(shards.share(written(tmp_path / host, calls)), tmp_path / "parts", host)
    found = shards.gathered(tmp_path / "parts")
    assert (found.summary.rows, found.repeated) == (4, 3)


def test_calls_of_many_rows_without_ids_are_all_counted(tmp_path: Path) -> None:
    nameless = call(["x", "y"], [0.4, 0.6], 3, named=False)
    assert count(written(tmp_path, [nameless, nameless])).summary.rows == 4


@pytest.mark.parametrize("calls", ORDERS)
def test_an_event_is_explained_once_as_it_was_answered_first(calls: Any, tmp_path: Path) -> None:
    found = sampled(written(tmp_path, calls), ("amount",))
    assert found is not None
    assert dict(zip(found.ids, found.scores.tolist(), strict=True)) == {"a": 0.1, "b": 0.25, "c": 0.3}


@pytest.mark.parametrize("seed", range(5))
def test_the_rows_of_a_sample_are_the_same_in_whatever_order_repeats_come(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    names = [f"e{it}" for it in rng.integers(0, 60, 200)]
    calls = [call([name], [int(name[1:]) / 100], 5, named=False) for name in names]
    one = sampled(written(tmp_path / "one", calls), ("amount",), most=20)
    other = sampled(written(tmp_path / "other", [calls[it] for it in rng.permutation(200)]), ("amount",), most=20)
    assert one is not None
    assert other is not None
    assert sorted(one.ids) == sorted(other.ids)
    assert len({*one.ids}) == len(one.ids) == 20


@given(st.lists(st.lists(st.sampled_from(["", *"abcdefghij"]), max_size=12), max_size=12))
def test_a_name_is_fresh_once_over_all_batches(parts: list[list[str]]) -> None:
    repeats, seen = Repeats(), set[str]()
    for part in parts:
        for name, fresh in zip(part, repeats.fresh(part).tolist(), strict=True):
            assert fresh == (not name or name not in seen)
            seen.add(name)

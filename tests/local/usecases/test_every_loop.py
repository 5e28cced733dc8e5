"""``headrace demo`` closes the loop of every use case that scores its stream or batches, from unmodified templates."""

import io
from pathlib import Path

import pytest
from rich.console import Console

import simulators
import usecases
from cli.demo import Options, demo

pytestmark = pytest.mark.usecases
SERVING = {name: usecases.load(name).serving for name in simulators.names()}
ANSWERING = [name for name, it in SERVING.items() if it.score_stream or it.kind == "batch"]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ANSWERING)
def test_every_event_is_accounted_for_and_scored_by_the_model_that_was_trained(name: str, tmp_path: Path) -> None:
    console = Console(file=io.StringIO())
    summary = demo(Options(usecase=name, events=400, scenario="usual", seed=7, out=tmp_path), console)
    assert summary["failures"] == []
    assert summary["unaccounted"] == 0
    assert summary["predictions"] == summary["events_enriched"] == summary["events_in_lake"] > 0
    assert summary["endpoint_status"] == ("no endpoint" if SERVING[name].kind == "batch" else "InService")
    assert (tmp_path / "index.html").stat().st_size > 10_000

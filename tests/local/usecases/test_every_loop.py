"""``headrace demo`` closes the loop of every use case, from unmodified templates."""

import io
from pathlib import Path

import pytest
from pages import Page, rows_of_run
from rich.console import Console

import simulators
import usecases
from cli.demo import Options, demo

pytestmark = pytest.mark.usecases
SERVING = {name: usecases.load(name).serving for name in usecases.names()}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", sorted(SERVING))
def test_every_event_is_accounted_for_and_scored_by_the_model_that_was_trained(
    name: str, page: Page, tmp_path: Path
) -> None:
    console = Console(file=io.StringIO())
    summary = demo(Options(usecase=name, events=400, scenario="usual", seed=7, out=tmp_path), console)
    assert summary["failures"] == []
    assert summary["unaccounted"] == 0
    assert summary["predictions"] == summary["events_enriched"] == summary["events_in_lake"] > 0
    assert summary["endpoint_status"] == ("no endpoint" if SERVING[name].kind == "batch" else "InService")
    assert (tmp_path / "index.html").stat().st_size > 10_000
    assert bool(summary.get("tenants")) == (SERVING[name].tenant is not None)
    if page.exists:
        page.require(*rows_of_run(summary))


def test_every_use_case_has_a_simulator() -> None:
    assert set(simulators.names()) == set(SERVING)

"""A run says how far it is: as a bar to a person, as lines to a log."""

import io

import pytest
from rich.console import Console

from cli import phases
from cli.phases import Phases


def test_a_log_gets_one_line_per_phase_and_no_bar() -> None:
    log = io.StringIO()
    timed = Phases(Console(file=log))
    with timed.phase("history") as phase:
        phase.report(1, 4, "writing events")
        phase.report(4, 4, "5 events")
    assert log.getvalue().count("\n") == 1
    assert "✓ history" in log.getvalue()
    assert log.getvalue().rstrip().endswith("5 events")
    assert timed.seconds["history"] >= 0


def test_a_log_hears_of_long_phases_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phases, "SPEAK_EVERY_S", 0.0)
    log = io.StringIO()
    with Phases(Console(file=log)).phase("stream") as phase:
        phase.report(2_000, 67_080, "2,000 events")
    assert "… stream     2000/67080 2,000 events" in log.getvalue()


def test_a_terminal_keeps_only_the_finished_line() -> None:
    screen = io.StringIO()
    with Phases(Console(file=screen, force_terminal=True, width=100, highlight=False)).phase("deploy") as phase:
        phase.report(9, 9, "9 stacks")
    assert "9 stacks" in screen.getvalue().splitlines()[-1]


def test_a_phase_that_fails_is_neither_timed_nor_ticked() -> None:
    log = io.StringIO()
    timed = Phases(Console(file=log))
    with pytest.raises(ValueError, match="no"), timed.phase("train"):
        raise ValueError("no")
    assert timed.seconds == {}
    assert "✓" not in log.getvalue()

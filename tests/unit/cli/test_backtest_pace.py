"""A backtest's drift trains no sooner than the reaction would: one rule of cooldown and budget, for both."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from backtest_walks import use
from backtest_world import DAY_S, FROM, USECASE, options

from cli.backtest.policies import Situation, parse
from cli.backtest.terms import terms
from cli.backtest.walk import Walk
from headrace.usecase import Reaction


def days_trained(monkeypatch: pytest.MonkeyPatch, policy: str, reaction: Reaction) -> list[float]:
    """Days after the start on which a policy trains where everything drifts all the time, asked every twelve hours."""
    use(monkeypatch, replace(USECASE, reaction=reaction))
    given = options(Path("events.parquet"), Path("out"), policies=[policy], step="12h", until=FROM + 5 * DAY_S)
    agreed = terms(given, last=FROM + 60 * DAY_S)
    trained: list[float] = []

    def train(_vectors: Any, *, at: int, reason: str, champion: Any) -> tuple[Any, Any]:
        trained.append((at - FROM) / DAY_S)
        return SimpleNamespace(outcome="deployed", reason=reason, champion=champion), object()

    fakes: dict[str, Any] = {
        "past": SimpleNamespace(labels_between=lambda *_: 0),
        "vectors": SimpleNamespace(answers=lambda *_: pd.DataFrame({"event_id": ["a"]})),
        "trainer": SimpleNamespace(train=train),
    }
    (asked,) = parse([policy], step_s=agreed.step_s)
    walk = Walk(agreed, asked, **fakes)
    monkeypatch.setattr(walk, "_drift", lambda _now: "amount by 0.4")
    walk.go(lambda *_: None)
    return trained


@pytest.mark.parametrize(
    ("policy", "reaction", "days"),
    [
        ("drift", Reaction(cooldown="3d", daily_budget=9), [0.0, 0.5, 3.0]),
        ("drift", Reaction(cooldown="1h", daily_budget=9), [0.5 * it for it in range(10)]),
        ("drift", Reaction(cooldown="1h", daily_budget=1), [0.5 * it for it in range(10)]),
        ("every:12h", Reaction(cooldown="3d"), [0.5 * it for it in range(10)]),
    ],
)
def test_drift_waits_for_the_cooldown_and_the_calendar_does_not(
    monkeypatch: pytest.MonkeyPatch, policy: str, reaction: Reaction, days: list[float]
) -> None:
    assert days_trained(monkeypatch, policy, reaction) == days


def test_a_policy_is_told_in_the_reactions_words_why_it_is_too_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []

    def due(_policy: Any, at: Situation) -> str | None:
        heard.append(at.too_soon)
        return None if at.too_soon else "drift: amount"

    monkeypatch.setattr("cli.backtest.policies.Drifted.due", due)
    days_trained(monkeypatch, "drift", Reaction(cooldown="3d"))
    assert heard[:2] == ["", "cooldown of 3d since the last training"]

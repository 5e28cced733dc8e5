"""Weekly summaries of customers: moods move slowly; where one falls, use falls, complaints rise, and people leave."""

import numpy as np
import pandas as pd

from simulators import USUAL, changed_from

DAY_S = 86_400
WEEK = 7
HISTORY_DAYS = 210
PLANS = ("basic", "family", "premium")
PRICES = np.array([9.9, 19.9, 29.9])
SCENARIOS = {
    USUAL: "plans, prices and people stay as they are",
    "price_rise": "every plan costs half as much again, and more people leave",
    "outage": "the service is down for days on end: use halves, complaints triple, and some leave",
}


def simulate(
    *, start: int, days: int, per_day: int, seed: int, scenario: str = USUAL, since: int | None = None
) -> pd.DataFrame:
    """Simulate summaries; see ``simulators.Simulator``. Seven customers for each event a day: one summary a week each.

    Returns:
        event_id, timestamp, customer_id, plan, price, months_with_us, hours_used, complaints, late_payments,
        churned (0 or 1: they have left 30 days later).
    """
    changes_at = changed_from(SCENARIOS, scenario, start=start, days=days, since=since)
    rng = np.random.default_rng(seed)
    customers, weeks = max(70, WEEK * per_day), -(-days // WEEK)
    plan, months = rng.integers(0, 3, customers), rng.integers(0, 60, customers)
    habit, mood = rng.gamma(3, 3, customers), rng.normal(0.3, 0.95, customers)
    day_of_week = rng.integers(0, WEEK * DAY_S, customers)
    parts = []
    for week in range(weeks):
        moment = week * WEEK * DAY_S + day_of_week
        changed = moment >= changes_at
        mood = 0.93 * mood + rng.normal(0.02, 0.35, customers)
        dear, down = changed & (scenario == "price_rise"), changed & (scenario == "outage")
        use = habit * np.exp(0.5 * mood + rng.normal(0, 0.25, customers)) * np.where(down, 0.5, 1.0)
        grumble, forget = rng.exponential(1, customers), rng.random(customers)
        risk = 1 / (1 + np.exp(3.4 + 2.4 * mood + 0.01 * (months + week / 4) - 0.9 * dear - 0.5 * down))
        parts.append(
            pd.DataFrame(
                {
                    "timestamp": start + moment,
                    "customer_id": np.char.add("C", np.arange(customers).astype(str)),
                    "plan": np.array(PLANS, dtype=object)[plan],
                    "price": np.round(PRICES[plan] * np.where(dear, 1.5, 1.0), 2),
                    "months_with_us": months + week // 4,
                    "hours_used": np.round(use.clip(0, 168), 2),
                    "complaints": (grumble * np.exp(-0.7 * mood) * np.where(down, 3, 1) * 0.4).astype(int).clip(0, 100),
                    "late_payments": (forget < 0.08 - 0.05 * np.tanh(mood)).astype(int),
                    "churned": (rng.random(customers) < risk).astype(np.int8),
                }
            )
        )
    every = pd.concat(parts).sort_values("timestamp", kind="stable", ignore_index=True)
    frame = every[every["timestamp"] < start + days * DAY_S].copy()
    frame.insert(0, "event_id", [f"{start:x}-{i:08d}" for i in range(len(frame))])
    return frame

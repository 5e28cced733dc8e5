"""Applications for small loans: who earns less, owes more or comes again and again pays back less often.

The truth depends on income, debt, the sum and how steady the applicant is, and on no group. Groups differ a little in
income, as they do in the world, so that a model is never quite blind to them.
"""

import numpy as np
import pandas as pd

from simulators import USUAL, changed_from

DAY_S = 86_400
SCENARIOS = {
    USUAL: "applicants and branches stay as they are",
    "recession": "incomes fall by a quarter and debts rise by half, so more loans default",
    "bias": "a new form books a third of women's incomes elsewhere: they look poorer than they are",
}
GENDERS = ("female", "male", "other")
SHARES = (0.48, 0.5, 0.02)


def simulate(
    *, start: int, days: int, per_day: int, seed: int, scenario: str = USUAL, since: int | None = None
) -> pd.DataFrame:
    """Simulate applications; see ``simulators.Simulator``.

    Returns:
        event_id, timestamp, applicant_id, branch_id, amount, income and debt (two decimals), months, age, gender,
        defaulted (0 or 1).
    """
    changes_at = changed_from(SCENARIOS, scenario, start=start, days=days, since=since)
    rng = np.random.default_rng(seed)
    people, branches = max(100, 8 * per_day), 20
    gender = rng.choice(len(GENDERS), people, p=SHARES)
    age = np.clip(rng.normal(42, 14, people), 18, 90).astype(int)
    usual_income = np.exp(rng.normal(7.7, 0.45, people)) * np.where(gender == 0, 0.97, 1.0)
    steadiness = rng.normal(0, 1, people)
    branch_care = rng.normal(0, 0.4, branches)
    home = rng.integers(0, branches, people)

    count = int(rng.poisson(per_day * days))
    moment = np.sort(rng.integers(0, days * DAY_S, count))
    who = rng.choice(people, count, p=_eagerness(steadiness))
    income = usual_income[who] * rng.normal(1, 0.08, count).clip(0.5, 1.5)
    debt = usual_income[who] * rng.gamma(1.5, 0.6, count)
    amount = np.clip(usual_income[who] * rng.gamma(2, 0.4, count), 50, 50_000)
    months = rng.integers(1, 37, count)
    luck = rng.random(count)

    changed = moment >= changes_at
    if scenario == "recession":
        income, debt = np.where(changed, income * 0.75, income), np.where(changed, debt * 1.5, debt)
    odds = -3.6 + 0.8 * debt / income + 0.6 * amount / income - 0.9 * steadiness[who] - branch_care[home[who]]
    defaulted = luck < 1 / (1 + np.exp(-odds))
    if scenario == "bias":
        income = np.where(changed & (gender[who] == 0), income * 0.67, income)
    frame = pd.DataFrame(
        {
            "timestamp": start + moment,
            "applicant_id": np.char.add("A", who.astype(str)),
            "branch_id": np.char.add("B", home[who].astype(str)),
            "amount": np.round(amount, 2),
            "income": np.round(income, 2),
            "debt": np.round(debt, 2),
            "months": months,
            "age": age[who],
            "gender": np.array(GENDERS, dtype=object)[gender[who]],
            "defaulted": defaulted.astype(np.int8),
        }
    )
    frame.insert(0, "event_id", [f"{start:x}-{i:08d}" for i in range(len(frame))])
    return frame


def _eagerness(steadiness: np.ndarray) -> np.ndarray:
    """How often each person applies, as shares: the unsteady come more often."""
    weight = np.exp(-0.5 * steadiness)
    shares: np.ndarray = weight / weight.sum()
    return shares

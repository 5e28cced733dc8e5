"""Card transactions of people with habits, and of thieves, in the manner of the Fraud Detection Handbook, chapter 3.

Each customer spends around an own mean amount, by day rather than by night, at a few terminals. Three kinds of fraud
are mixed in: single purchases far above any habit, terminals that were tampered with for two weeks, and stolen cards
used for a week at several times the usual amount.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulators import USUAL, changed_from

SCENARIOS = {
    USUAL: "habits and thieves stay as they are",
    "none": "the same as usual",
    "concept": "thieves change their ways: stolen cards, for small sums at night, and nothing else",
    "covariate": "prices rise by 40 %; thieves stay as they are",
    "upstream-break": "a producer's new version sends amounts in cents",
    "seasonal": "at weekends people spend a fifth more, before the change as well as after",
    "flash-sale": "for one day everybody spends almost twice as much",
}
DAY_S = 86_400
TERMINALS_PER_CUSTOMER = 8
LARGE_SHARE = 0.002
LARGE_AMOUNT = 220.0
TAMPERED_DAYS = 14
TAMPERED_SHARE = 0.6
STOLEN_DAYS = 7
STOLEN_SHARE = 0.4
STOLEN_FACTOR = 4.0
NIGHT_S = 5 * 3_600
NIGHT_SHARE = 0.04
NIGHT_FACTOR = 0.1
PRICES = 1.4
WEEKEND_FACTOR = 1.2
SALE_FACTOR = 1.8
CENTS = 100.0
SATURDAY = 5


@dataclass(frozen=True)
class Population:
    """Who spends where: arrays indexed by customer."""

    mean_amount: np.ndarray
    weight: np.ndarray
    terminals: np.ndarray


def simulate(
    *, start: int, days: int, per_day: int, seed: int, scenario: str = USUAL, since: int | None = None
) -> pd.DataFrame:
    """Simulate transactions.

    Args:
        start: first second, epoch UTC.
        days: how many days.
        per_day: mean number of transactions a day; customers and terminals grow with it.
        seed: the same seed gives the same rows.
        scenario: one of ``SCENARIOS``.
        since: epoch second from which on it holds; None: from halfway.

    Returns:
        One row per transaction, ordered by (timestamp, event_id): event_id, timestamp (epoch s), customer_id,
        terminal_id, amount (two decimals), fraud (0 or 1).
    """
    changes_at = changed_from(SCENARIOS, scenario, start=start, days=days, since=since)
    rng = np.random.default_rng(seed)
    customers, terminals = max(50, per_day // 2), max(80, per_day)
    people = _population(rng, customers, terminals)
    count = int(rng.poisson(per_day * days))
    who = rng.choice(customers, size=count, p=people.weight)
    moment = _moments(rng, count, days)
    where = people.terminals[who, rng.integers(0, TERMINALS_PER_CUSTOMER, count)]
    habit = np.abs(rng.normal(people.mean_amount[who], people.mean_amount[who] / 2)) + 0.5
    amount = habit.copy()
    fraud = _large_purchases(rng, amount)
    fraud |= _tampered_terminals(rng, where, moment // DAY_S, terminals, days)
    fraud |= _stolen_cards(rng, who, moment // DAY_S, amount, customers=customers, days=days)
    changed = moment >= changes_at
    if scenario == "concept":
        thieves = np.random.default_rng((seed, 1))
        fraud = np.where(changed, _small_sums_at_night(thieves, moment, habit, changed), fraud)
        amount = np.where(changed, habit, amount)
    amount = amount * _prices(scenario, start + moment, changed, moment - changes_at)
    frame = pd.DataFrame(
        {
            "timestamp": start + moment,
            "customer_id": np.char.add("C", who.astype(str)),
            "terminal_id": np.char.add("T", where.astype(str)),
            "amount": np.round(amount, 2),
            "fraud": fraud.astype(np.int8),
        }
    ).sort_values("timestamp", kind="stable", ignore_index=True)
    frame.insert(0, "event_id", [f"{start:x}-{i:08d}" for i in range(len(frame))])
    return frame


def _small_sums_at_night(
    rng: np.random.Generator, moment: np.ndarray, amount: np.ndarray, changed: np.ndarray
) -> np.ndarray:
    """Thieves who try stolen cards while their owners sleep: moves purchases into the night of the same day."""
    taken: np.ndarray = changed & (rng.random(len(moment)) < NIGHT_SHARE)
    # A day that is cut by the change keeps what came before it.
    first = np.maximum(moment[taken] // DAY_S * DAY_S, moment[changed].min(initial=0) if changed.any() else 0)
    moment[taken] = first + rng.integers(0, NIGHT_S, int(taken.sum()))
    amount[taken] *= NIGHT_FACTOR
    return taken


def _prices(scenario: str, timestamp: np.ndarray, changed: np.ndarray, since: np.ndarray) -> np.ndarray:
    """The factor on each amount; ``since`` is how many seconds the change is old."""
    if scenario == "covariate":
        return np.where(changed, PRICES, 1.0)
    if scenario == "upstream-break":
        return np.where(changed, CENTS, 1.0)
    if scenario == "flash-sale":
        return np.where(changed & (since < DAY_S), SALE_FACTOR, 1.0)
    if scenario == "seasonal":
        weekday = (timestamp // DAY_S + 3) % 7  # the epoch was a Thursday
        return np.where(weekday >= SATURDAY, WEEKEND_FACTOR, 1.0)
    return np.ones(len(timestamp))


def _population(rng: np.random.Generator, customers: int, terminals: int) -> Population:
    weight = rng.uniform(0.1, 4, customers)
    return Population(
        mean_amount=rng.uniform(5, 100, customers),
        weight=weight / weight.sum(),
        terminals=rng.integers(0, terminals, (customers, TERMINALS_PER_CUSTOMER)),
    )


def _moments(rng: np.random.Generator, count: int, days: int) -> np.ndarray:
    """Seconds since the start: a day chosen evenly, a time of day around noon."""
    second = rng.normal(DAY_S / 2, DAY_S / 5, count) % DAY_S
    moments: np.ndarray = rng.integers(0, days, count) * DAY_S + second.astype(np.int64)
    return moments


def _large_purchases(rng: np.random.Generator, amount: np.ndarray) -> np.ndarray:
    chosen: np.ndarray = rng.random(len(amount)) < LARGE_SHARE
    amount[chosen] = LARGE_AMOUNT + rng.exponential(80, int(chosen.sum()))
    return chosen


def _tampered_terminals(
    rng: np.random.Generator, where: np.ndarray, day: np.ndarray, terminals: int, days: int
) -> np.ndarray:
    fraud = np.zeros(len(where), dtype=bool)
    for first in range(-TAMPERED_DAYS, days, 2):
        tampered = rng.choice(terminals, size=max(1, terminals // 400), replace=False)
        hit = np.isin(where, tampered) & (day >= first) & (day < first + TAMPERED_DAYS)
        fraud |= hit & (rng.random(len(where)) < TAMPERED_SHARE)
    return fraud


def _stolen_cards(
    rng: np.random.Generator, who: np.ndarray, day: np.ndarray, amount: np.ndarray, *, customers: int, days: int
) -> np.ndarray:
    fraud = np.zeros(len(who), dtype=bool)
    for first in range(-STOLEN_DAYS, days, 2):
        victims = rng.choice(customers, size=max(1, customers // 250), replace=False)
        hit = np.isin(who, victims) & (day >= first) & (day < first + STOLEN_DAYS)
        taken = hit & ~fraud & (rng.random(len(who)) < STOLEN_SHARE)
        amount[taken] *= STOLEN_FACTOR
        fraud |= taken
    return fraud

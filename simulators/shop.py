"""Visits to a web shop: people look, click, put into the basket and, if they want it, buy.

A visit is about one product, and begins with a want of its own: the more of it, the more clicks and baskets, and the
likelier that the visit ends with a purchase. Some products sell themselves, and some people buy again and again.
"""

import numpy as np
import pandas as pd

from simulators import USUAL, changed_from

DAY_S = 86_400
CATEGORIES = ("books", "clothes", "electronics", "food", "home", "sports", "toys")
STEPS = 4.0
VIEW, CLICK, ADD, BUY = 0, 1, 2, 3
STRAYING, BASKET_FIRST, BOTS = 0.15, 0.8, 0.6
"""Shares: of steps that look at another product, of purchases out of a basket, of steps that scripts take over."""
SCENARIOS = {
    USUAL: "people, products and wants stay as they are",
    "sale": "prices fall by 40 % and everybody wants more",
    "bots": "scripts view products all day and never buy: views come in tens, and say less",
}


def simulate(
    *, start: int, days: int, per_day: int, seed: int, scenario: str = USUAL, since: int | None = None
) -> pd.DataFrame:
    """Simulate events of visits; see ``simulators.Simulator``.

    Returns:
        event_id, timestamp, user_id, product_id, session_id, category, price, viewed, clicked, added, bought (one of
        them true), spent, purchased (0 or 1: this user buys this product within a day after the event).
    """
    changes_at = changed_from(SCENARIOS, scenario, start=start, days=days, since=since)
    rng = np.random.default_rng(seed)
    users, products = max(60, per_day // 3), max(40, per_day // 12)
    visits = _visits(rng, users, max(1, round(per_day * days / STEPS)), days)
    price = np.exp(rng.normal(3.2, 0.9, products))
    charm, kind = rng.normal(0, 0.7, products), rng.integers(0, len(CATEGORIES), products)

    steps = 1 + rng.poisson(STEPS - 1, len(visits))
    visit = np.repeat(np.arange(len(visits)), steps)
    place = np.arange(len(visit)) - np.repeat(np.cumsum(steps) - steps, steps)
    moment = visits["moment"].to_numpy()[visit] + place * rng.integers(20, 180, len(visits))[visit]
    favourite, luck = rng.integers(0, products, len(visits)), rng.random(len(visits))
    astray, draw, robot = (rng.random(len(visit)) for _ in range(3))

    changed = visits["moment"].to_numpy() >= changes_at
    want = visits["want"].to_numpy() + charm[favourite] + 0.9 * changed * (scenario == "sale")
    buys = luck < 1 / (1 + np.exp(2.9 - 1.8 * want))
    bots = changed[visit] & (robot < BOTS) & (scenario == "bots")
    eager = (1 / (1 + np.exp(-want)))[visit]
    action = np.where(draw < 0.75 - 0.55 * eager, VIEW, np.where(draw < 0.99 - 0.1 * eager, CLICK, ADD))
    before_last = place == steps[visit] - 2
    action = np.where(buys[visit] & before_last & (draw < BASKET_FIRST), ADD, action)
    action = np.where(buys[visit] & (place == steps[visit] - 1), BUY, np.where(bots, VIEW, action))
    strayed = (astray < STRAYING) & (action != BUY)
    product = np.where(strayed, (favourite[visit] + 1 + (astray * 1e6).astype(int)) % products, favourite[visit])
    cost = np.round(price[product] * np.where(changed[visit] & (scenario == "sale"), 0.6, 1.0), 2)
    frame = pd.DataFrame(
        {
            "timestamp": start + moment,
            "user_id": np.char.add("U", visits["user"].to_numpy()[visit].astype(str)),
            "product_id": np.char.add("P", product.astype(str)),
            "session_id": np.char.add("V", visit.astype(str)),
            "category": np.array(CATEGORIES, dtype=object)[kind[product]],
            "price": cost,
            "viewed": action == VIEW,
            "clicked": action == CLICK,
            "added": action == ADD,
            "bought": action == BUY,
            "spent": np.where(action == BUY, cost, 0.0),
        }
    )
    inside: pd.DataFrame = frame[moment < days * DAY_S]
    frame = inside.sort_values("timestamp", kind="stable").reset_index(drop=True)
    frame["purchased"] = _bought_within_a_day(frame)
    frame.insert(0, "event_id", [f"{start:x}-{i:08d}" for i in range(len(frame))])
    return frame


def _visits(rng: np.random.Generator, users: int, count: int, days: int) -> pd.DataFrame:
    """Who comes when, and how much they want: people who buy come again within days."""
    taste, weight = rng.normal(-0.6, 1.1, users), rng.gamma(1.2, 1, users)
    user = rng.choice(users, count, p=weight / weight.sum())
    second = rng.normal(0.75 * DAY_S, DAY_S / 6, count) % DAY_S
    moment = rng.integers(0, days, count) * DAY_S + second.astype(np.int64)
    want = taste[user] + rng.normal(0, 1.0, count)
    return pd.DataFrame({"user": user, "moment": moment, "want": want})


def _bought_within_a_day(frame: pd.DataFrame) -> np.ndarray:
    """Whether a purchase of the same product by the same user follows, at most a day later; a purchase is not its own.

    A view just before the end of the simulation may be followed by a purchase that is not simulated any more.
    """
    pair = frame["user_id"] + "\0" + frame["product_id"]
    bought = frame["timestamp"].where(frame["bought"]).astype("float64")
    following = bought[::-1].groupby(pair[::-1]).transform(lambda own: own.shift().ffill())[::-1]
    soon: np.ndarray = ((following - frame["timestamp"]) <= DAY_S).to_numpy().astype(np.int8)
    return soon

"""Zones of three cities with days, weeks, weather and concerts: requests come and go, drivers follow an hour late.

A shortage is more requests in the hour after the report than drivers can serve; drivers go where the last hours were
busy, so that what changes quickly is what runs short.
"""

import numpy as np
import pandas as pd

from simulators import USUAL, changed_from

DAY_S = 86_400
AHEAD_S = 300
"""By how much readings precede the quarter of an hour that they are for."""
SLOT_S = 900
SLOTS = DAY_S // SLOT_S
CITIES = 3
WET, DAMP, CONCERTS = 0.3, 0.5, 0.4
"""Shares of days: with rain, with more of it in the scenario, with a concert somewhere."""
FRIDAY, SATURDAY = 4, 5
AHEAD = 4
"""Quarters of an hour that the truth looks ahead."""
SCENARIOS = {
    USUAL: "cities move as they always do",
    "strike": "no trains run: requests rise by three fifths everywhere, and drivers stay as many as they were",
    "cold": "ten degrees less and rain every second day: more requests, but as the model has seen before",
}


def simulate(
    *, start: int, days: int, per_day: int, seed: int, scenario: str = USUAL, since: int | None = None
) -> pd.DataFrame:
    """Simulate reports of zones; see ``simulators.Simulator``. Zones follow from the events a day, at least three.

    Returns:
        event_id, timestamp, zone_id, city_id, requests, drivers, temperature, rain_mm, visitors_nearby, short (0 or 1).
    """
    changes_at = changed_from(SCENARIOS, scenario, start=start, days=days, since=since)
    rng = np.random.default_rng(seed)
    zones, slots = max(CITIES, round(per_day / SLOTS)), days * SLOTS
    moment = np.arange(slots + AHEAD) * SLOT_S
    changed = (moment >= changes_at)[:, None]
    temperature = _weather(rng, moment) - 10 * changed * (scenario == "cold")
    wet = rng.random((days + 1, CITIES)) < WET
    damp = wet | ((rng.random((days + 1, CITIES)) < DAMP) & (scenario == "cold"))
    day = moment // DAY_S
    rain = np.where(np.where(changed, damp[day], wet[day]), rng.gamma(1.2, 1.5, (len(moment), CITIES)), 0.0)
    city = np.arange(zones) % CITIES
    visitors = _concerts(rng, moment, zones, days)
    hour, weekday = moment / 3600 % 24, (moment // DAY_S + 3) % 7
    rhythm = 1 + 0.8 * _bump(hour, 8.5) * (weekday < SATURDAY) + 1.1 * _bump(hour, 18)
    rhythm += 0.9 * _bump(hour, 23) * (weekday >= FRIDAY)
    usual = rng.gamma(4, 3, zones) * rhythm[:, None]
    rate = usual * (1 + 0.18 * np.sqrt(rain[:, city]) + 0.01 * np.clip(12 - temperature[:, city], 0, None))
    rate = (rate + visitors / 700) * np.exp(_swing(rng, len(moment), zones))
    rate = rate * np.where(changed & (scenario == "strike"), 1.6, 1.0)
    requests = _poisson(rng, rate)
    capacity = usual * 1.25 + 0.35 * (_earlier(rate) - usual) * ~(changed & (scenario == "strike"))
    drivers = _poisson(rng, np.maximum(capacity, 1.0))
    ahead = sum(requests[step : slots + step] for step in range(1, AHEAD + 1)) / AHEAD
    short = ahead > 1.15 * drivers[:slots]
    frame = pd.DataFrame(
        {
            "timestamp": start + np.repeat(moment[:slots], zones) + np.tile(np.arange(zones) * 7 % SLOT_S, slots),
            "zone_id": np.char.add("Z", np.tile(np.arange(zones), slots).astype(str)),
            "city_id": np.char.add("city", np.tile(city, slots).astype(str)),
            "requests": requests[:slots].ravel(),
            "drivers": drivers[:slots].ravel(),
            "temperature": np.round(temperature[:slots, city].ravel(), 1),
            "rain_mm": np.round(rain[:slots, city].ravel(), 1),
            "visitors_nearby": visitors[:slots].ravel().astype(int),
            "short": short.ravel().astype(np.int8),
        }
    ).sort_values("timestamp", kind="stable", ignore_index=True)
    frame.insert(0, "event_id", [f"{start:x}-{i:08d}" for i in range(len(frame))])
    return frame


def readings(world: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What a weather service and the venues tell of a simulated world, by look-up; see ``simulators.readings``.

    The weather is told for every quarter of an hour and city, visitors only where they change.
    """
    zone = world["zone_id"].str.removeprefix("Z").astype(int)
    told = world.assign(timestamp=world["timestamp"] - zone * 7 % SLOT_S - AHEAD_S)
    weather = told[["city_id", "timestamp", "temperature", "rain_mm"]].drop_duplicates(["city_id", "timestamp"])
    visitors = told[["zone_id", "timestamp", "visitors_nearby"]]
    changed = visitors["visitors_nearby"] != visitors.groupby("zone_id")["visitors_nearby"].shift()
    return {"weather": weather.reset_index(drop=True), "visitors": visitors[changed].reset_index(drop=True)}


def _weather(rng: np.random.Generator, moment: np.ndarray) -> np.ndarray:
    """Degrees in each city: days, weeks and a place of its own."""
    place = rng.normal(11, 2, CITIES)
    daily = 4 * np.sin(2 * np.pi * (moment / DAY_S - 0.35))
    weekly = 3 * np.sin(2 * np.pi * moment / (8 * DAY_S))
    degrees: np.ndarray = place + (daily + weekly)[:, None] + rng.normal(0, 0.3, (len(moment), CITIES))
    return degrees


def _concerts(rng: np.random.Generator, moment: np.ndarray, zones: int, days: int) -> np.ndarray:
    """Visitors of events in each zone, known from two hours before their end."""
    visitors = np.zeros((len(moment), zones))
    for day in range(days):
        if rng.random() < CONCERTS:
            zone, end, crowd = rng.integers(0, zones), day * DAY_S + 22 * 3600, rng.integers(3_000, 20_000)
            near = (moment > end - 2 * 3600) & (moment < end + 3600)
            visitors[near, zone] += crowd
    return visitors


def _bump(hour: np.ndarray, at: float) -> np.ndarray:
    bump: np.ndarray = np.exp(-(((hour - at + 12) % 24 - 12) ** 2) / 4)
    return bump


def _swing(rng: np.random.Generator, slots: int, zones: int) -> np.ndarray:
    """What nobody knows beforehand: a slow random movement of every zone."""
    steps, swing = rng.normal(0, 0.09, (slots, zones)), np.zeros((slots, zones))
    for slot in range(1, slots):
        swing[slot] = 0.93 * swing[slot - 1] + steps[slot]
    return swing


def _poisson(rng: np.random.Generator, rate: np.ndarray) -> np.ndarray:
    """Counts of a rate, by a normal draw for each, so that a changed rate changes no other draw."""
    counts: np.ndarray = np.round(np.clip(rate + np.sqrt(rate) * rng.normal(0, 1, rate.shape), 0, None))
    return counts.astype(np.int64)


def _earlier(rate: np.ndarray) -> np.ndarray:
    """The rate an hour before."""
    earlier: np.ndarray = np.vstack([np.repeat(rate[:1], AHEAD, axis=0), rate[:-AHEAD]])
    return earlier

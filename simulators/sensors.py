"""Readings of machines: each sensor around values of its own, sites with weather, and a few that begin to fail.

A sensor at one reading a second sends 86,400 a day. Here the fleet is thinned: each sensor is heard about every quarter
of an hour, and the number of sensors follows from the events a day, so that features see the same hours and days.
"""

import numpy as np
import pandas as pd

from simulators import USUAL, changed_from

DAY_S = 86_400
READINGS_A_DAY = 96
STUCK, HOT, SHAKING, LEAKING = 1, 2, 3, 4
FAULT_EVERY_DAYS = 20
"""How long a sensor works between two faults."""
FAULT_DAYS = 0.5
MEASURED = ("temperature", "vibration", "pressure")
SCENARIOS = {
    USUAL: "the fleet and its weather stay as they are",
    "heatwave": "all sites are 12 degrees warmer: unusual for the model, and no fault",
    "wear": "bearings age: vibration grows by a tenth of its usual value every day, everywhere",
}


def simulate(
    *, start: int, days: int, per_day: int, seed: int, scenario: str = USUAL, since: int | None = None
) -> pd.DataFrame:
    """Simulate readings; see ``simulators.Simulator``.

    Returns:
        event_id, timestamp, sensor_id, site_id, temperature, vibration, pressure (three decimals), fault (0 or 1).
    """
    changes_at = changed_from(SCENARIOS, scenario, start=start, days=days, since=since)
    rng = np.random.default_rng(seed)
    sensors, sites = max(4, per_day // READINGS_A_DAY), 4
    usual = {
        "temperature": rng.normal(60, 8, sensors),
        "vibration": rng.gamma(9, 0.3, sensors),
        "pressure": rng.normal(30, 4, sensors).clip(5),
    }
    count = int(rng.poisson(per_day * days))
    moment = np.sort(rng.integers(0, days * DAY_S, count))
    who = rng.integers(0, sensors, count)
    noise = {name: rng.normal(0, 1, count) for name in MEASURED}
    kind, depth = _faults(rng, who, moment, sensors, days)
    weather = 3 * np.sin(2 * np.pi * (moment / DAY_S - 0.3)) + 1.5 * np.sin(
        2 * np.pi * moment / (9 * DAY_S) + who % sites
    )

    still = np.where(kind == STUCK, 0.05, 1.0)  # a stuck sensor hardly moves
    temperature = usual["temperature"][who] + weather + 1.2 * noise["temperature"] * still + 14 * depth * (kind == HOT)
    vibration = (
        usual["vibration"][who] * np.exp(0.12 * noise["vibration"] * still) * (1 + 1.6 * depth * (kind == SHAKING))
    )
    pressure = usual["pressure"][who] + 0.8 * noise["pressure"] * still - 7 * depth * (kind == LEAKING)
    since_change = np.clip((moment - changes_at) / DAY_S, 0, None)
    if scenario == "heatwave":
        temperature = temperature + 12 * (moment >= changes_at)
    if scenario == "wear":
        vibration = vibration * (1 + 0.1 * since_change)
    frame = pd.DataFrame(
        {
            "timestamp": start + moment,
            "sensor_id": np.char.add("S", who.astype(str)),
            "site_id": np.char.add("site", (who % sites).astype(str)),
            "temperature": np.round(temperature, 3),
            "vibration": np.round(vibration.clip(0.01), 3),
            "pressure": np.round(pressure.clip(0), 3),
            "fault": (kind > 0).astype(np.int8),
        }
    )
    frame.insert(0, "event_id", [f"{start:x}-{i:08d}" for i in range(len(frame))])
    return frame


def _faults(
    rng: np.random.Generator, who: np.ndarray, moment: np.ndarray, sensors: int, days: int
) -> tuple[np.ndarray, np.ndarray]:
    """Of every reading the kind of fault (0 for none) and how far it has come, 0 to 1."""
    kind, depth = np.zeros(len(who), dtype=np.int8), np.zeros(len(who))
    for _ in range(max(3, round(sensors * days / FAULT_EVERY_DAYS))):
        broken, begins, what = rng.integers(0, sensors), rng.uniform(0, days), rng.integers(1, 5)
        age = (moment / DAY_S - begins) / FAULT_DAYS
        hit = (who == broken) & (age >= 0) & (age < 1)
        kind[hit], depth[hit] = what, np.minimum(1, 0.3 + 2 * age[hit])
    return kind, depth

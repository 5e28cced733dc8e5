"""Discharges of patients who differ in how frail they are; frail ones stay longer, take more and come back.

Names, numbers and everything else about a person are made up by the seed.
"""

import numpy as np
import pandas as pd

from simulators import USUAL, changed_from

DAY_S = 86_400
HISTORY_DAYS = 270
"""Half a year of windows and a month of waiting for labels need a longer past than most."""
WARDS = ("cardiology", "geriatrics", "internal", "oncology", "pulmonology", "surgery")
FIRST = ("Ada", "Ben", "Cem", "Dora", "Eli", "Fay", "Gus", "Hana", "Ida", "Jon")
LAST = ("Abel", "Berg", "Cruz", "Dunn", "Eng", "Falk", "Gray", "Holm", "Ivers", "Jansen")
ALONE, UNKNOWN, OLD = 0.3, 0.1, 75
SCENARIOS = {
    USUAL: "wards and patients stay as they are",
    "early_discharge": "beds are short: stays are two fifths shorter, and more patients come back",
    "coding": "another coding system: each patient carries twice as many diagnoses, and is no iller",
}


def simulate(
    *, start: int, days: int, per_day: int, seed: int, scenario: str = USUAL, since: int | None = None
) -> pd.DataFrame:
    """Simulate discharges; see ``simulators.Simulator``.

    Returns:
        event_id, timestamp, patient_id, ward_id, name, ssn, record_number, age, ward, days_in_hospital, diagnoses,
        medicines, urgent, lives_alone (missing for some), readmitted (0 or 1).
    """
    changes_at = changed_from(SCENARIOS, scenario, start=start, days=days, since=since)
    rng = np.random.default_rng(seed)
    people = max(80, 60 * per_day)
    frail = rng.normal(0, 1, people)
    age = np.clip(55 + 14 * frail + rng.normal(0, 12, people), 0, 100).astype(int)
    alone = rng.random(people)
    names = [f"{FIRST[i % 10]} {LAST[i // 10 % 10]}" for i in range(people)]

    count = int(rng.poisson(per_day * days))
    moment = np.sort(rng.integers(0, days * DAY_S, count))
    weight = np.exp(0.7 * frail)
    who = rng.choice(people, count, p=weight / weight.sum())
    ward = rng.integers(0, len(WARDS), count)
    stay = rng.gamma(2, 1.6, count) * np.exp(0.25 * frail[who])
    diagnoses = rng.poisson(3 + 1.5 * np.exp(0.5 * frail[who]))
    medicines = rng.poisson(2 + 2 * np.exp(0.5 * frail[who]))
    urgent = rng.random(count) < 1 / (1 + np.exp(0.4 - 0.8 * frail[who]))
    luck = rng.random(count)

    changed = moment >= changes_at
    if scenario == "early_discharge":
        stay = np.where(changed, stay * 0.6, stay)
    hurried = 0.8 * (changed & (scenario == "early_discharge"))
    lonely = (alone < ALONE)[who]
    odds = -2.9 + 1.1 * frail[who] + 0.6 * urgent + 0.7 * lonely + 0.08 * medicines - 0.03 * stay + hurried
    odds = odds + 0.5 * (ward == 1) + 0.4 * (age[who] >= OLD)
    known = alone[who] > 1 - UNKNOWN
    frame = pd.DataFrame(
        {
            "timestamp": start + moment,
            "patient_id": np.char.add("pseudonym-", who.astype(str)),
            "ward_id": np.char.add("W", ward.astype(str)),
            "name": np.array(names, dtype=object)[who],
            "ssn": [f"{100 + i % 500}-{10 + i % 89}-{1000 + i % 8999}" for i in who],
            "record_number": np.char.add("MRN", (900_000 + who).astype(str)),
            "age": age[who],
            "ward": np.array(WARDS, dtype=object)[ward],
            "days_in_hospital": np.round(stay, 1),
            "diagnoses": np.where(changed & (scenario == "coding"), 2 * diagnoses, diagnoses).clip(0, 60),
            "medicines": medicines.clip(0, 80),
            "urgent": urgent,
            "lives_alone": pd.Series(lonely, dtype=object).mask(known, None),
            "readmitted": (luck < 1 / (1 + np.exp(-odds))).astype(np.int8),
        }
    )
    frame.insert(0, "event_id", [f"{start:x}-{i:08d}" for i in range(len(frame))])
    return frame

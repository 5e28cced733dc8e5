"""Viewers and titles: tastes that fit or do not, streams that stall, and titles that many give up."""

import numpy as np
import pandas as pd

from simulators import USUAL, changed_from

DAY_S = 86_400
GENRES = ("action", "comedy", "documentary", "drama", "family", "thriller")
COUNTRIES = ("br", "de", "fr", "in", "jp", "us")
SHARES = (0.12, 0.14, 0.12, 0.26, 0.11, 0.25)
SCENARIOS = {
    USUAL: "titles, tastes and networks stay as they are",
    "outage": "a network in one country fails: its streams stall ten times as often, and viewers leave",
    "new_catalogue": "every title is replaced by another: nothing is known of any of them",
}


def simulate(
    *, start: int, days: int, per_day: int, seed: int, scenario: str = USUAL, since: int | None = None
) -> pd.DataFrame:
    """Simulate begun titles; see ``simulators.Simulator``.

    Returns:
        event_id, timestamp, viewer_id, title_id, country, genre, minutes, start_delay_ms, stalls, abandoned (0 or 1).
    """
    changes_at = changed_from(SCENARIOS, scenario, start=start, days=days, since=since)
    rng = np.random.default_rng(seed)
    viewers, titles = max(60, per_day // 2), max(30, per_day // 10)
    country = rng.choice(len(COUNTRIES), viewers, p=SHARES)
    genre, length = rng.integers(0, len(GENRES), titles), rng.uniform(20, 140, titles)
    dull, patience = rng.normal(0, 0.9, titles), rng.normal(0, 0.8, viewers)
    taste = rng.normal(0, 0.8, (viewers, len(GENRES)))

    count = int(rng.poisson(per_day * days))
    moment = np.sort(rng.integers(0, days, count) * DAY_S + (rng.normal(20, 3, count) % 24 * 3600).astype(np.int64))
    who = rng.integers(0, viewers, count)
    what = np.minimum((titles * rng.beta(0.8, 2, count)).astype(int), titles - 1)
    stall_draw, delay, luck = rng.exponential(1, count), rng.gamma(2, 400, count), rng.random(count)

    changed = moment >= changes_at
    failing = changed & (scenario == "outage") & (country[who] == COUNTRIES.index("in"))
    stalls = (stall_draw * 0.9 * np.where(failing, 10, 1)).astype(int)
    fresh = changed & (scenario == "new_catalogue")
    odds = -1.0 + dull[what] - patience[who] - taste[who, genre[what]] + 0.5 * stalls.clip(0, 6) + delay / 4_000
    odds = np.where(fresh, odds - dull[what] + dull[(what + 1) % titles], odds)
    frame = pd.DataFrame(
        {
            "timestamp": start + moment,
            "viewer_id": np.char.add("V", who.astype(str)),
            "title_id": np.where(fresh, np.char.add("N", what.astype(str)), np.char.add("T", what.astype(str))),
            "country": np.array(COUNTRIES, dtype=object)[country[who]],
            "genre": np.array(GENRES, dtype=object)[genre[what]],
            "minutes": np.round(length[what], 1),
            "start_delay_ms": np.round(delay, 0),
            "stalls": stalls,
            "abandoned": (luck < 1 / (1 + np.exp(-odds))).astype(np.int8),
        }
    )
    frame.insert(0, "event_id", [f"{start:x}-{i:08d}" for i in range(len(frame))])
    return frame

"""Which hours are alike: a window is compared with rows of the same hours only."""

from typing import Literal, get_args

Season = Literal["hour_of_day", "day_of_week", "hour_of_week"]
"""24, 7 or 168 slots, UTC, the week from Monday on."""
SEASONS: tuple[str, ...] = get_args(Season)
EVERY_HOUR_S = {"hour_of_day": 86_400, "day_of_week": 7 * 86_400, "hour_of_week": 7 * 86_400}
"""How long a window is that holds every slot: against all of them there is nothing to choose."""

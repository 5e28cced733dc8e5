"""How a deployed model is watched: what for, how often, and from where on a difference is a change."""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, get_args

from headrace.events.kinds import KINDS, Kind
from headrace.frozen import dataclass
from headrace.usecase.checks import require, require_duration, require_one_of, require_unique
from headrace.usecase.compute import Compute
from headrace.usecase.rhythm import month_before
from headrace.usecase.season import EVERY_HOUR_S, SEASONS, Season

Engine = Literal["headrace", "model_monitor"]
EVERY: Mapping[str, str] = {
    "1h": "*",
    "2h": "{hour}/2",
    "3h": "{hour}/3",
    "4h": "{hour}/4",
    "6h": "{hour}/6",
    "8h": "{hour}/8",
    "12h": "{hour}/12",
    "1d": "{hour}",
    "7d": "{hour}",
}
"""How often a monitor can run, and the hours of a cron expression for that."""
_WEEK = "7d"
_MONDAY_S = 4 * 86_400
"""The first Monday after the epoch, which was a Thursday: weeks begin there."""


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """From where on a difference is a change; see ``headrace.drift.Settings`` and docs/monitoring.md.

    Attributes:
        least_effect: the smallest distance of a column that matters, 0 to 1.
        effects: the same for single columns.
        false_alarms: the chance that an unchanged window is called changed.
        minimum_rows: columns with fewer values are not judged for drift.
        of_baseline: whether the fixed thresholds of the baseline's ``constraints.json`` count instead.
        least_drop: how far a metric of model quality may fall.
        least_ndcg: how well the order of attributions must be kept.
    """

    least_effect: float = 0.02
    effects: Mapping[str, float] = field(default_factory=dict)
    false_alarms: float = 0.01
    minimum_rows: int = 200
    of_baseline: bool = False
    least_drop: float = 0.03
    least_ndcg: float = 0.9

    def __post_init__(self) -> None:
        for name in ("least_effect", "least_drop", "least_ndcg"):
            require(0 <= getattr(self, name) < 1, f"monitor.thresholds.{name}", "is not from 0 to 1", "give a fraction")
        for column, effect in self.effects.items():
            where = f"monitor.thresholds.effects[{column}]"
            require(0 <= effect < 1, where, "is not from 0 to 1", "give a distance such as 0.02")
        where = "monitor.thresholds.false_alarms"
        require(0 < self.false_alarms < 1, where, "is not between 0 and 1", "give a chance such as 0.01")
        require(self.minimum_rows >= 1, "monitor.thresholds.minimum_rows", "is below 1", "say how many make a verdict")


@dataclass(frozen=True, kw_only=True)
class Monitor:
    """Watches the deployed model.

    Attributes:
        kinds: what is watched. Those that need the truth look back by the label's delay.
        engine: ``headrace``, or ``model_monitor`` in accounts that may still use it.
        every: how long a window is, and how often one is judged. Windows of a week end on Mondays, UTC.
        monthly: kinds that are judged by calendar months instead, for groups that are small in a day.
        lag: how long after its end a window is read; what is captured later is read by the next run.
        thresholds: from where on a difference is a change.
        sample_rows: so many rows are explained, and held against their facets.
        dashboard: whether the dashboard has a section about it.
        compute: what runs of the engine headrace may use.
        season: data quality holds a window against training rows of the same hours only; None: against all of them.
    """

    kinds: tuple[Kind, ...] = ("data_quality", "model_quality", "attribution")
    engine: Engine = "headrace"
    every: str = "1d"
    monthly: tuple[Kind, ...] = ()
    lag: str = "1h"
    thresholds: Thresholds = field(default_factory=Thresholds)
    sample_rows: int = 20_000
    dashboard: bool = True
    compute: Compute = field(default_factory=Compute)
    season: Season | None = None

    def __post_init__(self) -> None:
        for kind in self.kinds:
            require_one_of(kind, KINDS, "monitor.kinds")
        require_unique(self.kinds, "monitor.kinds")
        require_one_of(self.engine, get_args(Engine), "monitor.engine")
        require_one_of(self.every, EVERY, "monitor.every")
        lag = require_duration(self.lag, "monitor.lag")
        most = min(self.every_s, 86_400)
        require(lag < most, "monitor.lag", "is a whole window or a day", "choose a shorter one, or a longer window")
        require(lag % 60 == 0, "monitor.lag", "is no whole number of minutes", "round it")
        require(
            self.engine == "headrace" or self.every != _WEEK,
            "monitor.every",
            "is a week, and Model Monitor runs at least daily",
            "use 1d, or the engine headrace",
        )
        self._check_months()
        self._check_season()
        require(self.sample_rows >= 1, "monitor.sample_rows", "is below 1", "20000 is plenty")

    def _check_months(self) -> None:
        where = "monitor.monthly"
        for kind in self.monthly:
            require_one_of(kind, self.kinds, where)
        # What quiet windows differ by comes with the model, and is that of windows of ``every``.
        require("data_quality" not in self.monthly, where, "names data_quality", "a week is the longest: every='7d'")
        fix = "use the engine headrace, or no months"
        require(not self.monthly or self.engine == "headrace", where, "is unknown to Model Monitor", fix)

    def _check_season(self) -> None:
        if self.season is None:
            return
        where = "monitor.season"
        require_one_of(self.season, SEASONS, where)
        require(
            self.engine == "headrace", where, "is unknown to Model Monitor", "use the engine headrace, or no season"
        )
        longer = self.every_s >= EVERY_HOUR_S[self.season]
        fix = "choose shorter windows, day_of_week for windows of a day, or no season"
        require(not longer, where, f"{self.season} is all in one window of {self.every}", fix)

    @property
    def every_s(self) -> int:
        """The length of a window in seconds."""
        return require_duration(self.every, "monitor.every")

    @property
    def lag_s(self) -> int:
        """The lag in seconds."""
        return require_duration(self.lag, "monitor.lag")

    @property
    def cron(self) -> str:
        """When EventBridge Scheduler starts a run, UTC: the lag after each window's end."""
        days = "? * MON *" if self.every == _WEEK else "* * ? *"
        return self._cron(EVERY[self.every], days)

    def cron_of(self, kind: Kind) -> str:
        """The same of one kind: on the first of a month where it is judged by months."""
        return self._cron("{hour}", "1 * ? *") if kind in self.monthly else self.cron

    def _cron(self, hours: str, days: str) -> str:
        return f"cron({self.lag_s // 60 % 60} {hours.format(hour=self.lag_s // 3_600)} {days})"

    def window_end(self, at: float) -> int:
        """The end, in epoch seconds, of the newest window that may be read at a time: the lag has passed."""
        origin = _MONDAY_S if self.every == _WEEK else 0
        return int((at - self.lag_s - origin) // self.every_s) * self.every_s + origin

    def window(self, kind: Kind, at: float) -> tuple[int, int]:
        """Begin and end, in epoch seconds, of the newest window of a kind that may be read at a time."""
        if kind in self.monthly:
            return month_before(at - self.lag_s)
        end = self.window_end(at)
        return end - self.every_s, end

"""What features look back at: aggregates over an entity's recent events or labels."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

from headrace import duration
from headrace.usecase.checks import require, require_duration, require_name, require_one_of

WindowFunction = Literal["count", "sum", "mean", "min", "max", "std"]
Source = Literal["events", "labels"]
CalendarPart = Literal["is_weekend", "is_night", "hour", "weekday"]


@dataclass(frozen=True, kw_only=True)
class WindowFeature:
    """One window of one length, ready to be computed: a column of the feature vector. Durations in seconds."""

    name: str
    entity: str
    function: WindowFunction
    over: str | None
    source: Source
    length_s: int
    resolution_s: int
    delay_s: int
    fill: float | None


@dataclass(frozen=True, kw_only=True)
class Window:
    """An aggregate over an entity's recent events or labels, for one or more lengths.

    The value at time t covers (t - delay - length, t - delay]. ``over`` is the aggregated event field (for
    ``source="labels"``: the label field); ``count`` takes none. ``fill`` is the value of a mean, minimum, maximum or
    standard deviation over an empty window; without it the value is missing. ``std`` is the population's. Features are
    named ``{name}_{length}``.
    """

    entity: str
    function: WindowFunction
    lengths: tuple[str, ...]
    over: str | None = None
    source: Source = "events"
    resolution: str = "1s"
    delay: str = "0s"
    fill: float | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", "_".join(filter(None, (self.entity, self.over, self.function))))
        where = f"windows[{self.name}]"
        require_name(self.name, f"{where}.name")
        require_one_of(self.function, get_args(WindowFunction), f"{where}.function")
        require_one_of(self.source, get_args(Source), f"{where}.source")
        require(
            (self.over is None) == (self.function == "count"),
            f"{where}.over",
            "count takes no field, every other function takes one",
            "add or drop over=",
        )
        self._check_fill(where)
        self._check_durations(where)

    def _check_fill(self, where: str) -> None:
        if self.fill is not None:
            require(
                self.function not in ("count", "sum"), f"{where}.fill", f"a {self.function} of nothing is 0", "drop it"
            )
            require(math.isfinite(self.fill), f"{where}.fill", "is not finite", "give a number, or drop it for missing")

    def _check_durations(self, where: str) -> None:
        require(bool(self.lengths), f"{where}.lengths", "is empty", "name at least one, for example ('1d',)")
        resolution = require_duration(self.resolution, f"{where}.resolution")
        require(resolution > 0, f"{where}.resolution", "is zero", "use at least '1s'")
        require_duration(self.delay, f"{where}.delay")
        for length in self.lengths:
            require(
                require_duration(length, f"{where}.lengths") >= resolution,
                f"{where}.lengths",
                f"{length!r} is shorter than the resolution",
                "lengthen it or refine the resolution",
            )

    @property
    def features(self) -> tuple[WindowFeature, ...]:
        """One feature per length, in the order of ``lengths``."""
        return tuple(
            WindowFeature(
                name=f"{self.name}_{length}",
                entity=self.entity,
                function=self.function,
                over=self.over,
                source=self.source,
                length_s=duration.seconds(length),
                resolution_s=duration.seconds(self.resolution),
                delay_s=duration.seconds(self.delay),
                fill=self.fill,
            )
            for length in self.lengths
        )

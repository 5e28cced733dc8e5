"""What features look back at: aggregates over an entity's recent events or labels."""

import math
from functools import cached_property
from typing import Literal, get_args

from headrace import duration
from headrace.frozen import dataclass
from headrace.usecase.checks import require, require_duration, require_name, require_one_of
from headrace.window_functions import FUNCTIONS, OF_LABELS, WindowFunction

Source = Literal["events", "labels"]
CalendarPart = Literal["is_weekend", "is_night", "hour", "weekday"]


@dataclass(frozen=True, kw_only=True)
class WindowFeature:
    """One window of one length, ready to be computed: a column of the feature vector. Durations in seconds."""

    name: str
    entity: str
    function: str
    over: str | None
    source: Source
    length_s: int
    resolution_s: int
    delay_s: int
    fill: float | None
    current: bool
    """Whether the evaluated event itself counts; never in a delayed window."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """An aggregate over an entity's recent events or labels, for one or more lengths.

    The value at time t covers (t - delay - length, t - delay]. ``over`` is the aggregated event field or calendar part
    (for ``source="labels"``: the label field). ``current`` says whether the evaluated event itself counts: by default
    it does, except for ``is_new``, ``last``, ``time_since_last`` and ``time_since_true``, which look at what came
    before it. ``fill`` is the value of an aggregate over an empty window that would otherwise be missing. Features are
    named ``{name}_{length}``.

    Functions:
        count, sum, mean, min, max: as they say; ``count`` counts events.
        std: the standard deviation of the population.
        p10, p50, p90: quantiles by nearest rank, to 1 % of the value.
        distinct: how many different values; exact up to 256 of them, then estimated (see ``headrace.windows``).
        is_new: 1 if no earlier event in the window had this event's value, else 0.
        last: the value of the latest second that has one (of several in that second the largest). A string field needs
            ``allowed``; its value is the position therein, counted from 0.
        time_since_last, time_since_first: seconds since the newest and the oldest event in the window.
        time_since_true: seconds since the newest event in the window where the field was true (or not 0).
        session_length: the mean length of the window's sessions in seconds. A session ends with 30 minutes of silence;
            one that the window cuts counts from its first event inside. The resolution must be 30 minutes or finer.
    """

    entity: str
    function: str
    lengths: tuple[str, ...]
    over: str | None = None
    source: Source = "events"
    resolution: str = "1s"
    delay: str = "0s"
    fill: float | None = None
    current: bool | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", "_".join(filter(None, (self.entity, self.over, self.function))))
        where = f"windows[{self.name}]"
        require_name(self.name, f"{where}.name")
        require_one_of(self.function, FUNCTIONS, f"{where}.function")
        require_one_of(self.source, get_args(Source), f"{where}.source")
        bare = self._own.takes == "nothing"
        require(
            (self.over is None) == bare,
            f"{where}.over",
            f"{self.function} takes {'no field' if bare else 'a field'}",
            "drop over=" if bare else "add over=",
        )
        require(
            self.source == "events" or self._own.of_labels is not None,
            f"{where}.function",
            f"{self.function} cannot look at labels",
            f"use one of {', '.join(OF_LABELS)}",
        )
        self._check_fill(where)
        self._check_durations(where)
        self._check_current(where)

    def _check_current(self, where: str) -> None:
        require(
            self.current is None or not duration.seconds(self.delay),
            f"{where}.current",
            "a delayed window never holds the evaluated event",
            "drop current=",
        )
        require(
            not (self.current and self._own.looks_back),
            f"{where}.current",
            f"{self.function} looks at what came before the evaluated event",
            "drop current=",
        )

    def _check_fill(self, where: str) -> None:
        if self.fill is not None:
            nothing = self._own.of_nothing
            require(nothing is None, f"{where}.fill", f"{self.function} of nothing is {nothing or 0:g}", "drop it")
            require(math.isfinite(self.fill), f"{where}.fill", "is not finite", "give a number, or drop it for missing")

    def _check_durations(self, where: str) -> None:
        require(bool(self.lengths), f"{where}.lengths", "is empty", "name at least one, for example ('1d',)")
        resolution = require_duration(self.resolution, f"{where}.resolution")
        require(resolution > 0, f"{where}.resolution", "is zero", "use at least '1s'")
        coarsest = self._own.coarsest_s
        require(
            coarsest is None or resolution <= coarsest,
            f"{where}.resolution",
            f"is too coarse for {self.function}, which buckets tell up to {coarsest} s",
            f"use at most '{coarsest}s'",
        )
        require_duration(self.delay, f"{where}.delay")
        for length in self.lengths:
            require(
                require_duration(length, f"{where}.lengths") >= resolution,
                f"{where}.lengths",
                f"{length!r} is shorter than the resolution",
                "lengthen it or refine the resolution",
            )

    @cached_property
    def features(self) -> tuple[WindowFeature, ...]:
        """One feature per length, in the order of ``lengths``; made once, as every check of a use case asks for it."""
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
                current=self._counts_current,
            )
            for length in self.lengths
        )

    @property
    def _own(self) -> WindowFunction:
        return FUNCTIONS[self.function]

    @property
    def _counts_current(self) -> bool:
        if duration.seconds(self.delay):
            return False
        return not self._own.looks_back if self.current is None else self.current

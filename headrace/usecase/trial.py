"""A challenger beside the champion before anybody approves it: a share of the traffic, growing shares, or copies."""

import math
from itertools import pairwise

from headrace.frozen import dataclass
from headrace.usecase.checks import require

_WHOLE_PERCENT = 100


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a challenger has to pass on real traffic.

    ``steps`` are the shares that it gets in percent, one after another, each watched for ``bake_s``. A last step of
    100 makes it a staged rollout: without an alarm it is approved and takes over. A last step below that is an A/B
    test: it keeps that share until somebody judges it. With ``shadow`` and no steps it answers nobody: it is sent
    copies of so many percent of the requests, and what it would have answered is captured and compared. ``scale`` is
    the difference in cost per answer worth finding soonest, ``alpha`` how often equals may be told apart at most (see
    ``headrace.sequential``).
    """

    steps: tuple[int, ...] = (5, 10, 25, 50, 100)
    bake_s: int = 600
    scale: float = 1.0
    alpha: float = 0.05
    shadow: int | None = None

    def __post_init__(self) -> None:
        self._check_shares()
        require(self.bake_s >= 1, "serving.trial.bake_s", "is below 1", "say how long the alarms watch each share")
        good = self.scale > 0 and math.isfinite(self.scale)
        require(good, "serving.trial.scale", "is not above 0", "give the difference in cost per answer worth finding")
        require(0 < self.alpha < 1, "serving.trial.alpha", "is outside 0 to 1", "give a share such as 0.05")

    def _check_shares(self) -> None:
        where = "serving.trial.steps"
        if self.shadow is not None:
            whole = 0 < self.shadow <= _WHOLE_PERCENT
            require(whole, "serving.trial.shadow", "is outside 1 to 100", "give the percentage of requests to copy")
            require(not self.steps, where, "are given beside shadow", "a shadow answers nobody: steps=(), or no shadow")
            return
        require(bool(self.steps), where, "is empty", "give shares in percent, such as (5, 10, 25, 50, 100)")
        within = all(0 < share <= _WHOLE_PERCENT for share in self.steps)
        require(within, where, "is outside 1 to 100", "give shares in percent")
        ascending = all(low < high for low, high in pairwise(self.steps))
        require(ascending, where, "is not ascending", "a share that was tried needs no second trial: sort them")

    @property
    def staged(self) -> bool:
        """Whether it ends with all traffic, and so decides by itself."""
        return self.steps[-1:] == (_WHOLE_PERCENT,)

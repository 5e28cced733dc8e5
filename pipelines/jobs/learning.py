"""One way to learn for every algorithm: stop where validation says, then learn again from all rows for as long."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.jobs.algorithms import METHODS, Learned, Rows, Scorer
from pipelines.jobs.hyperparameters import Hyperparameters
from pipelines.jobs.together import Group

Report = Callable[[int, float], None]


@dataclass(frozen=True, kw_only=True)
class Learner:
    """An algorithm with its hyperparameters and the weight of a positive.

    ``checkpoint`` is a folder to resume from and save to; only algorithms in rounds use it. ``group`` is the machines
    that learn together, each from its share of the rows; only boosted trees can.
    """

    algorithm: str
    chosen: Hyperparameters
    weight: float
    checkpoint: Path
    report: Report = lambda _round, _value: None
    group: Group = field(default_factory=Group)

    def learn(self, train: Rows, validation: Rows) -> Learned:
        """Fit on training rows; validation rows decide when to stop, where the algorithm works in rounds."""
        return METHODS[self.algorithm].learn(self, train, validation)

    def again(self, learned: Learned, every: Rows) -> Scorer:
        """Fit once more on every row, for as many rounds as were best."""
        return METHODS[self.algorithm].again(self, learned, every)

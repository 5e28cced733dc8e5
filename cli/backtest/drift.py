"""Is what a deployed model sees, says and gets right still what it was? The evidence of the policy ``drift``.

Three looks. The features of the last step against the rows that the model has learned from; its scores against those of
its newest rows; and, once labels have matured, its own answers against the figure with which it passed its gates.
Normal are whole windows as long as a step, cut from the learned rows: how far these lie apart is no drift, so neither
the rhythm of the week nor features that follow the seasons are called so. Parts of the calendar are not looked at, for
they say what time it is.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from cli.backtest.model import Deployed
from headrace.drift import Settings, Summary, compare, merged, noise, summarize
from headrace.usecase import UseCase
from pipelines.jobs import training_set
from pipelines.jobs.judging import bootstrap
from pipelines.jobs.judging.bootstrap import Judged
from pipelines.jobs.metrics import Ranking
from pipelines.jobs.training_set import TIMESTAMP

SCORE = "score"
RESAMPLES = 200
MOST_WINDOWS = 12
"""Of the learned rows; all pairs of them are compared."""
_SHOWN = 3


class Watch:
    """Watches one deployed model."""

    def __init__(self, usecase: UseCase, model: Deployed, *, step_s: int) -> None:
        """Learn what is normal from the splits that the model was made with."""
        self._usecase, self._model = usecase, model
        learned, test = (self._read(model.splits / name) for name in ("all", "test"))
        quiet = list(_windows(learned, step_s))[-MOST_WINDOWS:]
        features, scores = (
            [_summary(usecase, it) for it in quiet],
            [summarize({SCORE: model.scores(it)}) for it in quiet],
        )
        self._features, self._scores = merged(features), summarize({SCORE: model.scores(test)})
        self._settings = Settings(noise=_noise(features) | _noise(scores), ignore=frozenset(usecase.calendar))

    def found(self, rows: Iterable[pd.DataFrame]) -> str | None:
        """What has drifted among the vectors of a step; None if nothing.

        Args:
            rows: as ``training_frame`` returns them, in parts, all later than the model's deployment.
        """
        parts = [(_summary(self._usecase, it), summarize({SCORE: self._model.scores(it)})) for it in rows]
        if not parts:
            return None
        features = compare(self._features, merged(it for it, _ in parts), self._settings)
        scores = compare(self._scores, merged(it for _, it in parts), self._settings)
        names = [*features.drifted, *scores.drifted]
        if not names:
            return None
        distances = {name: it.distance for found in (features, scores) for name, it in found.columns.items()}
        shown = ", ".join(f"{name} by {distances[name]:.3f}" for name in names[:_SHOWN])
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        return f"{shown}{more}"

    def worse(self, labels: np.ndarray, scores: np.ndarray) -> str | None:
        """Whether matured answers are worse than the model's test rows promised, beyond the noise of both.

        Args:
            labels: 0 or 1, shape (n,).
            scores: what the model answered, shape (n,).
        """
        model = self._usecase.model
        if not model.labelled or not model.limits.positives <= labels.sum() < len(labels):
            return None
        metric = model.gates[0].metric
        judged = Judged(Ranking.of(labels, scores), float(self._threshold))
        draws = bootstrap.resample([judged], resamples=RESAMPLES, seed=0)[0]
        _, high = bootstrap.intervals(draws)[metric]
        low, _ = self._model.evaluation["headrace"]["intervals"][metric]
        if high >= low:
            return None
        return f"{metric} of matured answers is at most {high:.3f}, its test rows had at least {low:.3f}"

    @property
    def _threshold(self) -> float:
        return float(self._model.evaluation["headrace"]["threshold"])

    def _read(self, folder: Path) -> pd.DataFrame:
        names = (TIMESTAMP, *self._usecase.feature_names)
        frame: pd.DataFrame = training_set.read(folder, self._usecase, names).to_pandas()
        return frame


def _windows(learned: pd.DataFrame, step_s: int) -> Iterator[pd.DataFrame]:
    """The learned rows in whole windows of a step, counted back from the newest; all rows if they span no step."""
    times = learned[TIMESTAMP].to_numpy()
    last = int(times[-1]) + 1
    count = (last - int(times[0])) // step_s
    if not count:
        yield learned
    for back in range(count, 0, -1):
        first, end = np.searchsorted(times, (last - back * step_s, last - (back - 1) * step_s))
        if end > first:
            yield learned.iloc[first:end]


def _noise(quiet: Sequence[Summary]) -> dict[str, float]:
    """The largest distance of any two windows: features that wander slowly lie further apart than neighbours."""
    found: dict[str, float] = {}
    for pair in combinations(quiet, 2):
        for name, distance in noise(pair).items():
            found[name] = max(found.get(name, 0.0), distance)
    return found


def _summary(usecase: UseCase, rows: pd.DataFrame) -> Summary:
    return summarize({name: rows[name].to_numpy(np.float64) for name in usecase.feature_names})

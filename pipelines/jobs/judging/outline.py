"""A ranking, thinned to the thresholds at which its figures can turn, so that drawing it again costs next to nothing.

Between two positives lie thousands of negatives, and no figure asks how they lie among each other. So the rows of such
a stretch are counted once, and a resample draws how many of them come, not which: n draws from n rows by stretches are
one multinomial draw, so what is drawn has the very distribution of drawing row by row.
"""

from dataclasses import dataclass

import numpy as np

from pipelines.jobs.metrics import Ranking


@dataclass(frozen=True, kw_only=True)
class Outline:
    """Stretches of a ranking in falling order of score, each of shape (stretches,).

    Attributes:
        scores: the lowest score of each stretch.
        positives: its positives.
        negatives: its negatives.
    """

    scores: np.ndarray
    positives: np.ndarray
    negatives: np.ndarray

    @classmethod
    def of(cls, ranking: Ranking, *thresholds: float) -> "Outline":
        """Cut before and after every run of equal scores with a positive in it, at the thresholds and at the end.

        The area under the ROC curve, average precision, and which threshold costs least are those of the whole ranking;
        counts are known at the thresholds.
        """
        tp, fp = (counts[0] for counts in ranking.counts(np.ones((1, len(ranking.labels)))))
        rising = np.flatnonzero(np.diff(tp, prepend=0))
        called = [ranking.called(threshold) - 1 for threshold in thresholds]
        cuts = np.unique(np.concatenate([rising, rising - 1, called, [len(tp) - 1]]).astype(np.int64))
        cuts = cuts[cuts >= 0]
        parts = (np.diff(counts[cuts], prepend=0).astype(np.int64) for counts in (tp, fp))
        positives, negatives = parts
        return cls(scores=ranking.scores[ranking.ends][cuts], positives=positives, negatives=negatives)

    def called(self, threshold: float) -> int:
        """How many stretches score ``threshold`` or more."""
        return int(np.searchsorted(-self.scores, -threshold, side="right"))

    def drawn(self, *, resamples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """True and false positives at the end of every stretch, (resamples, stretches), of rows drawn with replacement.

        Positives are drawn from positives and negatives from negatives, so each resample has as many of both.
        """
        rng = np.random.default_rng(seed)
        counted = []
        for rows in (self.positives, self.negatives):
            total = int(rows.sum())
            shares = rows / total if total else np.full(len(rows), 1 / len(rows))
            counted.append(np.cumsum(rng.multinomial(total, shares, size=resamples), axis=1, dtype=np.float64))
        return counted[0], counted[1]

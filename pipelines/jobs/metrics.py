"""How good scores are: the figures of a binary classifier and how sure we are of them.

Everything is computed from one sorting of the scores, so that the bootstrap is a weighted cumulative sum instead of a
new sorting per resample. Average precision is the step sum over thresholds (scikit-learn's definition).
"""

from dataclasses import dataclass

import numpy as np

RANKED = ("auc", "average_precision")
THRESHOLDED = ("accuracy", "precision", "recall", "f1", "f2")
_MOST_POINTS = 200


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """Counts of a binary decision; arrays of the same shape when several resamples are counted at once."""

    tp: np.ndarray | float
    fp: np.ndarray | float
    fn: np.ndarray | float
    tn: np.ndarray | float

    def metrics(self) -> dict[str, np.ndarray]:
        """Accuracy, precision, recall, F1 and F2; precision and recall of nothing are 0, as F scores then are."""
        tp, fp, fn, tn = (np.asarray(count, dtype=np.float64) for count in (self.tp, self.fp, self.fn, self.tn))
        return {
            "accuracy": _ratio(tp + tn, tp + fp + fn + tn),
            "precision": _ratio(tp, tp + fp),
            "recall": _ratio(tp, tp + fn),
            "f1": _ratio(2 * tp, 2 * tp + fp + fn),
            "f2": _ratio(5 * tp, 5 * tp + fp + 4 * fn),
        }

    def cost(self, missed_cost: float, false_alarm_cost: float) -> float:
        """What the errors cost, in the currency of the two costs."""
        return float(np.sum(self.fn) * missed_cost + np.sum(self.fp) * false_alarm_cost)


@dataclass(frozen=True)
class Ranking:
    """Rows in falling order of score: labels (n,), scores (n,), and the last row of each run of equal scores.

    ``order`` (n,) holds the position that each row had before it was sorted.
    """

    labels: np.ndarray
    scores: np.ndarray
    ends: np.ndarray
    order: np.ndarray

    @classmethod
    def of(cls, labels: np.ndarray, scores: np.ndarray) -> "Ranking":
        """Sort labels (0/1) and scores, both of shape (n,) with n > 0."""
        order = np.argsort(-scores, kind="stable")
        falling = scores[order].astype(np.float64)
        ends = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))
        return cls(labels[order].astype(bool), falling, ends, order)

    def counts(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """True and false positives at every threshold, (resamples, thresholds), for row weights (resamples, n)."""
        positive = np.cumsum(weights * self.labels, axis=1, dtype=np.float64)[:, self.ends]
        return positive, np.cumsum(weights, axis=1, dtype=np.float64)[:, self.ends] - positive

    def metrics(self, threshold: float, weights: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Every metric, each of shape (resamples,); without weights each row counts once and resamples is 1."""
        each = np.ones((1, len(self.labels))) if weights is None else weights
        return metrics_of(*self.counts(each), self.called(threshold))

    def called(self, threshold: float) -> int:
        """How many runs of equal scores have ``threshold`` or more."""
        return int(np.searchsorted(-self.scores[self.ends], -threshold, side="right"))

    def figures(self, threshold: float) -> dict[str, float]:
        """Every metric, rounded to six places."""
        return {name: round(float(values[0]), 6) for name, values in self.metrics(threshold).items()}

    def confusion(self, threshold: float) -> Confusion:
        """Counts when every score from ``threshold`` (inclusive) is called positive."""
        called = self.scores >= threshold
        tp, fp = int(np.sum(called & self.labels)), int(np.sum(called & ~self.labels))
        positives = int(np.sum(self.labels))
        return Confusion(tp=tp, fp=fp, fn=positives - tp, tn=len(self.labels) - positives - fp)

    def curves(self, most: int = _MOST_POINTS) -> dict[str, dict[str, list[float]]]:
        """Precision-recall and ROC curves thinned to at most ``most`` points, first and last kept, for plotting."""
        tp, fp = (count[0] for count in self.counts(np.ones((1, len(self.labels)))))
        recalls = _ratio(tp, tp[-1])
        # Evenly spread over recall, where both curves have their shape: thresholds crowd among the negatives.
        picked = np.unique(np.searchsorted(recalls, np.linspace(recalls[0], 1, most - 1)).clip(0, len(recalls) - 1))
        picked = np.union1d(picked, [len(recalls) - 1])
        pick = {"p": _ratio(tp, tp + fp), "r": recalls, "fpr": _ratio(fp, fp[-1])}
        p, r, fpr = (np.round(pick[name][picked], 6).tolist() for name in ("p", "r", "fpr"))
        thresholds = np.round(self.scores[self.ends][picked], 6).tolist()
        return {
            "precision_recall_curve": {"precisions": p, "recalls": r, "thresholds": thresholds},
            "receiver_operating_characteristic_curve": {"false_positive_rates": fpr, "true_positive_rates": r},
        }


def metrics_of(tp: np.ndarray, fp: np.ndarray, called: int) -> dict[str, np.ndarray]:
    """Every metric, each of shape (resamples,), of counts at falling thresholds, each (resamples, thresholds).

    Args:
        tp: true positives; the last threshold is below every score.
        fp: false positives.
        called: at how many thresholds a score counts as positive.
    """
    positives, negatives = tp[:, -1], fp[:, -1]
    at_tp = tp[:, called - 1] if called else np.zeros_like(positives)
    at_fp = fp[:, called - 1] if called else np.zeros_like(negatives)
    confusion = Confusion(tp=at_tp, fp=at_fp, fn=positives - at_tp, tn=negatives - at_fp)
    return {
        "auc": _area(tp, fp, positives, negatives),
        "average_precision": _average_precision(tp, fp, positives),
        **confusion.metrics(),
    }


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    quotient: np.ndarray = np.divide(part, whole, out=np.zeros_like(part, dtype=np.float64), where=whole > 0)
    return quotient


def _average_precision(tp: np.ndarray, fp: np.ndarray, positives: np.ndarray) -> np.ndarray:
    steps = np.diff(tp, axis=1, prepend=0)
    return _ratio(np.sum(steps * _ratio(tp, tp + fp), axis=1), positives)


def _area(tp: np.ndarray, fp: np.ndarray, positives: np.ndarray, negatives: np.ndarray) -> np.ndarray:
    heights = tp + np.concatenate([np.zeros((len(tp), 1)), tp[:, :-1]], axis=1)
    area = np.sum(np.diff(fp, axis=1, prepend=0) * heights, axis=1) / 2
    return _ratio(area, positives * negatives)

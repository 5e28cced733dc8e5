"""The bias metrics of two groups, each with its formula and what its sign means.

``a`` is the advantaged group, ``d`` the disadvantaged one. "Favourable" is the outcome that people wish for, as a label
or as the model's call. Names and signs are those of SageMaker Clarify.
"""

import math
from dataclasses import dataclass

from pipelines.jobs.judging.proportions import share


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Rows of one group by label and call, a favourable one being what is counted as positive."""

    tp: int = 0
    fp: int = 0
    fn: int = 0
    tn: int = 0

    @property
    def rows(self) -> int:
        """All of them."""
        return self.tp + self.fp + self.fn + self.tn

    @property
    def favoured(self) -> int:
        """Rows with a favourable label."""
        return self.tp + self.fn

    @property
    def called(self) -> int:
        """Rows with a favourable call."""
        return self.tp + self.fp

    @property
    def right(self) -> int:
        """Rows whose call is their label."""
        return self.tp + self.tn


def class_imbalance(a: Tally, d: Tally) -> float:
    """CI = (n_a - n_d) / (n_a + n_d), from -1 to 1. Above 0: the disadvantaged group has fewer rows to learn from."""
    return share(a.rows - d.rows, a.rows + d.rows)


def label_rate_difference(a: Tally, d: Tally) -> float:
    """DPL = q_a - q_d, q the share of favourable labels, from -1 to 1. Above 0: the advantaged are favoured more."""
    return share(a.favoured, a.rows) - share(d.favoured, d.rows)


def kullback_leibler(a: Tally, d: Tally) -> float:
    """KL = sum over both labels y of P_a(y) ln(P_a(y) / P_d(y)), 0 or more, in nats.

    0: labels are spread alike; infinite where the disadvantaged never have a label that the advantaged have.
    """
    return _divergence(share(a.favoured, a.rows), share(d.favoured, d.rows))


def jensen_shannon(a: Tally, d: Tally) -> float:
    """JS = (KL(P_a || P) + KL(P_d || P)) / 2 with P = (P_a + P_d) / 2, from 0 (alike) to ln 2, in nats."""
    q_a, q_d = share(a.favoured, a.rows), share(d.favoured, d.rows)
    middle = (q_a + q_d) / 2
    return (_divergence(q_a, middle) + _divergence(q_d, middle)) / 2


def call_rate_difference(a: Tally, d: Tally) -> float:
    """DPPL = q'_a - q'_d, q' the share of favourable calls, from -1 to 1. Above 0: the advantaged are called more."""
    return share(a.called, a.rows) - share(d.called, d.rows)


def disparate_impact(a: Tally, d: Tally) -> float:
    """DI = q'_d / q'_a, 0 or more; 1 is equal. Below 0.8 or above 1.25 is the usual bound (the four-fifths rule).

    Infinite where only the disadvantaged are called; 1 where nobody is.
    """
    q_a, q_d = share(a.called, a.rows), share(d.called, d.rows)
    if not q_a:
        return math.inf if q_d else 1.0
    return q_d / q_a


def recall_difference(a: Tally, d: Tally) -> float:
    """RD = recall_a - recall_d of the favourable label, from -1 to 1. Above 0: the advantaged get it more often."""
    return share(a.tp, a.favoured) - share(d.tp, d.favoured)


def accuracy_difference(a: Tally, d: Tally) -> float:
    """AD = accuracy_a - accuracy_d, from -1 to 1. Above 0: the model is right more often about the advantaged."""
    return share(a.right, a.rows) - share(d.right, d.rows)


def _divergence(p: float, q: float) -> float:
    """Kullback-Leibler divergence of two coins, in nats."""
    total = 0.0
    for of_p, of_q in ((p, q), (1 - p, 1 - q)):
        if of_p:
            total += of_p * math.log(of_p / of_q) if of_q else math.inf
    return total

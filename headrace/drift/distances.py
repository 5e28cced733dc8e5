"""How far two distributions are apart: every measure with its formula and where it comes from.

``p`` is the baseline and ``q`` what is compared with it: counts of the same bins or categories, shape (b,), in the same
order; each must have some. Measures of numbers need bins in ascending order.
"""

import math

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64] | npt.NDArray[np.float64]
Floats = npt.NDArray[np.float64]
_ROBUST = 1.8
_EMPTY = 1e-4
"""The share that an empty bin counts as in the stability index, which would be infinite without."""
_LEAST_EXPECTED = 5.0


def shares(counts: Counts) -> Floats:
    """Counts as shares of their sum."""
    found: Floats = counts / counts.sum()
    return found


def kolmogorov_smirnov(p: Counts, q: Counts) -> float:
    """max |P(x) - Q(x)| of the cumulative shares, 0 to 1 (Kolmogorov 1933, Smirnov 1939)."""
    return float(np.max(np.abs(np.cumsum(shares(p)) - np.cumsum(shares(q)))))


def linf_simple(p: Counts, q: Counts) -> float:
    """Model Monitor's distance of numbers with ``comparison_method`` Simple: Kolmogorov and Smirnov's.

    Source: Deequ, ``analyzers/Distance.scala``, ``numericalDistance``.
    """
    return kolmogorov_smirnov(p, q)


def linf_robust(distance: float, n: float, m: float) -> float:
    """max(0, d - 1.8 sqrt((n + m) / (n m))): what of a distance is left when sampling noise is taken off.

    Model Monitor's ``comparison_method`` Robust, for numbers and categories. Source: Deequ, ``Distance.scala``,
    ``selectMetrics``; 1.8 is Kolmogorov and Smirnov's critical value at 0.3 % (Knuth, TAOCP 2, 3.3.1).

    Args:
        distance: ``linf_simple`` or ``linf_categories``.
        n, m: rows of the two.
    """
    return max(0.0, distance - _ROBUST * math.sqrt((n + m) / (n * m)))


def linf_categories(p: Counts, q: Counts) -> float:
    """max |p_i - q_i| of the shares, 0 to 1. Source: Deequ, ``categoricalLInfinityDistance``."""
    return float(np.max(np.abs(shares(p) - shares(q))))


def stability_index(p: Counts, q: Counts) -> float:
    """PSI = sum (q_i - p_i) ln(q_i / p_i), 0 or more; an empty bin counts as a share of 0.0001.

    Siddiqi, "Credit Risk Scorecards", 2006: below 0.1 little change, above 0.25 much. Bins: the baseline's tenths.
    """
    of_p, of_q = np.maximum(shares(p), _EMPTY), np.maximum(shares(q), _EMPTY)
    return float(np.sum((of_q - of_p) * np.log(of_q / of_p)))


def jensen_shannon(p: Counts, q: Counts) -> float:
    """sqrt((KL(p || m) + KL(q || m)) / 2), m = (p + q) / 2, base 2: a metric from 0 to 1 (Endres, Schindelin 2003)."""
    of_p, of_q = shares(p), shares(q)
    middle = (of_p + of_q) / 2
    divergence = (_relative_entropy(of_p, middle) + _relative_entropy(of_q, middle)) / 2
    return math.sqrt(min(1.0, max(0.0, divergence)))


def wasserstein(p: Counts, q: Counts, values: Floats) -> float:
    """The integral of |P(x) - Q(x)| dx, in the unit of the values: how far the average value moved (Vallender 1974).

    Args:
        p, q: counts.
        values: what stands for each bin, ascending, shape (b,).
    """
    gaps = np.abs(np.cumsum(shares(p)) - np.cumsum(shares(q)))[:-1]
    with np.errstate(over="ignore"):
        return float(np.sum(gaps * np.diff(values)))


def chi_squared(p: Counts, q: Counts) -> tuple[float, int]:
    """Pearson's statistic of the two-row table and its degrees of freedom; (0, 0) if only one category is left.

    sum (observed - expected)^2 / expected over both rows. Categories expected fewer than five times in either row are
    taken together (Yates, Moore and McCabe 1999), or the statistic would not be chi-squared.
    """
    return _pearson(_frequent(p, q))


def evidence(p: Counts, q: Counts) -> tuple[float, int]:
    """The smaller of Pearson's statistic and of the likelihood ratio's, 2 sum o ln(o / e), and the degrees of freedom.

    Of the same table as ``chi_squared``. Where a category is expected a few times in one of the two, Pearson's
    statistic is too large too often; where there are many categories, the likelihood ratio's is.
    """
    table = _frequent(p, q)
    statistic, freedom = _pearson(table)
    if not freedom:
        return 0.0, 0
    there = table > 0
    ratio = 2 * float(np.sum(table[there] * np.log(table[there] / _expected(table)[there])))
    return max(0.0, min(statistic, ratio)), freedom


def turnover(p: Counts, q: Counts) -> float:
    """The share of values that are of other categories than they were, less what sampling noise gives, 0 to 1.

    sum |p_i - q_i| / 2 of the shares (total variation) times sqrt(max(0, 1 - f / x2)), where x2 is Pearson's statistic
    and f its degrees of freedom, which it has on average if nothing changed: Bergsma (2013) takes this bias off
    Cramer's V. Rare categories are taken together, as in ``chi_squared``.
    """
    table = _frequent(p, q)
    statistic, freedom = _pearson(table)
    if statistic <= freedom:
        return 0.0
    one, other = table / table.sum(axis=1, keepdims=True)
    return float(np.sum(np.abs(one - other)) / 2) * math.sqrt(1 - freedom / statistic)


def _frequent(p: Counts, q: Counts) -> Floats:
    """The table of both, shape (2, k): the frequent categories, then all rare ones in one column, if any."""
    total = p + q
    n, m = float(p.sum()), float(q.sum())
    rare = total * min(n, m) / (n + m) < _LEAST_EXPECTED
    table = np.array([[*row[~rare], row[rare].sum()] for row in (p, q)], dtype=np.float64)
    found: Floats = table[:, table.sum(axis=0) > 0]
    return found


def _pearson(table: Floats) -> tuple[float, int]:
    if table.shape[1] <= 1:
        return 0.0, 0
    expected = _expected(table)
    return float(np.sum((table - expected) ** 2 / expected)), table.shape[1] - 1


def _expected(table: Floats) -> Floats:
    found: Floats = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return found


def _relative_entropy(p: Floats, q: Floats) -> float:
    there = p > 0
    return float(np.sum(p[there] * np.log2(p[there] / q[there])))

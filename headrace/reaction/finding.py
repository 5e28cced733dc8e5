"""What one monitoring run found, read from ``constraint_violations.json``: ours and native Model Monitor's alike.

A line is told by its ``constraint_check_type``, never by ``feature_name``, which bias and attribution do not have.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from headrace.errors import RejectedError
from headrace.events import Kind

_DISTANCE = re.compile(r"distance: ([\d.eE+-]+)")
_METRIC = re.compile(r"with ([\d.eE+-]+).*?Threshold '?([\d.eE+-]+)")
_BOUNDS = re.compile(r"^Value ([\d.eE+-]+).* the (?:bounds|baseline's interval) \[([\w.+-]+), ([\w.+-]+)\]")
_NDCG = re.compile(r"NDCG:? ([\d.]+)", re.IGNORECASE)
_MISSING = re.compile(r"([\d.]+)% of values are missing")
_OBSERVED = re.compile(r"[Oo]bserved:? ([\d.eE+-]+)")
_UPSTREAM_WORDS = ("has the unit changed?", "have the two columns changed places?")
"""How ``headrace.drift.causes`` puts what no change of the world does."""
_ALWAYS_UPSTREAM = frozenset({"missing_column_check", "data_type_check"})
_DATA = frozenset({"completeness_check", "baseline_drift_check", "extra_column_check", "categorical_values_check"})
_LEAST_NDCG = 0.9


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One window of one kind of monitor.

    Attributes:
        kind: what was watched.
        at: the end of the window, epoch seconds.
        source: where the violations are.
        distances: how far away, by column or metric; 0 where the line gives no figure.
        upstream: columns that are broken rather than changed, each with the line's words.
        missing: share of missing values by column, where the line says it.
        words: every line in words.
        labels: answers with a known label that were judged.
        positives: positives among them.
    """

    kind: Kind
    at: int
    source: str
    distances: Mapping[str, float] = field(default_factory=dict)
    upstream: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, float] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    labels: int = 0
    positives: int = 0

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.distances and not self.upstream and not self.missing


@dataclass(frozen=True, kw_only=True)
class Line:
    """One violation, understood."""

    kind: Kind
    name: str
    distance: float = 0.0
    upstream: bool = False
    missing: float | None = None
    words: str = ""


def lines(document: object) -> Iterator[Line]:
    """Read ``constraint_violations.json``.

    Raises:
        RejectedError: if it is not such a document.
    """
    listed = document.get("violations") if isinstance(document, Mapping) else None
    if not isinstance(listed, list) or not all(isinstance(it, Mapping) for it in listed):
        raise RejectedError("is no list of violations", field="violations")
    for it in listed:
        check, words = str(it.get("constraint_check_type", "")), str(it.get("description", ""))
        yield _line(check, it, words)


def _line(check: str, it: Mapping[str, Any], words: str) -> Line:
    if check == "bias_drift_check":
        name = f"{it.get('facet', '')} {it.get('metric_name', '')}".strip()
        return Line(kind="bias", name=name, distance=_beyond(words), words=words)
    if check == "feature_attribution_drift_check":
        found = _NDCG.search(words)
        short = max(0.0, _LEAST_NDCG - _number(found[1])) / _LEAST_NDCG if found else 0.0
        return Line(kind="attribution", name=str(it.get("metric_name", "shap")), distance=short, words=words)
    name = str(it.get("feature_name") or it.get("metric_name") or "")
    if check in _ALWAYS_UPSTREAM:
        return Line(kind="data_quality", name=name, upstream=True, words=words)
    if check == "completeness_check":
        return Line(kind="data_quality", name=name, missing=_missing(words), words=words)
    if check in _DATA:
        found = _DISTANCE.search(words)
        upstream = any(it in words for it in _UPSTREAM_WORDS)
        distance = min(1.0, _number(found[1])) if found else 0.0
        return Line(kind="data_quality", name=name, distance=distance, upstream=upstream, words=words)
    return Line(kind="model_quality", name=name, distance=_shortfall(words), words=words)


def _missing(words: str) -> float:
    """The share that is missing; all of it where the words do not say."""
    found = _MISSING.search(words)
    if found:
        return _number(found[1]) / 100
    observed = _OBSERVED.search(words)
    return 1.0 - _number(observed[1]) if observed else 1.0


def _shortfall(words: str) -> float:
    """By which share of its threshold a metric misses it."""
    found = _METRIC.search(words)
    if not found:
        return 0.0
    value, bound = _number(found[1]), _number(found[2])
    return abs(bound - value) / abs(bound) if bound else abs(value)


def _beyond(words: str) -> float:
    """By how much a metric of bias is beyond its bounds; 0 where the words do not say, as Clarify's do not."""
    found = _BOUNDS.search(words)
    if not found:
        return 0.0
    value, low, high = map(_number, found.groups())
    return max(0.0, low - value, value - high)


def _number(text: str) -> float:
    """A figure in a sentence, which may end in its full stop."""
    try:
        return float(text.rstrip("."))
    except ValueError:
        return 0.0


def finding(
    document: object,
    *,
    kind: Kind,
    at: int,
    source: str,
    null_share: float,
    broken_from: float = 1.0,
    labels: int = 0,
    positives: int = 0,
) -> Finding:
    """What a window's document says about a kind; lines of other kinds are counted with it, for the file is one run's.

    Args:
        document: of ``constraint_violations.json``.
        kind: of the monitor that wrote it.
        at: the end of its window, epoch seconds.
        source: where it is.
        null_share: from this share of missing values on a column is broken.
        broken_from: from this distance of its values on, too.
        labels: answers with a known label that were judged.
        positives: positives among them.

    Raises:
        RejectedError: if it is not such a document.
    """
    distances: dict[str, float] = {}
    upstream: dict[str, str] = {}
    missing: dict[str, float] = {}
    told: list[str] = []
    for it in lines(document):
        told.append(f"{it.name}: {it.words}" if it.name else it.words)
        if it.missing is not None:
            missing[it.name] = it.missing
        torn = it.kind == "data_quality" and it.distance >= broken_from
        if it.upstream or torn or (it.missing is not None and it.missing >= null_share):
            upstream[it.name] = it.words
        elif it.missing is None:
            distances[it.name] = max(it.distance, distances.get(it.name, 0.0))
    return Finding(
        kind=kind,
        at=at,
        source=source,
        distances=distances,
        upstream=upstream,
        missing=missing,
        words=tuple(told),
        labels=labels,
        positives=positives,
    )

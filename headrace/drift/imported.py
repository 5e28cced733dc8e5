"""Baselines that Model Monitor wrote, or that we wrote in its form: read back as summaries, rules and settings.

A file that demands Model Monitor's thresholds is judged by them, as it would be there. They miss a change of 20 % in
an amount, so they are taken only on request; by default the thresholds adapt, as they do for any other baseline.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from headrace.drift.column import Column, InferredType
from headrace.drift.numbers import Numbers
from headrace.drift.rules import Rule, rules
from headrace.drift.settings import Settings
from headrace.drift.summary import Summary
from headrace.drift.texts import Texts
from headrace.errors import RejectedError

Document = Mapping[str, Any]
_OVERRIDES = ("monitoringConfigOverrides", "monitoring_config_overrides")
_TYPES = ("Integral", "Fractional", "String", "Unknown")


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A baseline: what it was like, what it demands, and how it wants to be compared."""

    summary: Summary
    rules: Mapping[str, Rule]
    settings: Settings


def read(
    statistics: Document, constraints: Document | None, settings: Settings, *, thresholds: bool = False
) -> Imported:
    """Read a baseline.

    Args:
        statistics: ``statistics.json``.
        constraints: ``constraints.json``; None if there is none.
        settings: of our own.
        thresholds: whether the thresholds of the constraints count instead of ours.

    Raises:
        RejectedError: if a document is not what it should be; names the field.
    """
    try:
        summary = summary_of(statistics)
        own = rules(summary, settings)
        if constraints is None:
            return Imported(summary=summary, rules=own, settings=settings)
        config = constraints.get("monitoring_config", {})
        demanded = {
            str(it["name"]): _rule(it, config, own.get(str(it["name"])), settings, thresholds=thresholds)
            for it in constraints["features"]
        }
        chosen = _settings(config, settings) if thresholds else settings
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise RejectedError(f"is not as Model Monitor writes it ({type(exc).__name__}: {exc})") from exc
    return Imported(summary=summary, rules=demanded, settings=chosen)


def summary_of(statistics: Document) -> Summary:
    """The summary that a ``statistics.json`` holds: distributions from its quantile sketches.

    Raises:
        KeyError, TypeError, ValueError: if it is none.
    """
    columns = {str(it["name"]): _column(it) for it in statistics["features"]}
    rows = int(statistics["dataset"]["item_count"])
    return Summary(rows=rows, columns=columns)


def _column(feature: Document) -> Column:
    inferred = feature["inferred_type"]
    if "string_statistics" in feature:
        found = feature["string_statistics"]
        texts = _texts(found)
        present, missing = _common(found)
        return Column(rows=present + missing, missing=missing, texts=texts)
    found = feature["numerical_statistics"]
    present, missing = _common(found)
    numbers = _numbers(found) if "distribution" in found else Numbers()
    integral = numbers.count if inferred == "Integral" else 0
    return Column(rows=present + missing, missing=missing, integral=integral, numbers=numbers)


def _common(found: Document) -> tuple[int, int]:
    return int(found["common"]["num_present"]), int(found["common"]["num_missing"])


def _texts(found: Document) -> Texts:
    buckets = found.get("distribution", {}).get("categorical", {}).get("buckets", [])
    texts = Texts.of({str(it["value"]): int(it["count"]) for it in buckets})
    rest = _common(found)[0] - texts.count
    return replace(texts, count=texts.count + rest, others=rest) if rest > 0 and texts.exact else texts


def _numbers(found: Document) -> Numbers:
    """From the items of the sketch, each of which stands for 2^level values; nothing if it has none."""
    levels = found["distribution"]["kll"].get("sketch", {}).get("data", [])
    items = [(float(it), 1 << level) for level, kept in enumerate(levels) for it in kept]
    if not items:
        return Numbers()
    values, times = zip(*items, strict=True)
    numbers = Numbers.of(np.array(values, dtype=np.float64), np.array(times, dtype=np.int64))
    return replace(
        numbers,
        mean=float(found["mean"]),
        deviations=float(found["std_dev"]) ** 2 * numbers.count,
        minimum=min(numbers.minimum, float(found["min"])),
        maximum=max(numbers.maximum, float(found["max"])),
    )


def _rule(feature: Document, config: Document, own: Rule | None, settings: Settings, *, thresholds: bool) -> Rule:
    # The documentation spells it one way, the SDK the other.
    overrides = {key: it for name in _OVERRIDES for key, it in (feature.get(name) or {}).items()}
    comparison = {**config.get("distribution_constraints", {}), **overrides.get("distribution_constraints", {})}
    inferred = str(feature["inferred_type"])
    if inferred not in _TYPES:
        raise ValueError(f"inferred_type {inferred!r} is none of {', '.join(_TYPES)}")
    domains = (feature.get("string_constraints") or {}).get("domains")
    rule = Rule(
        name=str(feature["name"]),
        inferred_type=cast(InferredType, inferred),
        completeness=float(feature.get("completeness", 0.0)),
        missing_tolerance=0.0 if thresholds else settings.completeness_tolerance,
        type_tolerance=float(config.get("datatype_check_threshold", 0.1)) if thresholds else settings.type_tolerance,
        unknown_tolerance=float(config.get("domain_content_threshold", 0.1))
        if thresholds
        else max(settings.unknown_tolerance, own.unknown_tolerance if own else 0.0),
        domains=tuple(map(str, domains)) if domains else None,
        compares=comparison.get("perform_comparison", "Enabled") == "Enabled" and (own is None or own.compares),
        rows=0 if thresholds or own is None else own.rows,
    )
    off = {**config, **overrides}.get("evaluate_constraints") == "Disabled"
    return Rule(name=rule.name, compares=False) if off else rule


def _settings(config: Document, settings: Settings) -> Settings:
    comparison = config.get("distribution_constraints", {})
    simple = comparison.get("comparison_method", "Robust") == "Simple"
    squared = comparison.get("categorical_drift_method", "LInfinity") == "ChiSquared"
    threshold = float(comparison.get("comparison_threshold", 0.1))
    return replace(
        settings,
        control="none",
        minimum_rows=1,
        numeric="linf_simple" if simple else "linf_robust",
        numeric_threshold=threshold,
        categorical="chi_squared" if squared else "linf_simple" if simple else "linf_robust",
        categorical_threshold=float(comparison.get("categorical_comparison_threshold", threshold)),
    )

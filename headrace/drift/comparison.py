"""Hold a table against its baseline: first its shape, then the distribution of every column."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from headrace.drift import causes, checks, distances
from headrace.drift.aligned import Pair
from headrace.drift.finding import ColumnFinding, Findings, Violation
from headrace.drift.measures import MEASURES, measured
from headrace.drift.rules import Rule, rules
from headrace.drift.settings import Settings
from headrace.drift.significance import adjusted, chi_squared_bound, chi_squared_p, smirnov_distance, smirnov_p
from headrace.drift.summary import Summary

_TOGETHER = 10
"""How many times the effect of one category all of them together must have."""


def compare(
    baseline: Summary,
    current: Summary,
    settings: Settings | None = None,
    *,
    demanded: Mapping[str, Rule] | None = None,
) -> Findings:
    """What is different about a table.

    Args:
        baseline: what is normal.
        current: what is judged.
        settings: what counts as a change; by default what is beyond noise and matters.
        demanded: rules of an imported ``constraints.json``; by default those that the baseline's summary gives.
    """
    chosen = settings or Settings()
    rules_of = rules(baseline, chosen) if demanded is None else demanded
    rules_of = {name: it for name, it in rules_of.items() if name not in chosen.ignore}
    found = list(checks.shape(rules_of, current, chosen.ignore))
    pairs = dict(_pairs(baseline, current, rules_of))
    raw = {name: _chance(pair) for name, pair in pairs.items() if _enough(pair, chosen)}
    fair = adjusted(raw, chosen.control)
    columns = {
        name: _judge(name, pair, chosen, raw[name], fair[name]) if name in raw else _unjudged(name, pair, chosen)
        for name, pair in pairs.items()
    }
    columns = _explained(baseline, current, columns, chosen)
    for name in dict.fromkeys([*rules_of, *current.columns]):
        if name not in columns and name not in chosen.ignore:
            columns[name] = ColumnFinding(name=name, words=(_why_not(name, baseline, current, rules_of),))
    found += [_violation(it) for it in columns.values() if it.drifted]
    order = {name: place for place, name in enumerate(columns)}
    found.sort(key=lambda it: order[it.feature_name])
    return Findings(columns=columns, violations=tuple(found), rows=(baseline.rows, current.rows))


def _pairs(baseline: Summary, current: Summary, rules_of: Mapping[str, Rule]) -> Iterator[tuple[str, Pair]]:
    for name, rule in rules_of.items():
        if rule.compares and name in baseline.columns and name in current.columns:
            pair = Pair.of(baseline.columns[name], current.columns[name])
            if pair is not None:
                yield name, pair


def _enough(pair: Pair, settings: Settings) -> bool:
    return min(pair.sizes) >= settings.minimum_rows


def _chance(pair: Pair) -> float:
    """The p-value of a pair by itself."""
    if pair.numeric:
        return smirnov_p(pair.largest_gap, *pair.sizes)
    return chi_squared_p(*distances.evidence(pair.p, pair.q))


def _alike(pair: Pair, settings: Settings) -> bool:
    """Whether both may hold the same: no further apart than matters, or than so few rows are by chance."""
    if pair.largest_gap <= settings.least_effect:
        return True
    tells = pair.numeric or distances.chi_squared(pair.p, pair.q)[1] > 0
    return tells and _chance(pair) > settings.false_alarms


def _judge(name: str, pair: Pair, settings: Settings, raw: float, fair: float) -> ColumnFinding:
    """A column's verdict from its own p-value and the one that is fair among all columns."""
    measures = measured(pair)
    measure = settings.numeric if pair.numeric else settings.categorical
    fixed = settings.numeric_threshold if pair.numeric else settings.categorical_threshold
    threshold = fixed
    if measure == "chi_squared" and fixed is not None:
        threshold = chi_squared_bound(fixed, max(1, distances.chi_squared(pair.p, pair.q)[1]))
    if threshold is None:
        bound = settings.false_alarms * (raw / fair if fair else 1.0)
        threshold = max(settings.effect(name), _noise(pair, bound))
    found = ColumnFinding(
        name=name,
        judged=True,
        measure=measure,
        distance=measures[measure],
        threshold=threshold,
        p_value=fair,
        # A fixed threshold is all that Model Monitor asks for; an adaptive one has the p-value in it.
        drifted=measures[measure] > threshold,
        measures=measures,
        pair=pair,
    )
    return found if pair.numeric or fixed is not None else _together(found, settings)


def _together(found: ColumnFinding, settings: Settings) -> ColumnFinding:
    """The verdict on a column of texts, where no category may have moved far, but all of them much together."""
    turnover, bound = found.measures["turnover"], _TOGETHER * settings.effect(found.name)
    if found.drifted or turnover <= bound or found.p_value > settings.false_alarms:
        return found
    return replace(found, measure="turnover", distance=turnover, threshold=bound, drifted=True)


def _noise(pair: Pair, bound: float) -> float:
    """The distance at which a change of this kind would be as unlikely as the bound."""
    if pair.numeric:
        return smirnov_distance(bound, *pair.sizes)
    statistic, freedom = distances.evidence(pair.p, pair.q)
    if not freedom or not statistic:
        return 1.0  # categories too rare to tell apart are no evidence, however far they seem to be
    # The statistic grows as the square of a change that keeps its shape.
    return pair.largest_gap * float((chi_squared_bound(bound, freedom) / statistic) ** 0.5)


def _unjudged(name: str, pair: Pair, settings: Settings) -> ColumnFinding:
    words = f"Not judged: {min(pair.sizes):,} values are fewer than {settings.minimum_rows:,}."
    return ColumnFinding(name=name, measures=measured(pair), words=(words,), pair=pair)


def _explained(
    baseline: Summary, current: Summary, columns: Mapping[str, ColumnFinding], settings: Settings
) -> dict[str, ColumnFinding]:
    drifted = [it for it in columns.values() if it.drifted]
    places = causes.swapped(baseline, current, [it.name for it in drifted], lambda it: _alike(it, settings))
    told = dict(columns)
    for it in drifted:
        assert it.pair is not None  # noqa: S101 - what drifted was compared
        words = causes.words(baseline.columns[it.name], current.columns[it.name], it.pair)
        if it.name in places:
            words = (f"It holds what {places[it.name]!r} held: have the two columns changed places?", *words)
        told[it.name] = replace(it, words=words)
    return told


def _why_not(name: str, baseline: Summary, current: Summary, rules_of: Mapping[str, Rule]) -> str:
    if name not in rules_of:
        return "Not in the baseline."
    if name not in current.columns:
        return "Not in the current table."
    if name in baseline.columns and baseline.columns[name].kind == "time":
        return "Not compared: time goes on."
    if name in baseline.columns and baseline.columns[name].identifies:
        return "Not compared: its values name rows, nearly all are different."
    return "Not compared: no values of the baseline's type." if rules_of[name].compares else "Not compared."


def _violation(it: ColumnFinding) -> Violation:
    return Violation(
        feature_name=it.name,
        check="baseline_drift_check",
        description=f"Baseline drift distance: {it.distance:.4g} exceeds threshold: {it.threshold:.4g} "
        f"({MEASURES[it.measure].words}). {' '.join(it.words[:2])}",
    )

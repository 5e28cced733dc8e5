"""Checks of a table's shape: columns, types, completeness, categories. Drift is ``headrace.drift.comparison``'s."""

from collections.abc import Iterator, Mapping

from headrace.drift.aligned import categories
from headrace.drift.column import Column
from headrace.drift.finding import Violation
from headrace.drift.rules import Rule
from headrace.drift.summary import Summary

_SHOWN = 5


def shape(rules: Mapping[str, Rule], current: Summary, ignore: frozenset[str]) -> Iterator[Violation]:
    """Everything wrong with the shape of a table, column by column."""
    for name, rule in rules.items():
        if name not in current.columns:
            yield Violation(
                feature_name=name,
                check="missing_column_check",
                description="The baseline has this column, the current table does not.",
            )
        elif current.rows:
            yield from _of_column(rule, current.columns[name])
    for name in current.columns:
        if name not in rules and name not in ignore:
            yield Violation(
                feature_name=name,
                check="extra_column_check",
                description="The current table has this column, the baseline does not.",
            )


def _of_column(rule: Rule, column: Column) -> Iterator[Violation]:
    missing = 1 - column.completeness
    allowed = 1 - rule.completeness + rule.missing_tolerance + rule.noise(1 - rule.completeness, column.rows)
    if missing > allowed + _ROUNDING:
        yield Violation(
            feature_name=rule.name,
            check="completeness_check",
            description=f"{missing:.2%} of values are missing, {allowed:.2%} may be: completeness is "
            f"{column.completeness:.4f}, the baseline's {rule.completeness:.4f}.",
        )
    if column.present:
        yield from _types(rule, column)
        yield from _domains(rule, column)


def _types(rule: Rule, column: Column) -> Iterator[Violation]:
    foreign, words = _foreign(rule, column)
    share = foreign / column.present
    if share > rule.type_tolerance + rule.noise(0.0, column.present):
        yield Violation(
            feature_name=rule.name,
            check="data_type_check",
            description=f"Data type match requirement is not met. Expected data type: {rule.inferred_type}, observed: "
            f"only {1 - share:.2%} of the values are; {words}.",
        )


def _foreign(rule: Rule, column: Column) -> tuple[int, str]:
    """How many values are not of the type, and what they are."""
    texts, infinite = column.texts.count, column.infinite
    examples = ", ".join(repr(text) for text, _ in column.texts.ranked()[:_SHOWN])
    if rule.inferred_type == "String":
        numbers = column.numbers.count + infinite
        # Texts that look like numbers are texts where there are such texts in the baseline.
        known = rule.domains is not None and _all_known(column, rule.domains)
        return (0 if texts or known else numbers), "they are numbers"
    if rule.inferred_type == "Integral":
        fractions = column.numbers.count - column.integral
        parts = [
            f"{texts:,} are texts such as {examples}" if texts else "",
            f"{fractions:,} have a fraction" if fractions else "",
            f"{infinite:,} are infinite" if infinite else "",
        ]
        return texts + fractions + infinite, ", ".join(filter(None, parts))
    if rule.inferred_type == "Fractional":
        parts = [
            f"{texts:,} are texts such as {examples}" if texts else "",
            f"{infinite:,} are infinite" if infinite else "",
        ]
        return texts + infinite, ", ".join(filter(None, parts))
    return 0, ""


def _all_known(column: Column, domains: tuple[str, ...]) -> bool:
    found = categories(column)
    return found.exact and found.named.keys() <= set(domains)


def _domains(rule: Rule, column: Column) -> Iterator[Violation]:
    if rule.domains is None:
        return
    found, known = categories(column), set(rule.domains)
    unknown = {text: times for text, times in found.ranked() if text not in known}
    count = found.count - sum(times for text, times in found.named.items() if text in known)
    share = count / max(1, found.count)
    allowed = rule.unknown_tolerance + rule.noise(rule.unknown_tolerance, column.present)
    if share > allowed:
        examples = ", ".join(f"{text!r} ({times / found.count:.2%})" for text, times in list(unknown.items())[:_SHOWN])
        yield Violation(
            feature_name=rule.name,
            check="categorical_values_check",
            description=f"{share:.2%} of values are unknown to the baseline, {allowed:.2%} may be: "
            f"{len(unknown):,} new categories, {examples}.",
        )


_ROUNDING = 1e-9

"""What a use case expects of one column, against what is known of it."""

from collections.abc import Iterator

from headrace.usecase import Expectation
from pipelines.quality.column import MASKED, Column, Example, Wrong
from pipelines.quality.finding import Finding, none_wrong


def expected(rule: Expectation, column: Column) -> Iterator[Finding]:
    """Every finding on what a rule names."""
    if rule.completeness is not None:
        yield _share("completeness", rule.completeness, column.completeness, column, kind="missing")
    if rule.uniqueness is not None and column.distinct is not None:
        repeated = () if column.watch.masked else tuple(Example(it, "") for it in column.distinct.repeated)
        yield _share("uniqueness", rule.uniqueness, column.distinct.share, column, examples=repeated)
    yield from _bounds(rule, column)
    if rule.mean is not None:
        low, high = rule.mean
        yield Finding(
            rule="mean",
            column=column.watch.name,
            passed=column.finite > 0 and low <= column.mean <= high,
            expected=f"{low:,.10g} to {high:,.10g}",
            found=_shown(column, column.mean) if column.finite else "no number",
        )
    if rule.allowed:
        values = ", ".join(f"{it:,.10g}" if isinstance(it, float | int) else it for it in rule.allowed)
        yield none_wrong(column, "foreign", "allowed", f"only {values}", "another value")


def _bounds(rule: Expectation, column: Column) -> Iterator[Finding]:
    if rule.minimum is not None:
        lowest = f"less (lowest {_shown(column, column.minimum)})"
        yield none_wrong(column, "low", "minimum", f"at least {rule.minimum:,.10g}", lowest)
    if rule.maximum is not None:
        highest = f"more (highest {_shown(column, column.maximum)})"
        yield none_wrong(column, "high", "maximum", f"at most {rule.maximum:,.10g}", highest)


def _share(
    rule: str,
    least: float,
    share: float,
    column: Column,
    *,
    kind: Wrong | None = None,
    examples: tuple[Example, ...] = (),
) -> Finding:
    return Finding(
        rule=rule,
        column=column.watch.name,
        passed=share >= least,
        expected=f"at least {least:.9g}",
        found=f"{share:.9g}",
        examples=tuple(column.examples.get(kind, ())) if kind else examples,
    )


def _shown(column: Column, value: float) -> str:
    return MASKED if column.watch.masked else f"{value:,.9g}"

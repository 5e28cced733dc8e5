"""The rules of the gate: those that hold for every training set, and those that a use case adds."""

from collections.abc import Iterator

from headrace.schema import format_timestamp
from headrace.usecase import UseCase
from pipelines.jobs.training_set import EVENT_ID, LABEL, TIMESTAMP
from pipelines.quality.column import Column, Example
from pipelines.quality.expectations import expected
from pipelines.quality.finding import Finding, none_wrong, rows
from pipelines.quality.profile import Profile, column_of


def judge(profile: Profile, usecase: UseCase, *, labelled: bool) -> list[Finding]:
    """Every rule of a use case against what is known of a training set.

    Args:
        profile: of the set.
        usecase: whose expectations.
        labelled: whether the label must be there. Without it, features over labels may be missing.
    """
    if not profile.rows:
        return [Finding(rule="rows", column="", passed=False, expected="at least one", found="none")]
    found = [Finding(rule="rows", column="", passed=True, expected="at least one", found=f"{profile.rows:,}")]
    for name, column in profile.columns.items():
        if name != LABEL or labelled:
            found += _of_column(profile, name, column)
    if labelled:
        found.append(_classes(profile))
    found += _of_features(profile, usecase, labelled=labelled)
    for rule in usecase.expectations:
        name = column_of(usecase, rule.column)
        column = profile.columns[name]
        if column.present and (name != LABEL or labelled):
            found += expected(rule, column)
    return list({(it.rule, it.column): it for it in found}.values())


def _of_column(profile: Profile, name: str, column: Column) -> Iterator[Finding]:
    if column.absent:
        yield Finding(
            rule="column",
            column=name,
            passed=False,
            expected="in every file",
            found=f"absent from files with {rows(column.absent)}",
        )
    if column.mistyped:
        yield Finding(
            rule="type",
            column=name,
            passed=False,
            expected="numbers",
            found=f"{column.found_type} in {rows(column.mistyped)}",
        )
    if column.absent or column.mistyped:
        return
    if name in _without_gaps(profile):
        yield none_wrong(column, "missing", "present", "in every row")
    if column.watch.kind == "number":
        yield none_wrong(column, "infinite", "finite", "finite numbers")
    if name == EVENT_ID and column.distinct is not None:
        yield _unrepeated(column)
    if name == TIMESTAMP:
        yield _in_time(column)
    if name == LABEL:
        yield none_wrong(column, "foreign", "allowed", "only 0, 1", "another value")


def _without_gaps(profile: Profile) -> set[str]:
    return {EVENT_ID, TIMESTAMP, LABEL, *(entity.key for entity in profile.usecase.entities)}


def _unrepeated(column: Column) -> Finding:
    distinct = column.distinct
    extra = distinct.extra_rows if distinct else 0
    of = "" if distinct is None or distinct.exact else f" of a sample of {rows(distinct.sampled_rows)}"
    return Finding(
        rule="one row per event",
        column=EVENT_ID,
        passed=not extra,
        expected="no id twice",
        found=f"an id again in {rows(extra)}{of}" if extra else f"no id twice{of}",
        examples=tuple(Example(it, "") for it in (distinct.repeated if distinct else ())),
    )


def _in_time(column: Column) -> Finding:
    outside = column.wrong.get("low", 0) + column.wrong.get("high", 0)
    first, last = (format_timestamp(int(it)) for it in (column.watch.lowest, column.watch.highest))
    examples = [*column.examples.get("low", ()), *column.examples.get("high", ())]
    return Finding(
        rule="time range",
        column=TIMESTAMP,
        passed=not outside,
        expected=f"{first} to {last}",
        found=f"outside in {rows(outside)}" if outside else "inside",
        examples=tuple(examples[:5]),
    )


def _classes(profile: Profile) -> Finding:
    return Finding(
        rule="classes",
        column=LABEL,
        passed=bool(profile.positives and profile.negatives),
        expected="both 0 and 1",
        found=f"{rows(profile.positives)} with 1, {rows(profile.negatives)} with 0",
    )


def _of_features(profile: Profile, usecase: UseCase, *, labelled: bool) -> Iterator[Finding]:
    of_labels = {it.name for it in usecase.window_features if it.source == "labels"}
    for name in usecase.feature_names:
        column = profile.columns[name]
        if column.absent or column.mistyped:
            continue
        yield Finding(
            rule="some value",
            column=name,
            passed=column.present > 0,
            expected="a value in some row",
            found=f"a value in {rows(column.present)}",
            severity="warning" if name in of_labels and not labelled else "error",
        )
        if column.finite and profile.rows > 1:
            varies = column.minimum < column.maximum or column.present < column.rows
            yield Finding(
                rule="more than one value",
                column=name,
                passed=varies,
                expected="values that differ",
                found="values that differ" if varies else f"{column.minimum:.6g} in every row",
                severity="warning",
            )

"""The plots of a backtest: one line per policy over the weeks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipelines.jobs.report.plots import panel
from pipelines.jobs.report.svg import Axes, Points

Policies = Sequence[Mapping[str, Any]]
ROLES = ("accent", "positive", "good", "amber", "negative", "ink", "muted")
"""Colours, again from the first where there are more policies."""


def quality(policies: Policies) -> str:
    """Average precision of every week, with a dot where a model was deployed."""
    note = "By week, of all events with a known truth. A dot is a week that began with a new model."
    return _lines(
        policies, "Average precision", note, lambda weeks: [it["average_precision"] for it in weeks], most=1.0
    )


def money(policies: Policies) -> str:
    """What errors have cost so far."""
    note = "Missed positives and false alarms of the decisions that were taken, added up."

    def so_far(weeks: Sequence[Mapping[str, Any]]) -> list[float | None]:
        costs: list[float | None] = []
        for it in weeks:
            costs.append((costs[-1] or 0.0 if costs else 0.0) + it["cost"])
        return costs

    return _lines(policies, "Money", note, so_far)


def alerts(policies: Policies) -> str:
    """How many events raised an alert."""
    note = "Events with another decision than the lowest band's, by week."
    return _lines(policies, "Alerts", note, lambda weeks: [it["alerts"] for it in weeks])


def missed(policies: Policies) -> str:
    """The share of positives that raised no alert."""
    note = "The share of known positives that raised no alert, by week."

    def share(weeks: Sequence[Mapping[str, Any]]) -> list[float | None]:
        return [it["missed"] / it["positives"] if it["positives"] else None for it in weeks]

    return _lines(policies, "Missed", note, share, most=1.0)


def _lines(
    policies: Policies,
    title: str,
    note: str,
    values: Callable[[Sequence[Mapping[str, Any]]], list[float | None]],
    *,
    most: float | None = None,
) -> str:
    drawn = [(it, values(it["weeks"])) for it in policies]
    top = max((value for _, found in drawn for value in found if value is not None), default=0.0) * 1.1 or 1.0
    weeks = max(len(found) for _, found in drawn)
    axes = Axes(x=(1, max(2, weeks)), y=(0, top if most is None else min(most, top)), x_label="week", y_label="")
    for number, (policy, found) in enumerate(drawn):
        role = ROLES[number % len(ROLES)]
        for run in _runs(found):
            axes.line(run, role)
        new = {it["at"][:10] for it in policy["trainings"] if it["outcome"] == "deployed"}
        for place, (week, value) in enumerate(zip(policy["weeks"], found, strict=True), start=1):
            if value is not None and week["from"][:10] in new:
                axes.dot(place, value, role, 4)
    words = "; ".join(f"{it['policy']}: {', '.join(_short(one) for one in found)}" for it, found in drawn)
    legend = [(ROLES[number % len(ROLES)], str(it["policy"])) for number, it in enumerate(policies)]
    return panel(title, note, axes.svg(f"{title} by week. {words}."), legend)


def _runs(found: Sequence[float | None]) -> list[Points]:
    """The unbroken lines; a single week is a short one."""
    runs: list[list[tuple[float, float]]] = [[]]
    for place, value in enumerate(found, start=1):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((place, value))
    return [
        run if len(run) > 1 else [(run[0][0] - 0.1, run[0][1]), (run[0][0] + 0.1, run[0][1])] for run in runs if run
    ]


def _short(value: float | None) -> str:
    return "none" if value is None else f"{value:.3g}"

"""The tables of the report. Every text from outside is escaped where it is put into the page."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from pipelines.jobs.report.cells import bar, table, verdict
from pipelines.jobs.report.svg import interval_bar, length_bar

_UNIT = (0.0, 1.0)
_MOST_FEATURES = 20
NAMES = {
    "average_precision": "Average precision", "auc": "Area under ROC", "recall": "Recall", "precision": "Precision",
    "f1": "F1", "f2": "F2", "accuracy": "Accuracy",
}  # fmt: skip


def gates(document: Mapping[str, Any]) -> str:
    """Every gate with its verdict and reason."""
    return table(
        ["", "gate", "reason"],
        (
            [
                '<span class="pass">passed</span>' if it["passed"] else '<span class="fail">failed</span>',
                escape(it["name"].replace("_", " ")),
                escape(it["reason"]),
            ]
            for it in document["gates"]
        ),
    )


def metrics(evaluation: Mapping[str, Any]) -> str:
    """Every metric with its interval."""
    figures, intervals = evaluation["binary_classification_metrics"], evaluation["headrace"]["intervals"]
    return table(
        ["metric", "#value", "#95 % interval", "0 to 1"],
        (
            [
                escape(words),
                f"<b>{figures[name]['value']:.4f}</b>",
                f"{intervals[name][0]:.4f} to {intervals[name][1]:.4f}",
                bar(interval_bar(figures[name]["value"], *intervals[name], scale=_UNIT)),
            ]
            for name, words in NAMES.items()
        ),
    )


def gap(about: Mapping[str, Any], evaluation: Mapping[str, Any]) -> str:
    """The same metrics on training, validation and test rows."""
    test = evaluation["binary_classification_metrics"]
    learned, held_out = (about["metrics"][split] for split in ("train", "validation"))
    return table(
        ["metric", "#training", "#validation", "#test", "#gap"],
        (
            [
                escape(words),
                f"{learned[name]:.4f}",
                f"{held_out[name]:.4f}",
                f"{test[name]['value']:.4f}",
                f"{learned[name] - held_out[name]:+.4f}",
            ]
            for name, words in NAMES.items()
        ),
    )


def champion(comparison: Mapping[str, Any]) -> str:
    """Challenger against champion, metric by metric."""
    figures = comparison["metrics"]
    reach = max(max(abs(end) for end in it["interval"]) for it in figures.values()) or 0.01
    return table(
        ["metric", "#challenger", "#champion", "#difference", f"95 % interval, from {-reach:.2g} to {reach:.2g}"],
        (
            [
                escape(words),
                f"{figures[name]['challenger']:.4f}",
                f"{figures[name]['champion']:.4f}",
                f"{figures[name]['difference']:+.4f}",
                bar(
                    interval_bar(figures[name]["difference"], *figures[name]["interval"], scale=(-reach, reach), mark=0)
                ),
            ]
            for name, words in NAMES.items()
        ),
    )


def slices(found: Sequence[Mapping[str, Any]], recall: float) -> str:
    """Recall and its interval in every slice, next to that of all rows."""
    return table(
        ["by", "part", "#rows", "#positives", "#precision", "#recall", "95 % interval of recall", "verdict"],
        (
            [
                escape(it["by"]),
                escape(it["part"]),
                f"{it['rows']:,}",
                f"{it['positives']:,}",
                f"{it['precision']['value']:.3f}" if it["alarms"] else "",
                f"{it['recall']['value']:.3f}" if it["positives"] else "",
                bar(
                    interval_bar(
                        it["recall"]["value"],
                        *it["recall"]["interval"],
                        scale=_UNIT,
                        mark=recall,
                        role="positive" if it["verdict"] == "worse" else "accent",
                    )
                    if it["positives"]
                    else ""
                ),
                verdict(it["verdict"]),
            ]
            for it in found
        ),
    )


def explanation(found: Mapping[str, Any]) -> str:
    """The features by what they move."""
    shown = found["features"][:_MOST_FEATURES]
    most = max(it["mean_absolute"] for it in shown) or 1.0
    pull = max((abs(it["mean_in_alarms"] or 0) for it in shown), default=0) or 1.0
    return table(
        ["feature", "#mean |contribution|", "", "#mean in alarms", ""],
        (
            [
                escape(it["feature"]),
                f"{it['mean_absolute']:.3f}",
                bar(length_bar(it["mean_absolute"], scale=(0, most))),
                "" if it["mean_in_alarms"] is None else f"{it['mean_in_alarms']:+.3f}",
                bar(
                    ""
                    if it["mean_in_alarms"] is None
                    else length_bar(
                        it["mean_in_alarms"],
                        scale=(-pull, pull),
                        role="positive" if it["mean_in_alarms"] > 0 else "negative",
                    )
                ),
            ]
            for it in shown
        ),
    )


def bias(facets: Sequence[Mapping[str, Any]]) -> str:
    """Every metric of every facet with interval, bounds and verdict."""
    rows = []
    for facet in facets:
        groups = facet["rows"]
        who = f"{facet['field']} {facet['condition']} ({groups['disadvantaged']:,} of {sum(groups.values()):,} rows)"
        for name, value in facet["metrics"].items():
            interval, bound = facet["intervals"].get(name), facet["bounds"].get(name)
            rows.append(
                [
                    escape(who if name == "CI" else ""),
                    escape(name),
                    "infinite" if value is None else f"{value:.4f}",
                    " to ".join("∞" if it is None else f"{it:.3f}" for it in interval) if interval else "",
                    f"{bound[0]:g} to {bound[1]:g}" if bound else "",
                    verdict(facet["verdicts"].get(name, "")),
                ]
            )
    return table(["group", "metric", "#value", "#95 % interval", "#bounds", "verdict"], rows)


def splits(about: Mapping[str, Any], judged: Mapping[str, Any]) -> str:
    """What each split holds."""
    spans = {**about.get("data", {}), "test": judged}
    return table(
        ["split", "#rows", "#positives", "#share", "first", "last"],
        (
            [
                escape(name),
                f"{it['rows']:,}",
                f"{it['positives']:,}",
                f"{it['positives'] / max(1, it['rows']):.2%}",
                escape(it["first"]),
                escape(it["last"]),
            ]
            for name, it in spans.items()
        ),
    )

"""The plots of the report; each takes a part of a document and gives a panel."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from pipelines.jobs.report.svg import Axes, number

Legend = Sequence[tuple[str, str]]
_NO_ROOM = 0.8
"""Words beyond this score go to the left of it."""


def panel(title: str, note: str, svg: str, legend: Legend = ()) -> str:
    """A titled card around a plot; ``note`` may hold markup, the rest is escaped."""
    keys = "".join(
        f'<span><span class="key" style="background:var(--{role})"></span>{escape(words)}</span>'
        for role, words in legend
    )
    legends = f'<div class="legend">{keys}</div>' if legend else ""
    return f'<div class="panel"><h3>{escape(title)}</h3><p class="note">{note}</p>{legends}{svg}</div>'


def precision_recall(metrics: Mapping[str, Any], base_rate: float) -> str:
    """Precision over recall, the threshold's point and the base rate."""
    curve = metrics["precision_recall_curve"]
    axes = Axes(x=(0, 1), y=(0, 1), x_label="recall", y_label="precision")
    axes.line([(0, base_rate), (1, base_rate)], "positive", dashed=True, width=1.2)
    axes.words(0.01, base_rate, f"base rate {base_rate:.2%}", role="positive")
    points = list(zip(curve["recalls"], curve["precisions"], strict=True))
    axes.line([(0, points[0][1]), *points], "accent")
    recall, precision = metrics["recall"]["value"], metrics["precision"]["value"]
    axes.dot(recall, precision, "accent", 6)
    area = metrics["average_precision"]["value"]
    note = f"Average precision {area:.3f}. The dot is the threshold: recall {recall:.3f}, precision {precision:.3f}."
    return panel("Precision and recall", note, axes.svg(f"Precision over recall. {note}"))


def roc(metrics: Mapping[str, Any]) -> str:
    """True over false positive rates."""
    curve = metrics["receiver_operating_characteristic_curve"]
    axes = Axes(x=(0, 1), y=(0, 1), x_label="false positive rate", y_label="true positive rate")
    axes.line([(0, 0), (1, 1)], "muted", dashed=True, width=1.2)
    points = zip(curve["false_positive_rates"], curve["true_positive_rates"], strict=True)
    axes.line([(0, 0), *points], "accent")
    matrix = metrics["confusion_matrix"]
    false_alarms, negatives = matrix["0"]["1"], matrix["0"]["0"] + matrix["0"]["1"]
    axes.dot(false_alarms / max(1, negatives), metrics["recall"]["value"], "accent", 6)
    note = f"Area {metrics['auc']['value']:.3f}; 0.5 would be chance. The dot is the threshold."
    return panel("Receiver operating characteristic", note, axes.svg(note))


def score_histogram(scores: Mapping[str, Any], bands: Sequence[Mapping[str, Any]], label: str, labelled: bool) -> str:
    """Scores by truth on a logarithmic axis, with the decision bands."""
    most = max(1, *scores["negatives"], *scores["positives"])
    axes = Axes(x=(0, 1), y=(0.5, most * 3), x_label="score", y_label="test rows", log_y=True)
    axes.steps(scores["edges"], scores["negatives"], "negative")
    if labelled:
        axes.steps(scores["edges"], scores["positives"], "positive")
    for band in bands[1:]:
        edge = band["from_score"]
        axes.line([(edge, 0.5), (edge, most * 3)], "muted", dashed=True, width=1)
        left = edge > _NO_ROOM
        axes.words(
            edge - 0.01 if left else edge + 0.01, most * 1.6, band["decision"], anchor="end" if left else "start"
        )
    legend = [("negative", f"no {label}"), ("positive", label)] if labelled else [("negative", "all rows")]
    note = "Rows per fortieth of the score, on a logarithmic axis; dashed: where a decision begins."
    return panel("Scores", note, axes.svg(note), legend)


def cost_curve(threshold: Mapping[str, Any]) -> str:
    """The cost on validation rows of alarming from each threshold on."""
    curve, chosen = threshold["curve"], threshold["score"]
    idle = curve["costs"][-1]
    top = max(idle, min(curve["costs"])) * 1.6 or 1
    axes = Axes(x=(0, 1), y=(0, top), x_label="threshold", y_label="cost of errors")
    stable = threshold["stability"]
    axes.area([(stable["low"], 0), (stable["low"], top), (stable["high"], top), (stable["high"], 0)], "amber", 0.16)
    axes.line([(0, idle), (1, idle)], "muted", dashed=True, width=1.2)
    axes.words(1, idle, "without a model", anchor="end")
    axes.line([it for it in zip(curve["thresholds"], curve["costs"], strict=True) if it[1] <= top], "accent")
    axes.dot(chosen, threshold["validation_cost"], "accent", 6)
    note = (
        f"On validation rows; a missed positive costs {threshold['missed_cost']:g}, a false alarm "
        f"{threshold['false_alarm_cost']:g}. Cheapest at {chosen:.3f} ({number(threshold['validation_cost'])}). Rows "
        "drawn again choose within the shaded range nine times in ten, and their own choice would be "
        f"{stable['regret']:.1%} cheaper on average."
    )
    return panel("What errors cost", note, axes.svg(note))


def reliability(calibration: Mapping[str, Any]) -> str:
    """How often a score came true."""
    curve = calibration["curve"]
    most = min(1.0, 1.15 * max(max(it["score"], it["share"]) for it in curve) or 1.0)
    axes = Axes(x=(0, most), y=(0, most), x_label="mean score", y_label="share of positives")
    axes.line([(0, 0), (most, most)], "muted", dashed=True, width=1.2)
    for it in curve:
        low, high = it["interval"]
        axes.line([(it["score"], low), (it["score"], high)], "accent", width=1.4)
    axes.line([(it["score"], it["share"]) for it in curve], "accent")
    for it in curve:
        axes.dot(it["score"], it["share"], "accent", 4)
    note = (
        f"On the diagonal a score is a probability. Calibration error {calibration['error']:.4f}, Brier score "
        f"{calibration['brier']:.4f}; {calibration['expected']:.0f} positives expected, {calibration['observed']} seen."
    )
    return panel("Reliability", note, axes.svg(note))


def history(values: Sequence[float], best: int) -> str:
    """Validation's average precision after each round of training."""
    low, high = min(values), max(values)
    room = (high - low) * 0.1 or 0.05
    axes = Axes(x=(1, max(2, len(values))), y=(max(0, low - room), high + room), x_label="round",
                y_label="average precision")  # fmt: skip
    axes.line([(place + 1, value) for place, value in enumerate(values)], "accent")
    axes.dot(best + 1, values[best], "accent", 6)
    note = f"Validation's average precision after each round: best after {best + 1} of {len(values)}."
    return panel("Training", note, axes.svg(note))

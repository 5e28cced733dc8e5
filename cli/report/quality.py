"""The model card's figures, read from the evaluation report that the package was registered with."""

from dataclasses import dataclass

from cli.report.outcomes import Curve
from cli.report.record import RunRecord, number, numbers, section
from headrace.usecase import Gate

METRICS = "binary_classification_metrics"
SHOWN = {
    "average_precision": "Average precision",
    "auc": "Area under ROC",
    "recall": "Recall",
    "precision": "Precision",
    "f1": "F1",
    "f2": "F2",
    "accuracy": "Accuracy",
}
NORMAL_95 = 1.96
LEAST_POINTS = 2


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One metric on the test rows, with its 95 % interval where the spread is known."""

    key: str
    name: str
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class GateResult:
    """A floor of the use case and whether the model stands on it (None: the metric is not reported)."""

    gate: Gate
    value: float | None

    @property
    def passed(self) -> bool | None:
        """Whether the metric reaches the floor."""
        return None if self.value is None else self.value >= self.gate.minimum


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """Counts on the test rows."""

    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def rows(self) -> int:
        """How many rows were judged."""
        return self.tp + self.fp + self.fn + self.tn

    @property
    def base_rate(self) -> float:
        """Share of positives."""
        return (self.tp + self.fn) / self.rows


def threshold(run: RunRecord) -> float | None:
    """The score from which an alarm was cheapest on the validation rows; it travels with the model."""
    return number(run.evaluation, "headrace", "threshold")


def figures(run: RunRecord) -> list[Figure]:
    """Every metric that the evaluation reports and people know, in a fixed order."""
    found = []
    for key, name in SHOWN.items():
        value = number(run.evaluation, METRICS, key, "value")
        if value is None:
            continue
        spread = number(run.evaluation, METRICS, key, "standard_deviation")
        low = high = None
        if spread is not None:
            low, high = max(0.0, value - NORMAL_95 * spread), min(1.0, value + NORMAL_95 * spread)
        found.append(Figure(key=key, name=name, value=value, low=low, high=high))
    return found


def gates(run: RunRecord) -> list[GateResult]:
    """The use case's gates against the evaluation."""
    return [GateResult(gate, number(run.evaluation, METRICS, gate.metric, "value")) for gate in run.usecase.model.gates]


def confusion(run: RunRecord) -> Confusion | None:
    """The confusion matrix, ``{actual: {predicted: count}}`` as Model Monitor writes it; None if it is not there."""
    for path in ((METRICS, "confusion_matrix"), ("confusion_matrix",)):
        cells = [number(run.evaluation, *path, actual, called) for actual in "01" for called in "01"]
        counts = [round(cell) for cell in cells if cell is not None]
        if len(counts) == len(cells) and sum(counts) > 0:
            tn, fp, fn, tp = counts
            return Confusion(tp=tp, fp=fp, fn=fn, tn=tn)
    return None


def curve(run: RunRecord) -> Curve | None:
    """The precision-recall curve on the test rows; None if the report has none."""
    for path in ((METRICS, "precision_recall_curve"), ("precision_recall_curve",)):
        points = section(run.evaluation, *path)
        recall, precision = numbers(points, "recalls", "recall"), numbers(points, "precisions", "precision")
        if len(recall) == len(precision) >= LEAST_POINTS:
            pairs = sorted(zip(recall, precision, strict=True), key=lambda pair: (pair[0], -pair[1]))
            at_recall = number(run.evaluation, METRICS, "recall", "value")
            at_precision = number(run.evaluation, METRICS, "precision", "value")
            return Curve(
                recall=[pair[0] for pair in pairs],
                precision=[pair[1] for pair in pairs],
                area=number(run.evaluation, METRICS, "average_precision", "value"),
                at=None if at_recall is None or at_precision is None else (at_recall, at_precision),
            )
    return None

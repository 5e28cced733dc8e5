"""Model quality of one place of answers against a baseline, from files to verdict."""

from dataclasses import dataclass
from pathlib import Path

from headrace.drift.model_quality import LEAST_DROP, Quality
from pipelines.monitoring import baselines, quality
from pipelines.monitoring.answers import Names, answers, truths
from pipelines.monitoring.quality import QualityFound
from pipelines.monitoring.refusal import TableError


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Where labels are, and how to read them.

    Attributes:
        labels: file or folder.
        names: what columns are called.
        threshold: scores from here on are positive; None: as the baseline's evaluation says, and ``otherwise`` without.
        delay_s: how late labels may be; they may be seen to be later.
        least_drop: the smallest fall of a metric that matters.
        version: of the model that is judged; empty: whoever answered.
    """

    labels: Path
    names: Names
    threshold: float | None = None
    otherwise: float = 0.5
    delay_s: float | None = None
    least_drop: float = LEAST_DROP
    collected_until: float | None = None
    version: str = ""


def model_quality(baseline: Path, current: Path, labelled: Labelled, *, evaluation: Path | None = None) -> QualityFound:
    """Judge answers by their labels. The baseline is an ``evaluation.json``, or answers that have labels too.

    Args:
        baseline: what is normal.
        current: answers.
        labelled: where labels are.
        evaluation: the folder of ``evaluation.json``; that of the baseline by default.

    Raises:
        TableError: if answers or labels cannot be read; names the option and the fix.
    """
    names = labelled.names
    known = truths(labelled.labels, names)
    given = answers(current, names, version=labelled.version)
    if given is None:
        raise TableError(
            f"--labels: {current} has no ids with scores; name the columns with --id and --score "
            f"(now {names.id!r} and {names.score!r})"
        )
    written = baselines.written(baseline)
    evaluated = _evaluated(evaluation or (written.parent if written else baseline))
    chosen = labelled.threshold if labelled.threshold is not None else evaluated[1] if evaluated else None
    threshold = labelled.otherwise if chosen is None else chosen
    found = quality.measured(
        given, known, threshold=threshold, delay_s=labelled.delay_s, collected_until=labelled.collected_until
    )
    normal = evaluated[0] if evaluated else _of_table(baseline, written, labelled, threshold)
    return quality.judged(found, normal, least_drop=labelled.least_drop)


def _evaluated(folder: Path) -> tuple[Quality, float | None] | None:
    """The evaluation in a folder, or in the one beside it, as a training run leaves them."""
    for it in (folder, folder.parent / "evaluation"):
        if it.is_dir() and (found := quality.of_evaluation(it)):
            return found
    return None


def _of_table(baseline: Path, written: Path | None, labelled: Labelled, threshold: float) -> Quality | None:
    """The quality of a baseline's own answers, whose labels are among the others or beside them in the table."""
    if written is not None:
        return None
    given = answers(baseline, labelled.names)
    if given is None:
        return None
    known = truths(labelled.labels, labelled.names)
    if not any(name in known for name in given.ids):
        try:
            known = truths(baseline, labelled.names)
        except TableError:
            return None
    found = quality.measured(given, known, threshold=threshold, delay_s=labelled.delay_s)
    return found.current if found.current.figures else None

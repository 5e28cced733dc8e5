"""Put the page together: verdict first, then quality, money, people, reasons, and where it all came from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from headrace.usecase import UseCase
from pipelines.jobs.report import cells, money, plots, tables
from pipelines.jobs.report.style import CSS
from pipelines.jobs.report.svg import length_bar, number

_METRICS = "binary_classification_metrics"
_MOST_SINGLE = 8


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything that a report shows: the documents of a training run."""

    usecase: UseCase
    about: Mapping[str, Any]
    evaluation: Mapping[str, Any]
    bias: Mapping[str, Any]
    gates: Mapping[str, Any]
    manifest: Mapping[str, Any]
    lineage: Mapping[str, str]

    @property
    def judged(self) -> Mapping[str, Any]:
        """What the evaluation says besides the platform's metrics."""
        judged: Mapping[str, Any] = self.evaluation["headrace"]
        return judged


def render(facts: Facts) -> str:
    """The page as HTML; the same facts give the same text."""
    usecase, judged = facts.usecase, facts.judged
    body = "".join(f"<section>{part}</section>" for part in _sections(facts) if part)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(usecase.name)}: training report</title><style>{CSS}</style></head><body>"
        f'<header><div class="brand">Headrace</div><h1>{escape(usecase.description)}: a candidate, judged</h1>'
        f'<p class="lead">{escape(_lead(facts))}</p></header><main>{body}</main>'
        f"<footer>Model {escape(judged['model_version'])}, {escape(judged['algorithm'])}; code "
        f"{escape(str(facts.about.get('code', 'unknown')))}. Intervals hold 95 %.</footer></body></html>\n"
    )


def _lead(facts: Facts) -> str:
    judged = facts.judged
    rows = f"{judged['rows']:,} test rows from {judged['first'][:10]} to {judged['last'][:10]}"
    labelled = f" with {judged['positives']:,} positives" if facts.usecase.model.labelled else ", none of them labelled"
    return f"{rows}{labelled}, none of which the model has learned from."


def _sections(facts: Facts) -> Iterator[str]:
    yield _verdict(facts)
    if _METRICS in facts.evaluation:
        yield _quality(facts)
        yield money.section(facts.about, facts.judged, facts.evaluation[_METRICS]["confusion_matrix"])
        yield _comparison(facts)
        yield _by_slice(facts)
    else:
        yield f"<h2>Scores</h2>{_scores(facts)}"
    yield _people(facts)
    yield _reasons(facts)
    yield _origin(facts)


def _verdict(facts: Facts) -> str:
    passed, failed = facts.gates["passed"], facts.gates["failed"]
    words = "May be registered" if passed else "Must not be registered"
    why = "every gate is passed" if passed else f"{failed} of {len(facts.gates['gates'])} gates failed"
    return (
        f'<div class="panel verdict{"" if passed else " bad"}"><strong>{words}</strong>'
        f'<p class="note">{why}</p>{tables.gates(facts.gates)}</div>'
    )


def _quality(facts: Facts) -> str:
    metrics, judged = facts.evaluation[_METRICS], facts.judged
    history = facts.about.get("history", [])
    training = plots.history(history, facts.about["best_iteration"]) if len(history) > 1 else ""
    shown = [
        plots.precision_recall(metrics, judged["positives"] / judged["rows"]),
        plots.roc(metrics),
        _scores(facts),
        plots.reliability(judged["calibration"]),
    ]
    gap = (
        '<h3>Training, validation, test</h3><p class="note">Training rows flatter; how far validation stays behind is '
        "the overfit. Both are of the model before it learned from validation rows too.</p>"
    )
    return (
        f'<h2>Quality</h2><div class="panel">{tables.metrics(facts.evaluation)}</div><br>'
        f'<div class="two">{"".join(shown)}{training}<div class="panel">{gap}'
        f"{tables.gap(facts.about, facts.evaluation)}</div></div>"
    )


def _scores(facts: Facts) -> str:
    label = facts.usecase.label.field.replace("_", " ")
    return plots.score_histogram(facts.judged["scores"], facts.about["bands"], label, _METRICS in facts.evaluation)


def _comparison(facts: Facts) -> str:
    found = facts.judged.get("champion")
    if found is None:
        return '<h2>Champion</h2><div class="panel"><p class="note">No champion was given: this is the first.</p></div>'
    if not found["comparable"]:
        return f'<h2>Champion</h2><div class="panel"><p class="note">{escape(found["reason"])}</p></div>'
    ours, theirs = found["costs"]
    note = (
        f"{found['rows']:,} rows later than all that either model has learned from, drawn again in pairs. Errors cost "
        f"{number(ours)} with the challenger and {number(theirs)} with the champion, each at its own threshold."
    )
    return (
        f'<h2>Champion {escape(found["version"])}</h2><div class="panel"><p class="note">{note}</p>'
        f"{tables.champion(found)}</div>"
    )


def _by_slice(facts: Facts) -> str:
    recall = facts.evaluation[_METRICS]["recall"]["value"]
    note = f"Dashed: recall of all rows, {recall:.3f}. Worse: the whole interval lies below it."
    found = tables.slices(facts.judged["slices"], recall)
    return f'<h2>Slices</h2><div class="panel"><p class="note">{note}</p>{found}</div>'


def _people(facts: Facts) -> str:
    facets = facts.bias["headrace"]["facets"]
    if not facets:
        return ""
    note = (
        "CI, DPL, KL and JS compare labels, the others calls. CI, DPL, DPPL, RD and AD are advantaged minus "
        "disadvantaged: above 0 favours the advantaged. DI is disadvantaged by advantaged: 1 is equal."
    )
    return f'<h2>Groups of people</h2><div class="panel"><p class="note">{note}</p>{tables.bias(facets)}</div>'


def _reasons(facts: Facts) -> str:
    found, alone = facts.judged["explanation"], facts.about["single_features"]
    strongest = sorted(alone.items(), key=lambda it: -it[1])[:_MOST_SINGLE]
    single = cells.table(
        ["feature", "#area under ROC, alone", "from 0.5 to 1"],
        (
            [escape(name), f"{value:.4f}", cells.bar(length_bar(value - 0.5, scale=(0, 0.5)))]
            for name, value in strongest
        ),
    )
    audit = (
        '<div class="panel"><h3>One feature alone</h3><p class="note">How well each ranks validation rows by itself. '
        f"Close to 1 means that it knows the answer.</p>{single}</div>"
    )
    if found is None:
        words = "This algorithm has no exact contributions of features, so none are shown."
        return f'<h2>Reasons</h2><div class="panel"><p class="note">{words}</p></div><br>{audit}'
    words = (
        f"Contributions to the log odds, exact for each row (SHAP), averaged over {found['rows']:,} test rows; and "
        f"their signed mean over {found['alarms']:,} alarms."
    )
    return f'<h2>Reasons</h2><div class="panel"><p class="note">{words}</p>{tables.explanation(found)}</div><br>{audit}'


def _origin(facts: Facts) -> str:
    left_out = {
        "warm-up rows left out": facts.manifest.get("warm_up", {}).get("rows_left_out"),
        "rows left out while labels mature": facts.manifest.get("gaps", {}).get("rows_left_out"),
        "input files": len(facts.manifest.get("inputs", [])) or None,
        "SHA-256 of the first": next((it["sha256"] for it in facts.manifest.get("inputs", [])), None),
    }
    known = {name: it for name, it in left_out.items() if it is not None}
    versions = {f"{name} version": it for name, it in facts.about["packages"].items()}
    return (
        f'<h2>Data and lineage</h2><div class="panel">{tables.splits(facts.about, facts.judged)}</div><br>'
        f'<div class="two"><div class="panel"><h3>Lineage</h3>{cells.facts({**facts.lineage, **known, **versions})}'
        f'</div><div class="panel"><h3>Hyperparameters</h3>{cells.facts(facts.about["hyperparameters"])}</div></div>'
    )

"""Make the page: gather what the sections show, and fill the templates with everything escaped."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from cli.report import loop, outcomes, phases, proof, quality, wording
from cli.report import reaction as reactions
from cli.report.outcomes import Outcome
from cli.report.plots import latency, over_time, precision_recall, scores
from cli.report.plots import reaction as reaction_plot
from cli.report.record import RunRecord, number, rows, text

TITLES = {"demo": "The whole loop, on one machine", "replay": "Real events through the whole loop, on one machine"}
MOST_EXAMPLES = 12
LONGEST_FIELD = 64
LONGEST_REASON = 240


def write_report(path: Path, run: RunRecord) -> None:
    """Write the report of a run as one HTML file that needs nothing else.

    Args:
        path: the file to write; its folder is made if it is not there.
        run: what to show.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(run), encoding="utf-8")


def render(run: RunRecord) -> str:
    """The report as HTML; the same run gives the same text."""
    environment = Environment(
        loader=PackageLoader("cli.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("count", "seconds", "milliseconds", "percent", "figure", "score", "plural", "duration"):
        environment.filters[name] = getattr(wording, name)
    return environment.get_template("report.html.j2").render(_context(run)) + "\n"


def _context(run: RunRecord) -> dict[str, object]:
    counted, threshold = outcomes.outcome(run), quality.threshold(run)
    return {
        "run": run,
        "usecase": run.usecase,
        "title": run.title or TITLES[run.mode],
        "label": run.usecase.label.field.replace("_", " "),
        "version": loop.version(run),
        "package": text(run.summary, "model_package"),
        "status": text(run.summary, "endpoint_status"),
        "span_s": _span_s(run),
        "events_per_s": number(run.summary, "events_per_s"),
        "total_s": sum(bar.seconds for bar in phases.bars(run)),
        "outcome": counted,
        "threshold": threshold,
        "cheapest": None if threshold is None else outcomes.outcome(run, threshold),
        "decisions": outcomes.decisions(run),
        "proof": proof.proof(run),
        "phases": phases.bars(run),
        "drawings": loop.drawings(run),
        "figures": quality.figures(run),
        "gates": quality.gates(run),
        "confusion": quality.confusion(run),
        "api": {key: number(run.summary, "api", key) for key in ("calls", "equal", "p50_ms", "p99_ms")},
        "examples": _examples(run),
        "reaction": reactions.reaction(run),
        "plots": _plots(run, counted),
    }


def _span_s(run: RunRecord) -> int:
    """Event time from the first prediction to the last, in seconds."""
    moments = run.predictions["timestamp"]
    return int(moments.max() - moments.min()) if len(moments) else 0


def _plots(run: RunRecord, counted: Outcome | None) -> Mapping[str, object]:
    test, matrix = quality.curve(run), quality.confusion(run)
    base_rate = counted.base_rate if counted else matrix.base_rate if matrix else None
    reacted = reactions.reaction(run)
    return {
        "reaction_wide": reaction_plot.plot(reacted, "wide"),
        "reaction_narrow": reaction_plot.plot(reacted, "narrow"),
        "scores": scores.plot(run),
        "precision_recall": precision_recall.plot(
            test=test, stream=outcomes.stream_curve(run, counted), base_rate=base_rate
        ),
        "latency": latency.plot(run),
        "wide": over_time.plot(run, "wide"),
        "narrow": over_time.plot(run, "narrow"),
    }


def _examples(run: RunRecord) -> list[tuple[str, str, int]]:
    """Rejections as (field, reason, how often), in the order they came."""
    seen = Counter(
        (_shortened(text(one, "field"), LONGEST_FIELD), _shortened(text(one, "reason"), LONGEST_REASON))
        for one in rows(run.summary, "rejected_examples")
    )
    return [(field, reason, times) for (field, reason), times in seen.items()][:MOST_EXAMPLES]


def _shortened(words: str, longest: int) -> str:
    return words if len(words) <= longest else words[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"

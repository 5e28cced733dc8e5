"""Is a deployed model still what it was? One monitoring run, in a container or anywhere else.

Reads data capture, ground truth and the deployed model's own baseline, evaluation and artifact; writes the documents
of ``pipelines.monitoring``, the report and a file of CloudWatch metrics. Violations of every kind are in one list: data
quality by ``feature_name``, model quality by ``metric_name``, bias by ``facet``, attribution by none of these. Finding
some is a result and no failure: exit code 0; 1 if something could not be read.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import usecases
from headrace.drift import Settings
from headrace.ground_truth import Truth
from headrace.schema import format_timestamp
from headrace.usecase import UseCase
from pipelines.jobs import artifact, outcome
from pipelines.jobs.judging.judgement import contestant
from pipelines.monitoring import deployed, metrics, page, quality, watch
from pipelines.monitoring.answers import Names, truths
from pipelines.monitoring.refusal import TableError
from pipelines.monitoring.sample import sampled
from pipelines.monitoring.truth import Labelled, model_quality

_IN, _OUT = Path("/opt/ml/processing/input"), Path("/opt/ml/processing/output")


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where everything is; what does not exist is not judged, but for capture and baseline."""

    capture: Path
    baseline: Path
    evaluation: Path
    truth: Path
    model: Path


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one run found."""

    watched: watch.Watched
    quality: quality.QualityFound | None
    attribution: dict[str, Any] | None
    bias: dict[str, Any] | None

    @property
    def violations(self) -> list[dict[str, str]]:
        """Those that are not of a column."""
        found = self.quality.verdict.violations() if self.quality else []
        for it in (self.bias, self.attribution):
            found += it["violations"] if it else []
        return found

    @property
    def documents(self) -> dict[str, dict[str, Any]]:
        """What was judged besides the data, by the name of its file."""
        found = {
            quality.DOCUMENT: self.quality.document if self.quality else None,
            "attribution.json": self.attribution,
            "bias.json": self.bias,
        }
        return {name: it for name, it in found.items() if it is not None}


def monitor(usecase: UseCase, places: Places) -> Run:
    """Judge what was captured.

    Raises:
        TableError: if capture or baseline cannot be read.
    """
    private = {it.name for it in usecase.event.fields if it.privacy != "clear"}
    watched = watch.watch(places.baseline, places.capture, Settings(ignore=frozenset(private)))
    names = Names(id=usecase.event.id, time=usecase.event.timestamp, label=usecase.label.field)
    known = truths(places.truth, names) if _holds(places.truth) else {}
    attribution, bias = _deployed(usecase, places, known) if artifact.held(places.model) else (None, None)
    judged = _quality(usecase, places, names) if known else None
    return Run(watched=watched, quality=judged, attribution=attribution, bias=bias)


def _quality(usecase: UseCase, places: Places, names: Names) -> quality.QualityFound | None:
    labelled = Labelled(
        labels=places.truth,
        names=names,
        otherwise=usecase.decision.bands[-1].from_score,
        delay_s=float(usecase.label.delay_s),
    )
    try:
        return model_quality(places.baseline, places.capture, labelled, evaluation=places.evaluation)
    except TableError as exc:  # every captured call may have held many rows, which no label can name
        sys.stdout.write(f"model quality is not judged: {exc}\n")
        return None


def _deployed(
    usecase: UseCase, places: Places, known: Mapping[str, Truth]
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Attribution and bias drift of the model that answered."""
    with tempfile.TemporaryDirectory() as scratch:
        model = contestant(usecase, artifact.unpack(places.model, Path(scratch))).model
    rows = sampled(places.capture, model.features)
    if rows is None:
        return None, None
    return (
        deployed.attribution_drift(model, rows, places.evaluation, usecase),
        deployed.bias_drift(usecase, model, rows, known, places.evaluation),
    )


def write(run: Run, usecase: UseCase, stage: str, out: Path, metrics_out: Path) -> Path:
    """Write documents, report and metrics; returns the report's path."""
    found = run.watched.findings
    ndcg = {"feature_attribution_ndcg": run.attribution["ndcg"]} if run.attribution else {}
    count = len(found.violations) + len(run.violations)
    metrics_out.mkdir(parents=True, exist_ok=True)
    (metrics_out / metrics.FILE).write_text(
        metrics.lines(
            found,
            run.quality,
            more=ndcg,
            violations=count,
            dimensions={"UseCase": usecase.name, "Stage": stage, "Monitor": "headrace"},
            timestamp=format_timestamp(int(datetime.now(UTC).timestamp())),
        )
    )
    titles = page.Titles(
        baseline="the deployed model's baseline",
        current="captured requests",
        degraded=run.quality is not None and run.quality.verdict.status == "DEGRADED",
        more={"Model quality": quality.section(run.quality)} if run.quality else {},
    )
    return watch.write(
        run.watched,
        out,
        page.render(run.watched, titles),
        more=run.documents,
        violations=run.violations,
    )


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The command line; paths default to those of a processing container."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usecase", required=True)
    parser.add_argument("--stage", default="local")
    for name in ("capture", "baseline", "evaluation", "truth", "model"):
        parser.add_argument(f"--{name}", type=Path, default=_IN / name)
    parser.add_argument("--output", type=Path, default=_OUT / "monitor")
    parser.add_argument("--metrics", type=Path, default=Path("/opt/ml/output/metrics/cloudwatch"))
    parser.add_argument("--reason-file", type=Path, default=Path("/opt/ml/output/message"))
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; see the module."""
    args = parse(sys.argv[1:] if argv is None else argv)
    places = Places(**{name: getattr(args, name) for name in Places.__annotations__})

    def job() -> None:
        usecase = usecases.load(args.usecase)
        run = monitor(usecase, places)
        written = write(run, usecase, args.stage, args.output, args.metrics)
        count = len(run.watched.findings.violations) + len(run.violations)
        sys.stdout.write(f"{run.watched.findings.rows[1]} rows, {count} violations: {written}\n")

    return outcome.run(job, args.reason_file)


def _holds(place: Path) -> bool:
    return place.is_dir() and any(it.is_file() for it in place.rglob("*"))


if __name__ == "__main__":
    sys.exit(main())

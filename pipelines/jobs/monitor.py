"""Is a deployed model still what it was? One monitoring run, in a container or anywhere else.

Reads data capture, ground truth and the deployed model's own baseline, evaluation and artifact; writes the documents
of ``pipelines.monitoring``, the report and a file of CloudWatch metrics. ``--kind`` judges one thing only, as schedules
do; without it violations of every kind are in one list: data quality by ``feature_name``, model quality by
``metric_name``, bias by ``facet``, attribution by none of these. Finding some is a result and no failure: exit code 0;
1 if something could not be read.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import usecases
from headrace.drift import Settings
from headrace.events.drift import KINDS, Kind
from headrace.schema import parse_timestamp
from headrace.usecase import UseCase
from pipelines.jobs import outcome
from pipelines.monitoring import baselines, history, quality, shards, watch
from pipelines.monitoring.answers import Names, truths
from pipelines.monitoring.counting import Seasons
from pipelines.monitoring.examples import examples
from pipelines.monitoring.leaving import write
from pipelines.monitoring.refusal import TableError
from pipelines.monitoring.run import About, Run
from pipelines.monitoring.spelling import texts_of
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
    events: Path = _IN / "events"
    bias: Path = _IN / "bias"
    explanation: Path = _IN / "explanation"
    history: Path = _IN / "history"


def monitor(usecase: UseCase, places: Places, kind: Kind | None = None, window_end: str = "") -> Run:
    """Judge what was captured.

    Args:
        usecase: whose model it is; its monitor says from where on a difference is a change.
        places: what is there.
        kind: what is judged; None for everything.
        window_end: of the answers, ISO 8601; labels were collected for the label's delay from then on. Empty: unknown.

    Raises:
        TableError: if capture or baseline cannot be read.
    """
    wanted = frozenset(KINDS) if kind is None else frozenset({kind})
    names = Names(id=usecase.event.id, time=usecase.event.timestamp, label=usecase.label.field)
    needs_truth = wanted & {"model_quality", "bias"}
    known = truths(places.truth, names) if needs_truth and _holds(places.truth) else {}
    attribution, bias = None, None
    if of_model := wanted & {"attribution", "bias"}:
        from pipelines.monitoring import deployed  # noqa: PLC0415 - its libraries take seconds, and others need none

        asked = deployed.Asked(
            model=places.model,
            capture=places.capture,
            events=places.events,
            evaluation=places.evaluation,
            bias=places.bias,
            explanation=places.explanation,
            truths=known,
        )
        attribution, bias = deployed.changes(usecase, asked, of_model)
    watched = _watched(usecase, places) if "data_quality" in wanted else None
    return Run(
        watched=watched,
        rows_to_look_at=examples(places.capture, watched, texts=texts_of(usecase))
        if watched and not shards.held(places.capture)
        else {},
        quality=_quality(usecase, places, names, window_end) if known and "model_quality" in wanted else None,
        attribution=attribution,
        bias=bias,
        history=history.read(places.history, before=window_end) if watched else history.NOTHING,
    )


def _watched(usecase: UseCase, places: Places) -> watch.Watched:
    asked = usecase.monitor.thresholds
    settings = Settings(
        least_effect=asked.least_effect,
        effects=asked.effects,
        false_alarms=asked.false_alarms,
        minimum_rows=asked.minimum_rows,
        ignore=frozenset(it.name for it in usecase.event.fields if it.privacy != "clear"),
    )
    seasons = _seasons(usecase)
    if seasons is not None and not baselines.tells(places.baseline, seasons.season):
        sys.stdout.write(f"the model was trained before its monitor had the season {seasons.season}: all hours count\n")
        seasons = None
    texts = texts_of(usecase)
    return watch.watch(
        places.baseline, places.capture, settings, seasons=seasons, thresholds=asked.of_baseline, texts=texts
    )


def _seasons(usecase: UseCase) -> Seasons | None:
    return Seasons(season=usecase.monitor.season) if usecase.monitor.season else None


def _quality(usecase: UseCase, places: Places, names: Names, window_end: str) -> quality.QualityFound | None:
    labelled = Labelled(
        labels=places.truth,
        names=names,
        otherwise=usecase.decision.bands[-1].from_score,
        delay_s=float(usecase.label.delay_s),
        least_drop=usecase.monitor.thresholds.least_drop,
        collected_until=parse_timestamp(window_end, field="window-end") + usecase.label.delay_s if window_end else None,
        # Soon after a rollout the answers whose labels have come are still those of the model before.
        version=quality.version_of(places.evaluation),
    )
    try:
        return model_quality(places.baseline, places.capture, labelled, evaluation=places.evaluation)
    except TableError as exc:  # every captured call may have held many rows, which no label can name
        sys.stdout.write(f"model quality is not judged: {exc}\n")
        return None


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The command line; paths default to those of a processing container."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usecase", required=True)
    parser.add_argument("--stage", default="local")
    parser.add_argument("--part", action="store_true", help="count this machine's share only; see docs/monitoring.md")
    parser.add_argument("--kind", choices=KINDS, help="what is judged; everything by default")
    for name in ("window-start", "window-end", "model-package"):
        parser.add_argument(f"--{name}", default="", help="as run.json shall say")
    for name in ("capture", "baseline", "evaluation", "truth", "model", "events", "bias", "explanation", "history"):
        parser.add_argument(f"--{name}", type=Path, default=_IN / name)
    parser.add_argument("--output", type=Path, default=_OUT / "monitor")
    parser.add_argument("--metrics", type=Path, default=Path("/opt/ml/output/metrics/cloudwatch"))
    parser.add_argument("--resources", type=Path, default=Path("/opt/ml/config/resourceconfig.json"))
    parser.add_argument("--reason-file", type=Path, default=Path("/opt/ml/output/message"))
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; see the module."""
    args = parse(sys.argv[1:] if argv is None else argv)
    places = Places(**{name: getattr(args, name) for name in Places.__annotations__})

    def job() -> None:
        usecase = usecases.load(args.usecase)
        if args.part:
            part = shards.leave(
                shards.share(places.capture, _seasons(usecase), texts_of(usecase)), args.output, _host(args.resources)
            )
            sys.stdout.write(f"counted: {part}\n")
            return
        run = monitor(usecase, places, args.kind, args.window_end)
        about = About(
            usecase=usecase,
            stage=args.stage,
            kind=args.kind,
            window_start=args.window_start,
            window_end=args.window_end,
            model_package=args.model_package,
        )
        written = write(run, about, args.output, args.metrics)
        sys.stdout.write(f"{run.status}: {run.rows} rows, {len(run.violations)} violations: {written}\n")

    return outcome.run(job, args.reason_file)


def _host(resources: Path) -> str:
    """This machine's name among those of the job, as SageMaker tells it; the usual one elsewhere."""
    return str(json.loads(resources.read_text())["current_host"]) if resources.is_file() else "algo-1"


def _holds(place: Path) -> bool:
    return place.is_dir() and any(it.is_file() for it in place.rglob("*"))


if __name__ == "__main__":
    sys.exit(main())

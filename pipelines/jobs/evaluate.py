"""Judge a model on the test split, once, and say whether it may be registered.

Writes ``evaluation.json`` in the platform's format, ``bias.json``, ``explanation.json``, ``model_card.json``,
``gates.json`` and ``report.html``. The figures are those of the artifact's judged model, which has learned none of
these rows, at the threshold it carries; the champion's judged model is compared with it. A model that does not pass
its gates is no failure of this job: the pipeline reads ``gates.json`` and decides.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import usecases
from headrace.errors import HeadraceError
from headrace.usecase import UseCase
from pipelines.jobs import artifact, outcome
from pipelines.jobs.judging import clarify, gates, model_card, verdict
from pipelines.jobs.judging.evidence import Evidence, filled
from pipelines.jobs.judging.judged_rows import JudgedRows
from pipelines.jobs.judging.judgement import Trial, contestant
from pipelines.jobs.judging.shift import score_shift
from pipelines.jobs.report import page

EVALUATION, BIAS, REPORT = "evaluation.json", "bias.json", "report.html"
_SHOWN = ("average_precision", "auc")


class EvaluationError(HeadraceError):
    """An argument of the evaluation is wrong. The message names it and the fix."""


def evaluate(
    usecase: UseCase, model_dir: Path, test: Path, *, resamples: int, seed: int, evidence: Evidence | None = None
) -> dict[str, dict[str, Any]]:
    """Score the test split with the artifact and judge it.

    Args:
        usecase: whose model it is.
        model_dir: the unpacked artifact.
        test: folder with the test split.
        resamples: of the bootstrap.
        seed: of the bootstrap.
        evidence: what else there is.

    Returns:
        The documents ``evaluation``, ``bias``, ``explanation``, ``gates`` and ``card``.

    Raises:
        TrainingSetError: if the model is another use case's, or the split lacks columns or a class.
    """
    given = evidence or Evidence()
    dealt = given.data.get("split", usecase.model.split) == "stratified"
    trial = Trial.open(usecase, model_dir, test, resamples=resamples, seed=seed, dealt=dealt)
    judged = trial.candidate.judged(trial.rows)
    with tempfile.TemporaryDirectory() as scratch:
        champion = given.champion if artifact.held(given.champion) else None
        other = contestant(usecase, artifact.judged(artifact.unpack(champion, Path(scratch)))) if champion else None
        evaluation = trial.evaluation(judged, other)
    about, train, validation = trial.candidate.about, filled(given.train), filled(given.validation)
    if not usecase.model.labelled:
        shift = score_shift(usecase, trial.candidate.model, validation, trial.in_row_order(judged))
        evaluation["headrace"]["score_shift"] = shift
    bias = trial.bias(judged, JudgedRows.read(train, usecase) if train and usecase.model.facets else None)
    least: dict[str, float] = {gate.metric: given.floors.get(gate.metric, gate.minimum) for gate in usecase.model.gates}
    verdicts = gates.verdicts(usecase, least, about, evaluation, bias)
    lineage = {"model_version": trial.candidate.model.version, "code": about.get("code", "unknown"), **given.lineage}
    return {
        "evaluation": evaluation,
        "bias": bias,
        "explanation": clarify.document(evaluation["headrace"]["explanation"]),
        "gates": verdict.document(verdicts),
        "card": model_card.model_card(usecase, about, evaluation, bias, lineage),
    }


def write(
    output: Path, usecase: UseCase, about: Mapping[str, Any], found: Mapping[str, dict[str, Any]], evidence: Evidence
) -> None:
    """Write every document, and the report that shows them."""
    output.mkdir(parents=True, exist_ok=True)
    for name, document in (
        (EVALUATION, "evaluation"),
        (BIAS, "bias"),
        (clarify.FILE, "explanation"),
        (verdict.FILE, "gates"),
        (model_card.FILE, "card"),
    ):
        (output / name).write_text(json.dumps(found[document], indent=1, allow_nan=False))
    facts = page.Facts(
        usecase=usecase,
        about=about,
        evaluation=found["evaluation"],
        bias=found["bias"],
        gates=found["gates"],
        manifest=evidence.data,
        lineage=found["card"]["additional_information"]["custom_details"],
    )
    (output / REPORT).write_text(page.render(facts), encoding="utf-8")


def pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    """Read ``NAME=VALUE`` texts.

    Raises:
        EvaluationError: if one has no name.
    """
    found = dict(text.partition("=")[::2] for text in texts)
    if not all(found) or not all("=" in text for text in texts):
        raise EvaluationError(f"{option} {' '.join(texts)}: write NAME=VALUE")
    return found


def floors(texts: Sequence[str], usecase: UseCase) -> dict[str, float]:
    """Read ``METRIC=MINIMUM`` texts.

    Raises:
        EvaluationError: if a metric has no gate in the use case, or a minimum is no number.
    """
    known = [gate.metric for gate in usecase.model.gates]
    found = {}
    for name, text in pairs(texts, "--floor").items():
        try:
            found[name] = float(text)
        except ValueError as error:
            raise EvaluationError(f"--floor {name}={text}: give a number") from error
        if name not in known:
            raise EvaluationError(f"--floor {name}: {usecase.name} has no such gate; use one of {', '.join(known)}")
    return found


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line; paths default to those of a processing container."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usecase", required=True)
    parser.add_argument("--model", type=Path, default=Path("/opt/ml/processing/input/model"))
    parser.add_argument("--test", type=Path, default=Path("/opt/ml/processing/input/test"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output/evaluation"))
    parser.add_argument("--reason-file", type=Path, default=Path("/opt/ml/output/message"))
    parser.add_argument("--resamples", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--train", type=Path, help="training split: labels of the facets' groups")
    parser.add_argument("--validation", type=Path, help="validation split: scores to compare with, where no labels are")
    parser.add_argument("--champion", type=Path, help="the deployed model; a folder without one if there is none")
    parser.add_argument("--manifest", type=Path, help="folder of the data manifest, for the report")
    parser.add_argument("--floor", action="append", default=[], metavar="METRIC=MINIMUM", help="instead of the gate's")
    parser.add_argument("--lineage", action="append", default=[], metavar="NAME=VALUE", help="for card and report")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point: 0, or 1 with the reason in the reason file."""
    args = parse(argv)

    def job() -> None:
        usecase = usecases.load(args.usecase)
        evidence = Evidence(
            train=args.train,
            validation=args.validation,
            champion=args.champion,
            manifest=args.manifest,
            floors=floors(args.floor, usecase),
            lineage=pairs(args.lineage, "--lineage"),
        )
        with tempfile.TemporaryDirectory() as scratch:
            folder = artifact.unpack(args.model, Path(scratch))
            about = artifact.read_about(folder)
            judged = {"resamples": args.resamples, "seed": args.seed}
            found = evaluate(usecase, folder, args.test, **judged, evidence=evidence)
        write(args.output, usecase, about, found, evidence)
        for name in _SHOWN if usecase.model.labelled else ():
            figure = found["evaluation"]["binary_classification_metrics"][name]
            sys.stdout.write(f"test {name}={figure['value']} +- {figure['standard_deviation']}\n")
        for gate in found["gates"]["gates"]:
            sys.stdout.write(f"gate {gate['name']} {'passed' if gate['passed'] else 'FAILED'}: {gate['reason']}\n")

    return outcome.run(job, args.reason_file)


if __name__ == "__main__":
    sys.exit(main())

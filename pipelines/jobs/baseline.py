"""What normal looks like to a model: statistics and constraints of its features and scores, for its monitors.

Features are those of all rows that the served model has learned, which hold no warm-up; scores are its own for the
newest of them. It is a little surer of rows it has learned, but only of the few positives; the judged model, made
without these rows, has another distribution altogether.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import usecases
from headrace.drift import Summary, documents, seasonal, summarize
from headrace.drift.unrest import unrest
from headrace.monitoring import NATIVE_CONSTRAINTS, NATIVE_STATISTICS
from headrace.usecase import UseCase
from pipelines.jobs import artifact, outcome
from pipelines.jobs.judging.judged_rows import JudgedRows
from pipelines.jobs.judging.judgement import contestant
from pipelines.monitoring.spelling import texts_of

SCORE = "score"
MOST_WINDOWS = 60
"""Two months of days say what is usual."""
Documents = dict[str, dict[str, Any]]


def baseline(usecase: UseCase, model_dir: Path, learned: Path, test: Path) -> Documents:
    """``statistics.json``, ``constraints.json`` and ``noise.json`` by name: features first, then the score.

    ``noise.json`` says how far single windows, as long as the monitor's, are from all rows together. Where the monitor
    has a season there is ``season.json`` too, with every slot by itself. Where models see texts as positions there are
    ``native_statistics.json`` and ``native_constraints.json``, of positions.

    Args:
        usecase: whose model it is.
        model_dir: the unpacked artifact.
        learned: folder with the rows that the served model has learned.
        test: folder with the split whose scores count.

    Raises:
        TrainingSetError: if the model is another use case's, or a split lacks columns.
    """
    model = contestant(usecase, model_dir).model
    known, judged = JudgedRows.read(learned, usecase), JudgedRows.read(test, usecase)
    scores = model.scores(judged.matrix(model.features)).astype(np.float64)
    texts = texts_of(usecase)
    columns = {name: named(known.column(name), texts.get(name, ())) for name in usecase.feature_names}
    features, answers = summarize(columns), summarize({SCORE: scores})
    every_s = usecase.monitor.every_s
    noise = {
        **unrest(features, _windows(columns, known.timestamps, every_s)),
        **unrest(answers, _windows({SCORE: scores}, judged.timestamps, every_s)),
    }
    statistics = _joined(documents.statistics(features), documents.statistics(answers))
    constraints = _joined(documents.constraints(features), documents.constraints(answers))
    rounded = {name: round(distance, 6) for name, distance in noise.items()}
    quiet = {"version": 1, "every": usecase.monitor.every, "distances": rounded}
    found = {documents.STATISTICS: statistics, documents.CONSTRAINTS: constraints, documents.NOISE: quiet}
    if texts:
        captured = summarize({name: known.column(name) for name in usecase.feature_names})
        found |= {
            NATIVE_STATISTICS: _joined(documents.statistics(captured), documents.statistics(answers)),
            NATIVE_CONSTRAINTS: _joined(documents.constraints(captured), documents.constraints(answers)),
        }
    tables = ((columns, known.timestamps), ({SCORE: scores}, judged.timestamps))
    return found | _season(usecase, tables)


def _joined(features: dict[str, Any], answers: dict[str, Any]) -> dict[str, Any]:
    """One document of both, columns of features first."""
    return {**features, "features": [*features["features"], *answers["features"]]}


def _season(usecase: UseCase, tables: Sequence[tuple[Mapping[str, np.ndarray], np.ndarray]]) -> Documents:
    """``season.json`` of columns with their times; nothing if the monitor has no season."""
    season, every_s = usecase.monitor.season, usecase.monitor.every_s
    if season is None:
        return {}
    parts = [seasonal.seasonal(it, times, season, every_s=every_s, most=MOST_WINDOWS) for it, times in tables]
    return {seasonal.DOCUMENT: seasonal.document(parts)}


def _windows(columns: Mapping[str, np.ndarray], times: np.ndarray, length_s: int) -> list[Summary]:
    """The newest windows, oldest first."""
    number = times.astype(np.int64) // length_s
    newest = np.unique(number)[-MOST_WINDOWS:]
    return [summarize({name: it[number == one] for name, it in columns.items()}) for one in newest]


def named(values: np.ndarray, texts: Sequence[str]) -> np.ndarray:
    """A coded column as the texts that its positions stand for, None where missing; any other as it is."""
    if not texts:
        return values
    known = np.array([*texts, None], dtype=object)
    chosen: np.ndarray = known[np.nan_to_num(values, nan=len(texts)).astype(np.int64)]
    return chosen


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point: 0, or 1 with the reason in the reason file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usecase", required=True)
    parser.add_argument("--model", type=Path, default=Path("/opt/ml/processing/input/model"))
    parser.add_argument("--all", type=Path, default=Path("/opt/ml/processing/input/all"))
    parser.add_argument("--test", type=Path, default=Path("/opt/ml/processing/input/test"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output/baseline"))
    parser.add_argument("--reason-file", type=Path, default=Path("/opt/ml/output/message"))
    args = parser.parse_args(argv)

    def job() -> None:
        with tempfile.TemporaryDirectory() as scratch:
            model_dir = artifact.unpack(args.model, Path(scratch))
            found = baseline(usecases.load(args.usecase), model_dir, args.all, args.test)
        args.output.mkdir(parents=True, exist_ok=True)
        for name, document in found.items():
            (args.output / name).write_text(json.dumps(document, indent=1, allow_nan=False))
        sys.stdout.write(f"baseline of {len(found[documents.STATISTICS]['features'])} columns\n")

    return outcome.run(job, args.reason_file)


if __name__ == "__main__":
    sys.exit(main())

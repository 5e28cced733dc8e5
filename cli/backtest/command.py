"""One backtest from files to report."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console

import usecases
from cli.backtest import past as pasts
from cli.backtest import results
from cli.backtest.past import Past
from cli.backtest.streamed import StreamedVectors
from cli.backtest.terms import Options, Terms, require_predictions, terms
from cli.backtest.training import Trainer
from cli.backtest.vectors import ColumnarVectors, Vectors
from cli.backtest.walk import Walk, Walked
from cli.phases import Phases
from headrace.errors import HeadraceError

TRAININGS = "trainings"


class NoModelError(HeadraceError):
    """No policy ever had a model, so nothing was compared. The message holds the last candidate's reason."""


def backtest(options: Options, console: Console) -> dict[str, Any]:
    """Replay, compare, and write ``summary.json``, ``index.html`` and the candidates' reports into ``options.out``.

    Returns:
        The summary.

    Raises:
        UseCaseError: if the options do not fit the files or each other.
    """
    require_predictions(options)
    usecase, phases = usecases.load(options.usecase), Phases(console)
    with phases.phase("read") as phase:
        source = pasts.read(options, usecase)
        agreed = terms(options, last=int(source.events[usecase.event.timestamp].max()))
        past = pasts.past(source, agreed)
        phase.at(doing=f"{len(past.events):,} events, {len(past.labels):,} labels that may be read")
    walked: list[Walked] = []
    with tempfile.TemporaryDirectory(prefix="headrace-backtest-") as scratch:
        shared = None if options.exact else _columnar(agreed, past, Path(scratch) / "vectors")
        trainer = Trainer(agreed, past, Path(scratch) / "models", Path(scratch) / TRAININGS)
        for policy in agreed.policies:
            folder = Path(scratch) / "streamed"
            vectors = shared or StreamedVectors(usecase, past, folder)
            with phases.phase(policy.name) as phase:
                walked.append(Walk(agreed, policy, past, vectors, trainer).go(phase.report))
            shutil.rmtree(folder, ignore_errors=True)
        with phases.phase("report"):
            document = results.summary(agreed, past, walked, source.notices, exact=options.exact)
            results.write(options.out, document, usecase)
            shutil.rmtree(options.out / TRAININGS, ignore_errors=True)
            if (Path(scratch) / TRAININGS).is_dir():
                shutil.copytree(Path(scratch) / TRAININGS, options.out / TRAININGS)
            if options.predictions is not None:
                results.write_predictions(options.predictions, usecase, source, walked[0])
    return document


def require_model(document: dict[str, Any]) -> None:
    """Refuse to call a backtest successful in which there never was a model.

    Raises:
        NoModelError: with the reason of the last candidate.
    """
    policies = document["policies"]
    if not any(it["total"]["deployed"] for it in policies):
        why = policies[-1]["trainings"][-1]["why"]
        raise NoModelError(f"no candidate was deployed, so no event has a score: {why}")


def _columnar(agreed: Terms, past: Past, folder: Path) -> Vectors:
    first = agreed.start - agreed.delay_s - agreed.train_s
    return ColumnarVectors(agreed.usecase, past, folder, first=first, until=agreed.until)

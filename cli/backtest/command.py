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
from cli.backtest.results import TRAININGS
from cli.backtest.streamed import StreamedVectors
from cli.backtest.terms import Options, Terms, require_places, terms
from cli.backtest.training import Trainer
from cli.backtest.vectors import ColumnarVectors
from cli.backtest.walk import Walk, Walked
from cli.phases import Phases
from headrace.errors import HeadraceError


class NoModelError(HeadraceError):
    """No policy ever had a model, so nothing was compared. The message holds the last candidate's reason."""


def backtest(options: Options, console: Console) -> dict[str, Any]:
    """Replay, compare, and write ``summary.json``, ``index.html`` and the candidates' reports into ``options.out``.

    Returns:
        The summary.

    Raises:
        UseCaseError: if the options do not fit the files or each other.
    """
    require_places(options)
    usecase, phases = usecases.load(options.usecase), Phases(console)
    with phases.phase("read") as phase:
        source = pasts.read(options, usecase)
        agreed = terms(options, last=int(source.events[usecase.event.timestamp].max()))
        past = pasts.past(source, agreed)
        phase.at(doing=f"{len(past.events):,} events, {len(past.labels):,} labels that may be read")
    with tempfile.TemporaryDirectory(prefix="headrace-backtest-") as scratch:
        walked = _walked(agreed, past, Path(scratch), phases, exact=options.exact)
        with phases.phase("report"):
            document = results.summary(agreed, past, walked, source.notices, exact=options.exact)
            results.write(options.out, document, usecase, reports=Path(scratch) / TRAININGS)
            if options.predictions is not None:
                results.write_predictions(options.predictions, usecase, source, walked[0])
    return document


def _walked(agreed: Terms, past: Past, scratch: Path, phases: Phases, *, exact: bool) -> list[Walked]:
    """Walk every policy. They share models, and vectors unless these have to be streamed."""
    first = agreed.start - agreed.delay_s - agreed.train_s
    shared = ColumnarVectors(agreed.usecase, past, scratch / "vectors", first=first, until=agreed.until)
    trainer = Trainer(agreed, past, scratch / "models", scratch / TRAININGS)
    walked: list[Walked] = []
    for policy in agreed.policies:
        streamed = scratch / "streamed"
        vectors = StreamedVectors(agreed.usecase, past, streamed) if exact else shared
        with phases.phase(policy.name) as phase:
            walked.append(Walk(agreed, policy, past, vectors, trainer).go(phase.report))
        shutil.rmtree(streamed, ignore_errors=True)
    return walked


def require_model(document: dict[str, Any]) -> None:
    """Refuse to call a backtest successful in which there never was a model.

    Raises:
        NoModelError: with the reason of the last candidate.
    """
    policies = document["policies"]
    if not any(it["total"]["deployed"] for it in policies):
        why = policies[-1]["trainings"][-1]["why"]
        raise NoModelError(f"no candidate was deployed, so no event has a score: {why}")

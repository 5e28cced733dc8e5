"""What a backtest leaves behind: ``summary.json``, ``index.html``, the candidates' reports, perhaps predictions."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cli import table_file
from cli.backtest import page
from cli.backtest.answers import SCORE
from cli.backtest.figures import Judged
from cli.backtest.past import Past, Source
from cli.backtest.terms import DAY_S, Terms
from cli.backtest.walk import Walked
from headrace.schema import format_timestamp
from headrace.usecase import UseCase

SUMMARY, PAGE, TRAININGS = "summary.json", "index.html", "trainings"


def summary(
    terms: Terms, past: Past, walked: Sequence[Walked], notices: Sequence[str], *, exact: bool
) -> dict[str, Any]:
    """Everything there is to say, the same for the same events, options and seed: no times of this run, no paths."""
    return {
        "usecase": terms.usecase.name,
        "from": format_timestamp(terms.start),
        "until": format_timestamp(terms.until),
        "step_s": terms.step_s,
        "delay_s": terms.delay_s,
        "train_days": terms.train_s // DAY_S,
        "seed": terms.seed,
        "labels": "frozen" if terms.frozen else "arriving",
        "gates": "ignored" if terms.ignore_gates else "kept",
        "vectors": "streamed" if exact else "columnar",
        "costs": {"missed": terms.usecase.label.missed_cost, "false_alarm": terms.usecase.label.false_alarm_cost},
        "policies": [_policy(terms, past, it) for it in walked],
        "notices": [*notices, *_notices(walked)],
        "failures": [],
    }


def _policy(terms: Terms, past: Past, walked: Walked) -> dict[str, Any]:
    judged = Judged.of(terms.usecase, terms.start, walked.answers, past.truth)
    outcomes = [it.outcome for it in walked.trainings]
    return {
        "policy": walked.policy,
        "total": {
            **judged.total(),
            "trainings": len(outcomes),
            "deployed": outcomes.count("deployed"),
            "rejected": len(outcomes) - outcomes.count("deployed"),
        },
        "weeks": judged.weeks(),
        "trainings": [it.document for it in walked.trainings],
    }


def _notices(walked: Sequence[Walked]) -> list[str]:
    """What a person must not miss: events without a model."""
    found = []
    for it in walked:
        without = int(it.answers[SCORE].isna().sum())
        if without:
            last = next((one.why for one in reversed(it.trainings) if one.why), "")
            found.append(f"{it.policy}: {without:,} events got the fallback decision, there was no model ({last})")
        ignored = [one.name for one in it.trainings if one.outcome == "deployed" and one.why]
        if ignored:
            found.append(f"{it.policy}: deployed although gates were not passed: {', '.join(ignored)}")
    return found


def write(out: Path, document: dict[str, Any], usecase: UseCase, *, reports: Path) -> None:
    """Write the summary and the page, and the candidates' documents beside them."""
    out.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(out / TRAININGS, ignore_errors=True)
    if reports.is_dir():
        shutil.copytree(reports, out / TRAININGS)
    for name, text in (
        (SUMMARY, json.dumps(document, indent=1, allow_nan=False) + "\n"),
        (PAGE, page.render(document, usecase)),
    ):
        with table_file.replaced(out / name) as beside:
            beside.write_text(text, encoding="utf-8")


def write_predictions(path: Path, usecase: UseCase, source: Source, walked: Walked) -> int:
    """Write the id as the files hold it and the score of every event, in the order of time; missing without a model.

    Returns:
        How many events have no score.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    answers = walked.answers
    ids = source.ids.loc[answers[usecase.event.id]].to_numpy()
    name = str(source.ids.name)
    frame = pd.DataFrame({name: ids, SCORE: answers[SCORE].to_numpy(np.float64)})
    table_file.write(frame, path, lambda _done, _total: None)
    return int(frame[SCORE].isna().sum())

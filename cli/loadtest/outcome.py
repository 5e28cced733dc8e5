"""What a load test says in the end: figures for programs, a plot for people, and what should not have happened."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.loadtest import plot, verdict
from cli.loadtest.driving import Shot
from cli.loadtest.interference import Interference, Note
from cli.loadtest.verdict import IsRight, Judged
from headrace.usecase import UseCase

PLOT, SUMMARY = "latency.svg", "summary.json"


@dataclass(frozen=True)
class Outcome:
    """Every judged request, what was done meanwhile, and what did not go as it should."""

    judged: Sequence[Judged]
    notes: Sequence[Note]
    failures: Sequence[str]

    @property
    def summary(self) -> dict[str, Any]:
        """The figures."""
        notes = [{"at_s": note.at_s, "what": note.text} for note in self.notes]
        seconds = max((it.shot.ended_s for it in self.judged), default=0.0)
        counted = verdict.summary(self.judged)
        return {**counted, "seconds": round(seconds, 1), "events": notes, "failures": list(self.failures)}

    def write(self, out: Path, title: str) -> None:
        """Write summary and plot into a folder."""
        out.mkdir(parents=True, exist_ok=True)
        (out / SUMMARY).write_text(json.dumps(self.summary, indent=2) + "\n")
        plot.write(out / PLOT, self.judged, self.notes, title)


def concluded(
    usecase: UseCase, shots: Sequence[Shot], questions: int, right: IsRight, meddling: Interference | None
) -> Outcome:
    """Judge the shots.

    A degraded answer is what the use case promises when something is down, so it is a failure only where nothing was.
    """
    judged = verdict.judge(shots, questions, usecase.decision.fallback, right)
    counts = verdict.summary(judged)
    bad = [f"{counts[name]} answers {_WORDS[name]}" for name in _WORDS if counts[name]]
    bad += [f"for example {name}: {json.dumps(some[0])}" for name, some in verdict.examples(judged).items()]
    notes, failures = (meddling.notes, meddling.failures) if meddling else ([], [])
    return Outcome(judged, notes, [*failures, *bad])


_WORDS = {
    "wrong": "are wrong",
    "failed_5xx": "are a 5xx",
    "refused": "are a refusal of a valid request",
    "unanswered": "never came",
}
